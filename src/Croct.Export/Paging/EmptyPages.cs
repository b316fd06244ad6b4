namespace Croct.Export.Paging;

/// <summary>A filter can leave pages empty, so an empty page with another cursor is not the end of the data.</summary>
internal static class EmptyPages
{
    /// <summary>After this many empty pages in a row, an export ends and reports that its end is unconfirmed.</summary>
    public const int Max = 16;
}
