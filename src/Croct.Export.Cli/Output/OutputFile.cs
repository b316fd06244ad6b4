using Croct.Export.Cli.Commands;
using Microsoft.Win32.SafeHandles;

namespace Croct.Export.Cli.Output;

/// <summary>
/// Where the data go. A regular file is written under a temporary name and takes its own only when it is complete, so that a failed export
/// leaves an earlier file as it was.
/// </summary>
internal sealed class OutputFile : Destination
{
    private const int BufferSize = 256 * 1024;

    private readonly HashedStream _hashed;
    private readonly string? _path;
    private readonly string? _partialPath;
    private KeptRows _kept = KeptRows.None;
    private long _rows;
    private bool _complete;

    private OutputFile(string name, Stream stream, string? path, string? partialPath)
    {
        Name = name;
        _hashed = new HashedStream(stream);
        Stream = new BufferedStream(_hashed, BufferSize);
        _path = path;
        _partialPath = partialPath;
    }

    public override string Name { get; }

    public override Stream Stream { get; }

    public override long Bytes => _hashed.Bytes;

    public override KeptRows Kept => _kept;

    public override IReadOnlyList<string> Files => _path is null ? [Name] : [_path, _partialPath!];

    /// <summary>Opens it before anything is asked of the API.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static OutputFile Open(string output)
    {
        if (output == "-") return new OutputFile(output, OpenStandardOutput(), path: null, partialPath: null);
        try
        {
            if (string.IsNullOrWhiteSpace(output)) throw new IOException("The name is blank.");
            if (Directory.Exists(output)) throw new IOException("It is a folder.");

            if (Path.GetDirectoryName(Path.GetFullPath(output)) is { } folder && !Directory.Exists(folder)) throw new IOException($"There is no folder '{folder}'.");
            if (OpenDevice(output) is { } device) return new OutputFile(output, device, path: null, partialPath: null);
            if (File.Exists(output) && File.GetAttributes(output).HasFlag(FileAttributes.ReadOnly)) throw new IOException("The file is read-only.");

            // A link stays a link, and a file that others may not read stays one.
            var path = (File.Exists(output) ? File.ResolveLinkTarget(output, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(output);
            var partialPath = path + ".partial";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
            if (!OperatingSystem.IsWindows() && File.Exists(path)) options.UnixCreateMode = File.GetUnixFileMode(path);
            File.Delete(partialPath);
            return new OutputFile(output, new FileStream(partialPath, options), path, partialPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UsageException($"--output '{output}' cannot be written: {exception.Message}");
        }
    }

    /// <summary>
    /// Opens what is there but is no regular file, and so must be written as it is: a pipe, a device, a link to either. Null for all else. A device
    /// may well pretend to be seekable, hence the look at where it lies.
    /// </summary>
    private static FileStream? OpenDevice(string output)
    {
        if (!File.Exists(output)) return null;
        var target = File.ResolveLinkTarget(output, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(output);
        var stream = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (!stream.CanSeek || (!OperatingSystem.IsWindows() && (target.StartsWith("/dev/", StringComparison.Ordinal) || target.StartsWith("/proc/", StringComparison.Ordinal)))) return stream;
        stream.Dispose();
        return null;
    }

    /// <summary>Outside Windows the console's own stream takes a reader that has gone for one that has read everything; this one tells.</summary>
    private static Stream OpenStandardOutput() =>
        OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    public override Task CommitAsync(WrittenPage page)
    {
        _rows += page.Rows;
        return Task.CompletedTask;
    }

    /// <summary>Gives the file its name.</summary>
    public override async Task CompleteAsync()
    {
        await Stream.FlushAsync();
        var kept = new KeptRows(_rows, _hashed.Bytes, _hashed.Sha256);
        await Stream.DisposeAsync();
        if (_path is not null) File.Move(_partialPath!, _path, overwrite: true);
        (_kept, _complete) = (kept, true);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_complete) return;
        await Stream.DisposeAsync();
        if (_partialPath is null) return;
        if (new FileInfo(_partialPath).Length == 0) File.Delete(_partialPath);
        else await Console.Error.WriteLineAsync($"croct-export: What was received is in {_partialPath}");
    }
}
