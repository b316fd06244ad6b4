namespace Croct.Export;

/// <summary>The unit in which the bounds of a time window are sent.</summary>
public enum TimeUnit
{
    /// <summary>Whole seconds since 1970-01-01T00:00:00Z. A start is rounded down and an end up, so that nothing is missed.</summary>
    Seconds,

    /// <summary>Whole milliseconds since 1970-01-01T00:00:00Z, rounded in the same way.</summary>
    Milliseconds,
}
