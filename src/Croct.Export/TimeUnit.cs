namespace Croct.Export;

/// <summary>The unit in which the ends of a time window are sent. Callers never see it: they pass <see cref="DateTimeOffset"/>.</summary>
public enum TimeUnit
{
    /// <summary>
    /// The unit is found out by asking: before its first request with a window, a client asks for one item of the stream with a window in seconds, and if
    /// there is none, in milliseconds. What it finds holds for the life of the client.
    /// </summary>
    Detect,

    /// <summary>Whole seconds since 1970-01-01T00:00:00Z, as the documents of the API that this package implements say. Nothing is asked.</summary>
    Seconds,

    /// <summary>Whole milliseconds since 1970-01-01T00:00:00Z, as the present reference of the API says. Nothing is asked.</summary>
    Milliseconds,
}
