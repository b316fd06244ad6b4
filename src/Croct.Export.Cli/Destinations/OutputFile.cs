using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Croct.Export.Checkpoints;
using Croct.Export.Cli.Items;
using Microsoft.Win32.SafeHandles;

namespace Croct.Export.Cli.Destinations;

/// <summary>
/// The destination of an export without a state. A regular file is written under a temporary name and gets its own only when it is complete, so that a
/// failed export leaves an earlier file unchanged. The bytes are on disk before the rename.
/// </summary>
internal sealed class OutputFile : Destination
{
    /// <summary>The name that stands for standard output.</summary>
    public const string StandardOutput = "-";

    private const int BufferSize = 256 * 1024;
    private const int StandardOutputDescriptor = 1;

    private readonly Stream _target;
    private readonly HashedStream _hashed;
    private readonly BufferedStream _buffered;
    private readonly string? _path;
    private readonly string? _partialPath;
    private KeptRows _kept = KeptRows.None;
    private long _rows;
    private string? _cursor;
    private bool _complete;
    private bool _isLeft;

    private OutputFile(string name, Stream stream, string? path, string? partialPath)
    {
        Name = name;
        _target = stream;
        _hashed = new HashedStream(stream);
        _buffered = new BufferedStream(_hashed, BufferSize);
        _path = path;
        _partialPath = partialPath;
        Target = new PageTarget(_buffered, IsBegun: false, Columns: null, Repeating: [], HasSeen: null);
    }

    public override string Name { get; }

    public override PageTarget Target { get; }

    public override IReadOnlyList<string> Files => _path is null ? [Name] : [_path, _partialPath!];

    public override long Bytes => _hashed.Bytes;

    public override KeptRows Kept => _kept;

    public override string? LeftoverMessage => _isLeft ? $"The data received so far is in {_partialPath}" : null;

    /// <summary>The files that are written for an output.</summary>
    public static IReadOnlyList<string> GetFiles(string output) =>
        output == StandardOutput ? [output] : [output, GetPartialPath(DurableFile.ResolveLinks(Path.GetFullPath(output)))];

