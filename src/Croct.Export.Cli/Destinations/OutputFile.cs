using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Croct.Export.Checkpoints;
using Croct.Export.Cli.Items;
using Microsoft.Win32.SafeHandles;

namespace Croct.Export.Cli.Destinations;

/// <summary>
/// Where the data go without a state. A regular file is written under a temporary name and takes its own only when it is complete, so that a failed export
/// leaves an earlier file as it was. The bytes are on the disk before it does.
/// </summary>
internal sealed class OutputFile : Destination
{
    /// <summary>The name of standard output.</summary>
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

    public override string? Leftover => _isLeft ? $"What was received is in {_partialPath}" : null;

    /// <summary>The files that an output writes to.</summary>
    public static IReadOnlyList<string> FilesOf(string output) => output == StandardOutput ? [output] : [output, PartialOf(DurableFile.TargetOf(Path.GetFullPath(output)))];

    /// <summary>Opens it.</summary>
    /// <param name="output">The file, or - for standard output.</param>
    /// <param name="option">The option that names it.</param>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static OutputFile Open(string output, string option = "--output")
    {
        if (output == StandardOutput) return new OutputFile(output, OpenStandardOutput(), path: null, partialPath: null);
        try
        {
            CheckPlace(output);
            if (OpenDevice(output) is { } device) return new OutputFile(output, device, path: null, partialPath: null);

            // A link stays a link.
            var path = DurableFile.TargetOf(Path.GetFullPath(output));
            return new OutputFile(output, OpenPartial(path), path, PartialOf(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UsageException($"{option} '{output}' cannot be written: {exception.Message}");
        }
    }

    /// <summary>Checks that a file can be where an option wants it, and leaves nothing behind. What is there, such as a pipe that somebody reads, is not opened.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static async Task CheckAsync(string output, string option)
    {
        if (output == StandardOutput || !IsThere(output))
        {
            await using var file = Open(output, option);
            return;
        }

        if (Directory.Exists(output)) throw new UsageException($"{option} '{output}' cannot be written: It is a folder.");
        if (!OperatingSystem.IsWindows() && Access(output, mode: 2) != 0)
        {
            throw new UsageException($"{option} '{output}' cannot be written: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
        }
    }

    public override async Task CommitAsync(WrittenPage page)
    {
        _rows += page.Rows;
        _cursor = page.ResumeCursor ?? _cursor;

        // Somebody may read along, and waits for whole pages.
        if (_path is null) await _buffered.FlushAsync();
    }

    /// <summary>Writes what is no page, such as a report.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> content) => _buffered.WriteAsync(content).AsTask();

    /// <summary>Gives the file its name.</summary>
    public override async Task CompleteAsync()
    {
        await _buffered.FlushAsync();
        var kept = new KeptRows(_rows, _hashed.Bytes, _hashed.Sha256, _cursor);
        if (_path is not null)
        {
            // Renamed while it is still locked, so that no other process finds it under the old name in between.
            ((FileStream)_target).Flush(flushToDisk: true);
            DurableFile.Move(_partialPath!, _path);
        }

        await _buffered.DisposeAsync();
        (_kept, _complete) = (kept, true);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_complete) return;

        // Of Parquet, nothing is written before a group of rows is whole.
        try
        {
            if (_rows > 0) await _buffered.FlushAsync();
        }
        catch (IOException)
        {
            // That it cannot be written is what the export failed of.
        }

        _isLeft = _partialPath is not null && _hashed.Bytes > 0;

        // While it is still locked: after that, it may be another process that writes it.
        if (_partialPath is not null && !_isLeft) File.Delete(_partialPath);
        await _hashed.DisposeAsync();
    }

    /// <summary>The name of a file until it is complete.</summary>
    private static string PartialOf(string path) => path + ".partial";

    private static void CheckPlace(string output)
    {
        if (string.IsNullOrWhiteSpace(output)) throw new IOException("The name is blank.");
        if (Directory.Exists(output)) throw new IOException("It is a folder.");
        DurableFile.CheckPlaceOf(Path.GetFullPath(output));
        if (IsThere(output) && File.GetAttributes(output).HasFlag(FileAttributes.ReadOnly)) throw new IOException("The file is read-only.");
    }

    /// <summary>Whether there is something, be it behind a link: of a link that leads nowhere, .NET says that it exists.</summary>
    private static bool IsThere(string path) => OperatingSystem.IsWindows() ? File.Exists(path) : Access(path, mode: 0) == 0;

    private static int Access(string path, int mode) => Access([.. Encoding.UTF8.GetBytes(path), 0], mode);

    /// <summary>Opens the file of a path that is not complete, for this process alone, with the mode of the file that it is to replace.</summary>
    private static FileStream OpenPartial(string path)
    {
        var partialPath = PartialOf(path);

        // Windows gives an open file another name only if whoever has it open allows that.
        var share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
        var file = new FileStream(partialPath, FileMode.OpenOrCreate, FileAccess.Write, share, bufferSize: 0);
        try
        {
            // Between opening and locking it, another process may have completed it: then this is the complete file.
            if (!File.Exists(partialPath)) throw new IOException("It is being used by another process.");
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
    /// Opens what is there but is no regular file, and so must be written as it is: a pipe, a device, a link to either. Null for all else. A device
    /// may well pretend to be seekable, hence the look at where it lies.
    /// </summary>
    private static FileStream? OpenDevice(string output)
    {
        if (!IsThere(output)) return null;
        var stream = new FileStream(output, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (!stream.CanSeek || IsOfSystem(Path.GetFullPath(output)) || IsOfSystem(File.ResolveLinkTarget(output, returnFinalTarget: true)?.FullName ?? "")) return stream;
        stream.Dispose();
        return null;

        static bool IsOfSystem(string path) =>
            !OperatingSystem.IsWindows() && !path.StartsWith("/dev/shm/", StringComparison.Ordinal)
            && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal));
    }

    /// <summary>
    /// Outside Windows the console's own stream takes a reader that has gone for one that has read everything; this one tells. A file has no reader, but
    /// there this one would leave the place where the next process writes at the beginning.
    /// </summary>
    private static Stream OpenStandardOutput()
    {
        if (OperatingSystem.IsWindows()) return Console.OpenStandardOutput();
        // Where it is closed, something that this process reads may have got its number.
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
