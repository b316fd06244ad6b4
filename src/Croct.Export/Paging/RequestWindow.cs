namespace Croct.Export.Paging;

/// <summary>Where an item lies with regard to a window.</summary>
internal enum WindowPlace
{
    /// <summary>Inside.</summary>
    Inside,

    /// <summary>Outside, but by less than one unit: it is there because the ends were rounded.</summary>
    Rounded,

    /// <summary>Further outside.</summary>
    Outside,

    /// <summary>It has no time that can be read.</summary>
    Unknown,
}

/// <summary>A time window in the unit in which it is sent. It is widened to whole units, so that nothing is missed; what that lets in is dropped again.</summary>
internal readonly struct RequestWindow
{
    // In milliseconds, in which items state their times: the first one of the window, the first one after it, the last one before it that is a whole unit away, and the unit.
    private readonly long _start;
    private readonly long _lastBefore;
    private readonly long _end;
    private readonly long _unit;

    public RequestWindow(DateTimeOffset? start, DateTimeOffset? end, TimeUnit unit)
    {
        Unit = unit;
        _unit = unit == TimeUnit.Seconds ? 1000L : 1L;
        Start = SinceEpoch(start) / (_unit * TimeSpan.TicksPerMillisecond);
        End = Up(SinceEpoch(end), _unit * TimeSpan.TicksPerMillisecond);
        _start = Up(SinceEpoch(start), TimeSpan.TicksPerMillisecond) ?? long.MinValue;
        _end = Up(SinceEpoch(end), TimeSpan.TicksPerMillisecond) ?? long.MaxValue;
        _lastBefore = (SinceEpoch(start) / TimeSpan.TicksPerMillisecond) - _unit ?? long.MinValue;
    }

    public TimeUnit Unit { get; }

    /// <summary>The start as it is sent, in <see cref="Unit"/>; null if the window has none.</summary>
    public long? Start { get; }

    /// <summary>The end as it is sent, in <see cref="Unit"/>; null if the window has none.</summary>
    public long? End { get; }

    /// <param name="time">The time of an item, in milliseconds since 1970-01-01T00:00:00Z.</param>
    public WindowPlace PlaceOf(long? time) => time switch
    {
        null => WindowPlace.Unknown,
        { } at when at >= _start && at < _end => WindowPlace.Inside,
        // One side or the other: they are too far apart, or unbounded, for both.
        { } at when at < _start && at > _lastBefore => WindowPlace.Rounded,
        { } at when at >= _end && at < _end + _unit => WindowPlace.Rounded,
        _ => WindowPlace.Outside,
    };

    // Times before 1970 have been refused.
    private static long? SinceEpoch(DateTimeOffset? time) => time?.UtcTicks - Validation.Epoch.UtcTicks;

    private static long? Up(long? ticks, long unit) => (ticks + unit - 1) / unit;
}