    /// <summary>Opens an output.</summary>
    /// <param name="output">The file, or - for standard output.</param>
    /// <param name="option">The option that names it.</param>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static OutputFile Open(string output, string option = "--output")
    {
        if (output == StandardOutput) return new OutputFile(output, OpenStandardOutput(), path: null, partialPath: null);
        try
        {
            CheckPath(output);
            if (OpenDevice(output) is { } device) return new OutputFile(output, device, path: null, partialPath: null);

            // A link stays a link.
            var path = DurableFile.ResolveLinks(Path.GetFullPath(output));
            return new OutputFile(output, OpenPartial(path), path, GetPartialPath(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UsageException($"{option} '{output}' cannot be written: {exception.Message}");
        }
    }

    /// <summary>
    /// Checks that the file of an option can be written, and leaves no file. An existing file, which may be a pipe with a reader, is not opened.
    /// </summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static async Task CheckAsync(string output, string option)
    {
        if (output == StandardOutput || !Exists(output))
        {
            await using var file = Open(output, option);
            return;
        }

        if (Directory.Exists(output)) throw new UsageException($"{option} '{output}' cannot be written: It is a folder; it must be a file.");
        if (!OperatingSystem.IsWindows() && Access(output, mode: 2) != 0)
        {
            throw new UsageException($"{option} '{output}' cannot be written: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
        }
    }

    public override async Task CommitAsync(WrittenPage page)
    {
        _rows += page.Rows;
        _cursor = page.ResumeCursor ?? _cursor;

        // A reader may be waiting for whole pages.
        if (_path is null) await _buffered.FlushAsync();
    }

    /// <summary>Writes content that is not a page, such as a report.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> content) => _buffered.WriteAsync(content).AsTask();

    /// <summary>Gives the file its name.</summary>
    public override async Task CompleteAsync(bool isEndUnconfirmed = false)
    {
        await _buffered.FlushAsync();
        var kept = new KeptRows(_rows, _hashed.Bytes, _hashed.Sha256, _cursor);
        if (_path is not null)
        {
            // Renamed while it is still locked, so that no other process finds it under the temporary name in between.
            ((FileStream)_target).Flush(flushToDisk: true);
            DurableFile.Move(_partialPath!, _path);
        }

        await _buffered.DisposeAsync();
        (_kept, _complete) = (kept, true);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_complete) return;

        // A Parquet writer writes nothing before a row group is complete, so there may still be no bytes.
        try
        {
            if (_rows > 0) await _buffered.FlushAsync();
        }
        catch (IOException)
        {
            // The export has already failed with this error.
        }

        _isLeft = _partialPath is not null && _hashed.Bytes > 0;

        // Deleted while it is still locked: after that, another process may be writing it.
        if (_partialPath is not null && !_isLeft) File.Delete(_partialPath);
        await _hashed.DisposeAsync();
    }

    /// <summary>The name of a file until it is complete.</summary>
    private static string GetPartialPath(string path) => path + ".partial";

    private static void CheckPath(string output)
    {
        if (string.IsNullOrWhiteSpace(output)) throw new IOException("The name is blank; it must name a file, or be - for standard output.");
        if (Directory.Exists(output)) throw new IOException("It is a folder; it must be a file.");
        DurableFile.CheckPath(Path.GetFullPath(output));
        if (Exists(output) && File.GetAttributes(output).HasFlag(FileAttributes.ReadOnly))
        {
            throw new IOException("The file is read-only; make it writable, or choose another file.");
        }
    }

    /// <summary>Whether something exists at a path, after following links. .NET says that a link exists even if its target does not.</summary>
    private static bool Exists(string path) => OperatingSystem.IsWindows() ? File.Exists(path) : Access(path, mode: 0) == 0;

    private static int Access(string path, int mode) => Access([.. Encoding.UTF8.GetBytes(path), 0], mode);

    /// <summary>Opens the temporary file of a path for this process alone, with the mode of the file that it will replace.</summary>
    private static FileStream OpenPartial(string path)
    {
        var partialPath = GetPartialPath(path);

        // Windows can rename an open file only if it was opened with FileShare.Delete.
        var share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
        var file = new FileStream(partialPath, FileMode.OpenOrCreate, FileAccess.Write, share, bufferSize: 0);
        try
        {
            // Between opening and locking, another process may have completed and renamed it: then this is the complete file.
            if (!File.Exists(partialPath)) throw new IOException("It is being used by another process; wait for that to end, or choose another file.");
            file.SetLength(0);
            if (!OperatingSystem.IsWindows() && File.Exists(path)) File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(path));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens an existing file that is not a regular one and so must be written directly: a pipe, a device, or a link to either. Returns null for all others.
    /// A device may claim to be seekable, so its path is checked too.
    /// </summary>
    private static FileStream? OpenDevice(string output)
    {
        if (!Exists(output)) return null;
        var stream = new FileStream(output, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (!stream.CanSeek
            || IsOfSystem(Path.GetFullPath(output))
            || IsOfSystem(File.ResolveLinkTarget(output, returnFinalTarget: true)?.FullName ?? ""))
        {
            return stream;
        }

        stream.Dispose();
        return null;

        static bool IsOfSystem(string path) =>
            !OperatingSystem.IsWindows() && !path.StartsWith("/dev/shm/", StringComparison.Ordinal)
            && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal));
    }

    /// <summary>
    /// Outside Windows, the console's own stream hides that a reader has closed its end, whereas a <see cref="FileStream"/> reports it. If standard output is
    /// a file, there is no reader, and a <see cref="FileStream"/> would not advance the offset: the next process would write from the beginning.
    /// </summary>
    private static Stream OpenStandardOutput()
    {
        if (OperatingSystem.IsWindows()) return Console.OpenStandardOutput();

        // If it is closed, its descriptor may have been reused for something that this process reads.
        const int BadDescriptor = 9;
        if (Write(StandardOutputDescriptor, [], 0) < 0 && Marshal.GetLastPInvokeError() == BadDescriptor) throw IsClosed();
        try
        {
            var output = new FileStream(new SafeFileHandle(StandardOutputDescriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return output.CanSeek ? Console.OpenStandardOutput() : output;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw IsClosed();
        }

        static UsageException IsClosed() => new(Terminal.OutputIsClosed);
    }

    [DllImport("libc", EntryPoint = "access", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access(byte[] path, int mode);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Write(int descriptor, byte[] bytes, nint count);
}
