namespace Croct.Export.Sandbox.Data;

/// <summary>The scope of a cursor: an endpoint, a time window and, for events, a filter.</summary>
/// <param name="Path">The endpoint.</param>
/// <param name="Start">The first millisecond of the window; null if it is unbounded.</param>
/// <param name="End">The first millisecond after the window; null if it is unbounded.</param>
/// <param name="Events">The types of events.</param>
internal sealed record Window(string Path, long? Start, long? End, EventFilter Events)
{
    public bool Contains(long time) => !(time < Start) && !(time >= End);

    /// <summary>The range of the window in a stream whose items are in the order of their times.</summary>
    public Bounds On(Timeline timeline) =>
        new(Start is { } start ? timeline.IndexAt(start) : 0, End is { } end ? timeline.IndexAt(end) : long.MaxValue, this);

    public override string ToString() => $"{Path}|{Start}|{End}|{Events}";
}

/// <summary>A window as a range of indices.</summary>
/// <param name="First">The index of the first item of the window, whether or not it exists yet.</param>
/// <param name="End">The index after the last item of the window.</param>
/// <param name="Window">The window.</param>
internal readonly record struct Bounds(long First, long End, Window Window);
