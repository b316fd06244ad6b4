namespace Croct.Export.Sandbox.Data;

/// <summary>What a cursor is bound to: an endpoint, a time window, and for events a filter.</summary>
/// <param name="Path">The endpoint.</param>
/// <param name="Start">The first millisecond, or null.</param>
/// <param name="End">The first millisecond behind the window, or null.</param>
/// <param name="Events">The types of events.</param>
internal sealed record Window(string Path, long? Start, long? End, EventFilter Events)
{
    public bool Contains(long time) => !(time < Start) && !(time >= End);

    /// <summary>Where the window lies in a stream whose items are in the order of their times.</summary>
    public Bounds On(Timeline timeline) =>
        new(Start is { } start ? timeline.IndexAt(start) : 0, End is { } end ? timeline.IndexAt(end) : long.MaxValue, this);

    public override string ToString() => $"{Path}|{Start}|{End}|{Events}";
}

/// <summary>A window as indices.</summary>
/// <param name="First">The first item of the window, be it there or not.</param>
/// <param name="End">The one behind the last.</param>
/// <param name="Window">The window itself.</param>
internal readonly record struct Bounds(long First, long End, Window Window);
