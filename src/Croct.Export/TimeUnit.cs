namespace Croct.Export;

/// <summary>The unit in which the start and end of a time window are sent. Callers always pass a <see cref="DateTimeOffset"/>.</summary>
public enum TimeUnit
{
    /// <summary>
    /// The client detects the unit: before its first request with a window, it requests one item of the stream with a window in seconds and, if there
    /// is none, with a window in milliseconds. The detected unit applies for the lifetime of the client.
    /// </summary>
    Detect,

    /// <summary>
    /// Whole seconds since 1970-01-01T00:00:00Z, as specified by the API documents that this package implements. No request is made to detect the unit.
    /// </summary>
    Seconds,

    /// <summary>
    /// Whole milliseconds since 1970-01-01T00:00:00Z, as specified by the current reference of the API. No request is made to detect the unit.
    /// </summary>
    Milliseconds,
}
