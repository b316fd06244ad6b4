using Croct.Export.Sandbox.Data;

namespace Croct.Export.Sandbox.Paging;

/// <summary>What a cursor is bound to: an endpoint, a time window, and for events a filter.</summary>
/// <param name="Path">The endpoint.</param>
/// <param name="Start">The first millisecond, or null.</param>
/// <param name="End">The first millisecond behind the window, or null.</param>
/// <param name="Events">The types of events.</param>
internal sealed record Window(string Path, long? Start, long? End, EventFilter Events)
{
    /// <summary>The index of the first item of the window, be it there or not.</summary>
    public long FirstOf(ItemSource source) => Start is { } start ? source.Timeline.IndexAt(start) : 0;

    /// <summary>The index behind the last item of the window that is there.</summary>
    public long EndOf(ItemSource source) => End is { } end ? Math.Min(source.Timeline.IndexAt(end), source.Count) : source.Count;

    public override string ToString() => $"{Path}|{Start}|{End}|{Events}";
}
