namespace Croct.Export.Cli.Items;

/// <summary>A page whose items are written.</summary>
internal sealed record WrittenPage
{
    /// <summary>How many items were written.</summary>
    public required int Rows { get; init; }

    /// <summary>How many were dropped, because they were there already.</summary>
    public int Duplicates { get; init; }

    /// <summary>The cursor that the page was asked with; null for the first one.</summary>
    public required string? Cursor { get; init; }

    /// <summary>Where to continue after it; null if it is the only page, and came without a cursor.</summary>
    public required string? ResumeCursor { get; init; }

    /// <summary>The unit in which its window was sent; null without a window.</summary>
    public TimeUnit? TimeUnit { get; init; }

    /// <summary>How many of its items lie outside the window by more than rounding explains.</summary>
    public int OutsideWindow { get; init; }

    /// <summary>Whether the export ends with it without an end that the API confirmed.</summary>
    public bool IsEndUnconfirmed { get; init; }

    /// <summary>
    /// The texts of the keys of the items that <see cref="ResumeCursor"/> delivers once more: its own if it came without a next cursor, else those that were
    /// awaited and have not come yet, since the pages of this run may be smaller.
    /// </summary>
    public IReadOnlyList<string> Repeating { get; init; } = [];

    /// <summary>The keys of the items that were written, if somebody needs them.</summary>
    public IReadOnlyList<ItemKey> Keys { get; init; } = [];

    /// <summary>The earliest and the latest time of its items that windows are about; null if there is none.</summary>
    public (DateTimeOffset? First, DateTimeOffset? Last) Times { get; init; }

    /// <summary>What in it is not as the contract of this version says.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
}
