namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>A temporary file that holds an object until it is whole. The file is deleted when this is disposed, unless it has become the object.</summary>
internal sealed class Spool : IAsyncDisposable
{
    private const int BufferSize = 256 * 1024;

    private readonly FileStream _file;
    private readonly HashedStream _hashed;
    private readonly BufferedStream _buffered;

    /// <param name="file">The file, empty and opened for writing.</param>
    public Spool(FileStream file)
    {
        _file = file;
        _hashed = new HashedStream(file);
        _buffered = new BufferedStream(_hashed, BufferSize);
    }

    public Stream Stream => _buffered;

    public string Path => _file.Name;

    /// <summary>The number of bytes that have reached the file.</summary>
    public long Bytes => _hashed.Bytes;

    /// <summary>The SHA-256 of the bytes that have reached the file, in hexadecimal.</summary>
    public string Sha256 => _hashed.Sha256;

    /// <summary>Writes all bytes to the file, and the file to disk.</summary>
    public async Task FlushAsync()
    {
        await _buffered.FlushAsync();
        _file.Flush(flushToDisk: true);
    }

    public async ValueTask DisposeAsync()
    {
        // Deleted while it is still locked: after that, a process that cleans up may do the same. A name that it no longer has is not an error.
        try
        {
            File.Delete(_file.Name);
        }
        finally
        {
            await _hashed.DisposeAsync();
        }
    }
}
