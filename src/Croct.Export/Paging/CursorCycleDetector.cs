namespace Croct.Export.Paging;

/// <summary>
/// Detects a cycle of cursors, which would make an export endless. It keeps only one cursor (Brent's algorithm): each cursor is compared with a
/// landmark, which is replaced after twice as many pages each time. A cycle is detected after at most about three times its length.
/// </summary>
internal sealed class CursorCycleDetector
{
    private string? _landmark;
    private long _pages;
    private long _limit = 1;

    /// <exception cref="ExportException">The next cursor of the page closes a cycle.</exception>
    public void ThrowIfCycle(ExportPage page)
    {
        if (page.IsEmpty || page.NextCursor is not { } next) return;
        if (next == _landmark)
        {
            throw new ExportException("The API returned a cursor that it had returned before: the export would never end.") { Attempts = 1 };
        }

        if (++_pages < _limit) return;
        (_landmark, _pages, _limit) = (next, 0, _limit * 2);
    }
}
