namespace Croct.Export.Sandbox;

/// <summary>How a sandbox signals the end of the data. The API documents describe both ways.</summary>
public enum SandboxEndOfData
{
    /// <summary>Every page has a nextCursor, and the page after the last item is empty. Its cursor also finds items that are added later.</summary>
    EmptyPage,

    /// <summary>The nextCursor of the last page is null.</summary>
    NullCursor,
}
