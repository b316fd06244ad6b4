namespace Croct.Export.Paging;

/// <summary>What is known of a page beside its items.</summary>
/// <param name="Cursor">The cursor that it was asked with.</param>
/// <param name="NextCursor">The cursor of the next page; null if the response had none, or a blank one.</param>
/// <param name="TimeUnit">The unit of its window; null if it has no window, or if the unit is not known.</param>
/// <param name="UnexpectedValues">How many values are of another type than the contract says.</param>
/// <param name="OutsideWindow">How many of its items lie outside the window.</param>
/// <param name="Dropped">How many items were dropped, as they lie outside the window that was rounded for them.</param>
/// <param name="HasNoData">Whether nothing was asked, as the stream holds no data at all from which the unit could be found out.</param>
internal sealed record PageFacts(
    string? Cursor, string? NextCursor, TimeUnit? TimeUnit = null, int UnexpectedValues = 0, int OutsideWindow = 0, int Dropped = 0, bool HasNoData = false);
