using Croct.Export.Checkpoints;

namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>A folder. Objects are written to <c>_tmp</c> in it, flushed to disk and named by a hard link, which fails if the name is taken.</summary>
/// <param name="name">The folder as on the command line.</param>
internal sealed class LocalStore(string name) : ObjectStore
{
    private const string TemporaryFolder = "_tmp";

    /// <summary>A younger temporary file may have been created, but not locked yet.</summary>
    private static readonly TimeSpan MinAge = TimeSpan.FromMinutes(1);

    /// <summary>Where locks have no effect, only a temporary file that is certainly not being written any more is deleted.</summary>
    private static readonly TimeSpan MinAgeWithoutLocks = TimeSpan.FromDays(7);

    private readonly string _root = Path.GetFullPath(name);
    private readonly Lock _lock = new();

    public override string Name => name;

    private string TemporaryPath => Path.Combine(_root, TemporaryFolder);

    public override Task<IReadOnlyList<string>> ListAsync(string folder)
    {
        var path = Path.Combine(_root, folder);
        if (!Directory.Exists(path)) return Task.FromResult<IReadOnlyList<string>>([]);
        var files = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories);
        return Task.FromResult<IReadOnlyList<string>>(
            [.. files.Select(file => Path.GetRelativePath(_root, file).Replace(Path.DirectorySeparatorChar, '/'))]);
    }

    // The process that has just created a part may still have it open.
    public override Task<Stream> OpenAsync(string name) =>
        Task.FromResult<Stream>(new FileStream(GetPath(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    public override async Task ProbeAsync()
    {
        try
        {
            DeleteAbandonedFiles();
            var probe = $"{TemporaryFolder}/probe-{Guid.NewGuid():N}";
            await TryCreateAsync(probe, ReadOnlyMemory<byte>.Empty);
            try
            {
                if (!IsSingleWriter && await TryCreateAsync(probe, ReadOnlyMemory<byte>.Empty)) throw CreateNotAtomicError();
            }
            finally
            {
                File.Delete(GetPath(probe));
            }
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || IsReadOnly(exception))
        {
            throw new UsageException($"--output '{name}' cannot be written: {exception.Message} Make it writable, or choose another folder.");
        }
        catch (IOException exception) when (File.Exists(_root.TrimEnd(Path.DirectorySeparatorChar)))
        {
            throw new UsageException($"--output '{name}' cannot be written: it is a file, not a folder. {exception.Message}");
        }
    }

    public override Spool CreateSpool(string name)
    {
        CreateFolder(TemporaryPath);
        var file = CreateTemporaryFile(Path.GetFileName(name));
        return new Spool(file, file.Name);
    }

    public override Task<bool> TryCreateAsync(string name, Spool spool)
    {
        var path = GetPath(name);
        CreateFolder(Path.GetDirectoryName(path)!);
        var file = (FileStream)spool.Content;
        file.Flush(flushToDisk: true);
        return Task.FromResult(DurableFile.TryMoveAtomically(file.Name, path)
            ?? (IsSingleWriter ? DurableFile.TryMoveWithoutReplacing(file.Name, path) : throw CreateNotAtomicError()));
    }

    private static bool IsReadOnly(Exception exception)
    {
        const int ReadOnlyFileSystem = 30;
        return !OperatingSystem.IsWindows() && exception is IOException { HResult: ReadOnlyFileSystem };
    }

    /// <summary>Creates a folder and those above it, durably.</summary>
    private void CreateFolder(string path)
    {
        if (Directory.Exists(path)) return;
        lock (_lock)
        {
            if (Path.GetDirectoryName(path) is { } parent) CreateFolder(parent);
            Directory.CreateDirectory(path);
            DurableFile.FlushFolder(path);
        }
    }

    /// <summary>Deletes what killed processes left: what no one has locked.</summary>
    private void DeleteAbandonedFiles()
    {
        if (!Directory.Exists(TemporaryPath)) return;
        var minAge = AreLocksHonoured() ? MinAge : MinAgeWithoutLocks;
        foreach (var file in new DirectoryInfo(TemporaryPath).EnumerateFiles())
        {
            if (DateTime.UtcNow - file.LastWriteTimeUtc < minAge) continue;
            try
            {
                using var taken = Take(file.FullName);
                file.Delete();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It is being written, or another process has just deleted it.
            }
        }
    }

    /// <summary>Whether a file that is open for writing cannot be opened again. It can on some network file systems.</summary>
    private bool AreLocksHonoured()
    {
        using var file = CreateTemporaryFile("lock");
        try
        {
            using var taken = Take(file.Name);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        finally
        {
            File.Delete(file.Name);
        }
    }

    /// <summary>
    /// Creates a file that others may read, since a part has its name before it is closed. Windows can rename an open file only if deleting is shared too.
    /// </summary>
    private FileStream CreateTemporaryFile(string name)
    {
        var path = Path.Combine(TemporaryPath, $"{name}.{Guid.NewGuid():N}");
        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>Opens a temporary file that no process has open.</summary>
    /// <exception cref="IOException">A process has.</exception>
    private static FileStream Take(string path) =>
        new(path, FileMode.Open, FileAccess.Write, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None, bufferSize: 0);

    private string GetPath(string name) => Path.Combine(_root, name);

    private UsageException CreateNotAtomicError() => new(
        $"--output '{name}': its file system cannot create a file only if none has its name, so two writers could duplicate rows. " +
        "Use another file system, or pass --single-writer if no other process ever writes there.");
}
