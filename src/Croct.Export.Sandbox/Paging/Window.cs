using Croct.Export.Sandbox.Data;

namespace Croct.Export.Sandbox.Paging;

/// <summary>What a cursor is bound to: an endpoint, a time window, and for events a filter.</summary>
/// <param name="Path">The endpoint.</param>
/// <param name="Start">The first millisecond, or null.</param>
/// <param name="End">The first millisecond behind the window, or null.</param>
/// <param name="Types">The types of events; empty for all.</param>
internal sealed record Window(string Path, long? Start, long? End, IReadOnlyCollection<EventKind> Types)
{
    public override string ToString() => $"{Path}|{Start}|{End}|{string.Join(',', Types.Select(type => type.Name).Order(StringComparer.Ordinal))}";
}
