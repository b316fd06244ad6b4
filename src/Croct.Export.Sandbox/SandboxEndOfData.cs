namespace Croct.Export.Sandbox;

/// <summary>How a sandbox says that there is nothing more for now. The documents of the API know both ways.</summary>
public enum SandboxEndOfData
{
    /// <summary>Every page has a nextCursor, and one behind the end is empty. Items that come later are found with its cursor.</summary>
    EmptyPage,

    /// <summary>The nextCursor of the last page is null.</summary>
    NullCursor,
}
