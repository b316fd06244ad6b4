namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>A store for one test, which is on a free port of this machine.</summary>
internal abstract class TestStore : IAsyncDisposable
{
    /// <summary>A name that has to be escaped in an address.</summary>
    public const string Prefix = "a b/c+%20é/";

    /// <summary>The value of --output.</summary>
    public abstract string Output { get; }

    /// <summary>The credentials and the endpoint.</summary>
    public abstract (string Name, string Value)[] Environment { get; }

    /// <summary>Options that an export to this store needs.</summary>
    public virtual string[] Options => [];

    /// <summary>The SHA-256 that was uploaded with each object, by its name after the prefix.</summary>
    public abstract Task<IReadOnlyDictionary<string, string?>> ListAsync();

    public abstract Task<byte[]> ReadAsync(string name);

    public abstract Task DeleteAsync(string name);

    public abstract ValueTask DisposeAsync();

    /// <summary>Copies everything to a folder.</summary>
    public async Task DownloadAsync(string folder)
    {
        foreach (var name in (await ListAsync()).Keys)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, await ReadAsync(name));
        }
    }
}
