namespace Croct.Export.Paging;

/// <summary>
/// Notices cursors that go in a circle, by which an export would never end, in the memory of one cursor (Brent's algorithm): each is compared with a
/// landmark, which moves on after twice as many pages each time. A circle is noticed after at most about three times its length.
/// </summary>
internal sealed class CursorCycle
{
    private string? _landmark;
    private long _pages;
    private long _limit = 1;

    /// <exception cref="ExportException">The page leads back to where the export has been.</exception>
    public void ThrowIfClosedBy(ExportPage page)
    {
        if (page.IsEmpty || page.NextCursor is not { } next) return;
        if (next == _landmark) throw new ExportException("The API leads back to a cursor that it gave before: the export would never end.") { Attempts = 1 };
        if (++_pages < _limit) return;
        (_landmark, _pages, _limit) = (next, 0, _limit * 2);
    }
}
