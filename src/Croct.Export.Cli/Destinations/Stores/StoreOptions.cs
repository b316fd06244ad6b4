namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>How object storage is reached.</summary>
internal sealed record StoreOptions
{
    /// <summary>The endpoint of a store that is compatible with S3, from the command line; null for the one in the environment, or that of Amazon.</summary>
    public required string? S3Endpoint { get; init; }

    /// <summary>The maximum number of retries after a temporary failure.</summary>
    public required int Retries { get; init; }

    /// <summary>The maximum time without any progress of a request.</summary>
    public required TimeSpan Timeout { get; init; }
}
