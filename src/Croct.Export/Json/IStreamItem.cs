namespace Croct.Export.Json;

/// <summary>An item of a stream. The contract names its id (<c>x-id</c>) and the time that windows apply to (<c>x-time</c>).</summary>
internal interface IStreamItem
{
    string? Id { get; }

    /// <summary>In milliseconds since 1970-01-01T00:00:00Z.</summary>
    long? Time { get; }
}
