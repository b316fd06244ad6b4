namespace Croct.Export.Paging;

/// <summary>What is known about a page in addition to its items.</summary>
/// <param name="Cursor">The cursor that it was requested with.</param>
/// <param name="NextCursor">The cursor of the next page; null if it was missing or blank.</param>
/// <param name="TimeUnit">The unit of its window; null if it has no window, or if the unit is unknown.</param>
/// <param name="UnexpectedValues">The number of values whose type differs from the contract.</param>
/// <param name="OutsideWindow">The number of its items that are outside the window.</param>
/// <param name="Dropped">The number of items that were dropped, because only the rounded window included them.</param>
/// <param name="HasNoData">Whether no page was requested, because the stream has no data to detect the unit from.</param>
internal sealed record PageFacts(
    string? Cursor, string? NextCursor, TimeUnit? TimeUnit = null, int UnexpectedValues = 0, int OutsideWindow = 0, int Dropped = 0, bool HasNoData = false);
