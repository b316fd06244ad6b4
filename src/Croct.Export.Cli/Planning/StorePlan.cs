using Croct.Export.Cli.Destinations.Stores;

namespace Croct.Export.Cli.Planning;

/// <summary>Where datasets are: in a folder, or in object storage.</summary>
internal sealed record StorePlan
{
    /// <summary>The folder or address, as on the command line, with a slash at the end.</summary>
    public required string Output { get; init; }

    /// <summary>Whether a place in which creation is not atomic is accepted.</summary>
    public required bool IsSingleWriter { get; init; }

    public required StoreOptions Options { get; init; }

    /// <summary>The address in object storage; null for a folder.</summary>
    private StoreAddress? Address => StoreAddress.IsAddress(Output) ? StoreAddress.Parse(Output) : null;

    /// <summary>Whether an output is that of a dataset. Of an address, <see cref="Validate"/> says what is wrong with it.</summary>
    public static bool IsDataset(string output) =>
        StoreAddress.IsAddress(output) || (output.Length > 1 && (output[^1] == '/' || output[^1] == Path.DirectorySeparatorChar));

    /// <exception cref="UsageException">The address is invalid.</exception>
    public void Validate()
    {
        if (Address?.Scheme == StoreAddress.S3 || Options.S3Endpoint is null) return;
        throw new UsageException("--s3-endpoint requires an --output that begins with s3://.");
    }

    /// <exception cref="UsageException">There are no credentials, or they are not of their form.</exception>
    public ObjectStore CreateStore() => Address switch
    {
        null => new LocalStore(Output) { IsSingleWriter = IsSingleWriter },
        { Scheme: StoreAddress.S3 } address => new S3Store(address, Options) { IsSingleWriter = IsSingleWriter },
        { } address => new AzureStore(address, Options) { IsSingleWriter = IsSingleWriter },
    };
}
