using Croct.Export.Cli.Commands;

namespace Croct.Export.Cli.Output;

/// <summary>
/// Where the data go. A regular file is written under a temporary name and takes its own only when it is complete, so that a failed export
/// leaves an earlier file as it was.
/// </summary>
internal sealed class OutputFile : IAsyncDisposable
{
    private const int BufferSize = 256 * 1024;

    private readonly string? _path;
    private readonly string? _partialPath;
    private bool _complete;

    private OutputFile(Stream stream, string? path, string? partialPath)
    {
        Stream = new BufferedStream(stream, BufferSize);
        _path = path;
        _partialPath = partialPath;
    }

    public Stream Stream { get; }

    /// <summary>Opens it before anything is asked of the API.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static OutputFile Open(string output)
    {
        if (output == "-") return new OutputFile(Console.OpenStandardOutput(), path: null, partialPath: null);
        try
        {
            if (string.IsNullOrWhiteSpace(output)) throw new IOException("The name is blank.");
            if (Directory.Exists(output)) throw new IOException("It is a folder.");

            // Devices and pipes cannot be renamed onto.
            if (File.Exists(output) && (File.GetAttributes(output) & (FileAttributes.Device | FileAttributes.ReparsePoint)) != 0)
            {
                return new OutputFile(new FileStream(output, FileMode.Open, FileAccess.Write), path: null, partialPath: null);
            }

            if (File.Exists(output) && File.GetAttributes(output).HasFlag(FileAttributes.ReadOnly)) throw new IOException("The file is read-only.");
            var path = Path.GetFullPath(output);
            var partialPath = path + ".partial";
            return new OutputFile(new FileStream(partialPath, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), path, partialPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UsageException($"--output '{output}' cannot be written: {exception.Message}");
        }
    }

    /// <summary>Gives the file its name.</summary>
    public async Task CompleteAsync()
    {
        await Stream.FlushAsync();
        await Stream.DisposeAsync();
        if (_path is not null) File.Move(_partialPath!, _path, overwrite: true);
        _complete = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_complete) return;
        await Stream.DisposeAsync();
        if (_partialPath is not null) await Console.Error.WriteLineAsync($"croct-export: What was received is in {_partialPath}");
    }
}
