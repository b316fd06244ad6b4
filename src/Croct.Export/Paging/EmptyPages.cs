namespace Croct.Export.Paging;

/// <summary>A filter can leave pages empty, so that an empty page with another cursor is not the end.</summary>
internal static class EmptyPages
{
    /// <summary>After so many in a row an export ends, and says that its end is unconfirmed.</summary>
    public const int Max = 16;
}
