namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>Holds an object until it is whole, in a temporary file or in memory.</summary>
internal sealed class Spool : IAsyncDisposable
{
    private const int BufferSize = 256 * 1024;

    private readonly HashedStream _hashed;
    private readonly BufferedStream _buffered;
    private readonly string? _path;

    /// <param name="content">Receives the bytes; empty.</param>
    /// <param name="path">The file to delete when this is disposed, unless it has become the object; null for none.</param>
    public Spool(Stream content, string? path = null)
    {
        (Content, _path) = (content, path);
        _hashed = new HashedStream(content);
        _buffered = new BufferedStream(_hashed, BufferSize);
    }

    /// <summary>Where to write the object.</summary>
    public Stream Stream => _buffered;

    /// <summary>What was written and flushed.</summary>
    public Stream Content { get; }

    /// <summary>The number of bytes that were flushed.</summary>
    public long Bytes => _hashed.Bytes;

    /// <summary>The SHA-256 of the bytes that were flushed, in hexadecimal.</summary>
    public string Sha256 => _hashed.Sha256;

    /// <summary>Writes what is still buffered.</summary>
    public Task FlushAsync() => _buffered.FlushAsync();

    public async ValueTask DisposeAsync()
    {
        // Deleted while it is still locked: after that, a process that cleans up may do the same. A name that it no longer has is not an error.
        try
        {
            if (_path is not null) File.Delete(_path);
        }
        finally
        {
            await _hashed.DisposeAsync();
        }
    }
}
