namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>
/// A place for named objects that are written once: listed, read, and created whole unless an object has the name. That creation is atomic is all that
/// protects two writers of one dataset from each other.
/// </summary>
internal abstract class ObjectStore : IDisposable
{
    /// <summary>The place as on the command line, with a slash at the end.</summary>
    public abstract string Name { get; }

    /// <summary>Whether <see cref="TryCreateAsync"/> must be atomic. If not, the user guarantees that there is a single writer.</summary>
    public required bool IsSingleWriter { get; init; }

    /// <summary>The names of all objects below a folder, in any order, relative to the store and with slashes.</summary>
    /// <param name="folder">The folder, with a slash at the end.</param>
    public abstract Task<IReadOnlyList<string>> ListAsync(string folder);

    /// <summary>Opens an object for reading and seeking.</summary>
    /// <exception cref="IOException">There is no such object, or it cannot be read.</exception>
    public abstract Task<Stream> OpenAsync(string name);

    /// <summary>The SHA-256 of an object, in hexadecimal, as it was when the object was created if the store has kept that.</summary>
    /// <exception cref="IOException">There is no such object, or it cannot be read.</exception>
    public virtual async Task<string> GetSha256Async(string name)
    {
        await using var content = await OpenAsync(name);
        return await HashedStream.HashAsync(content);
    }

    /// <summary>Checks, once before anything is written, that the place can be written to and that creation is atomic.</summary>
    /// <exception cref="UsageException">It is not.</exception>
    public abstract Task ProbeAsync();

    /// <summary>Holds an object until it is whole.</summary>
    /// <param name="name">The name that the object will have.</param>
    public abstract Spool CreateSpool(string name);

    /// <summary>Creates an object durably.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="spool">Its content, flushed; it is used up.</param>
    /// <returns>False if an object has the name already; it is not changed.</returns>
    public abstract Task<bool> TryCreateAsync(string name, Spool spool);

    /// <summary>Creates a small object durably.</summary>
    /// <returns>False if an object has the name already; it is not changed.</returns>
    public virtual async Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content)
    {
        await using var spool = CreateSpool(name);
        await spool.Stream.WriteAsync(content);
        await spool.FlushAsync();
        return await TryCreateAsync(name, spool);
    }

    public virtual async Task<byte[]> ReadAsync(string name)
    {
        await using var stream = await OpenAsync(name);
        var content = new byte[stream.Length];
        await stream.ReadExactlyAsync(content);
        return content;
    }

    public virtual void Dispose()
    {
    }
}
