namespace Croct.Export.Paging;

/// <summary>The position of an item relative to a window.</summary>
internal enum WindowPosition
{
    /// <summary>Inside the window.</summary>
    Inside,

    /// <summary>Outside by less than one unit: the server returned it because the window was rounded.</summary>
    Rounded,

    /// <summary>Further outside than rounding explains.</summary>
    Outside,

    /// <summary>The item has no valid time.</summary>
    Unknown,
}

/// <summary>
/// A time window in the unit in which it is sent. It is widened to whole units, so that no item is missed; items that only the widened window includes
/// are dropped later.
/// </summary>
internal readonly struct RequestWindow
{
    // All in milliseconds, the unit of item times.

    /// <summary>The first millisecond in the window.</summary>
    private readonly long _start;

    /// <summary>The last millisecond that is at least a whole unit before the window.</summary>
    private readonly long _lastUnitBefore;

    /// <summary>The first millisecond after the window.</summary>
    private readonly long _end;

    /// <summary>The length of one unit.</summary>
    private readonly long _unit;

    public RequestWindow(DateTimeOffset? start, DateTimeOffset? end, TimeUnit unit)
    {
        Unit = unit;
        _unit = unit == TimeUnit.Seconds ? 1000L : 1L;
        Start = TicksSinceEpoch(start) / (_unit * TimeSpan.TicksPerMillisecond);
        End = RoundUp(TicksSinceEpoch(end), _unit * TimeSpan.TicksPerMillisecond);
        _start = RoundUp(TicksSinceEpoch(start), TimeSpan.TicksPerMillisecond) ?? long.MinValue;
        _end = RoundUp(TicksSinceEpoch(end), TimeSpan.TicksPerMillisecond) ?? long.MaxValue;
        _lastUnitBefore = (TicksSinceEpoch(start) / TimeSpan.TicksPerMillisecond) - _unit ?? long.MinValue;
    }

    public TimeUnit Unit { get; }

    /// <summary>The start as it is sent, in <see cref="Unit"/>; null if the window has none.</summary>
    public long? Start { get; }

    /// <summary>The end as it is sent, in <see cref="Unit"/>; null if the window has none.</summary>
    public long? End { get; }

    /// <param name="time">The time of an item, in milliseconds since 1970-01-01T00:00:00Z.</param>
    public WindowPosition GetPosition(long? time) => time switch
    {
        null => WindowPosition.Unknown,
        { } at when at >= _start && at < _end => WindowPosition.Inside,
        { } at when at < _start && at > _lastUnitBefore => WindowPosition.Rounded,
        { } at when at >= _end && at < _end + _unit => WindowPosition.Rounded,
        _ => WindowPosition.Outside,
    };

    // Never negative: validation refuses times before 1970.
    private static long? TicksSinceEpoch(DateTimeOffset? time) => time?.UtcTicks - Validation.Epoch.UtcTicks;

    private static long? RoundUp(long? ticks, long unit) => (ticks + unit - 1) / unit;
}
