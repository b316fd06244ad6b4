namespace Croct.Export.Cli.Items;

/// <summary>A page whose items have been written.</summary>
internal sealed record WrittenPage
{
    /// <summary>The number of items written.</summary>
    public required int Rows { get; init; }

    /// <summary>The number of items dropped because the destination already had them.</summary>
    public int Duplicates { get; init; }

    /// <summary>The cursor with which the page was requested; null for the first page.</summary>
    public required string? Cursor { get; init; }

    /// <summary>The cursor after the page; null if it is the only page and had no next cursor.</summary>
    public required string? ResumeCursor { get; init; }

    /// <summary>The unit in which the window was sent; null without a window.</summary>
    public TimeUnit? TimeUnit { get; init; }

    /// <summary>The number of items outside the window by more than rounding explains.</summary>
    public int OutsideWindow { get; init; }

    /// <summary>Whether the export ends with this page although the API did not confirm the end of the data.</summary>
    public bool IsEndUnconfirmed { get; init; }

    /// <summary>
    /// The texts of the keys of the items that <see cref="ResumeCursor"/> delivers again: those of this page if it had no next cursor, otherwise those
    /// expected by the run that have not arrived yet, since its pages may be smaller.
    /// </summary>
    public IReadOnlyList<string> Repeating { get; init; } = [];

    /// <summary>The keys of the written items; empty if they are not needed.</summary>
    public IReadOnlyList<ItemKey> Keys { get; init; } = [];

    /// <summary>The times of the items, as windows apply to them.</summary>
    public TimeRange Times { get; init; }

    /// <summary>The differences between the items and the contract of this version.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
}
