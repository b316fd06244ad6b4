namespace Croct.Export.Cli.Output;

/// <summary>A page whose items are in the file.</summary>
internal sealed record WrittenPage
{
    /// <summary>How many items were written.</summary>
    public required int Rows { get; init; }

    /// <summary>How many were dropped, because the file had them already.</summary>
    public int Duplicates { get; init; }

    /// <summary>The cursor that the page was asked with; null for the first one.</summary>
    public required string? Cursor { get; init; }

    /// <summary>Where to go on behind it; null if it is the only page, and came without a cursor.</summary>
    public required string? ResumeCursor { get; init; }

    /// <summary>The unit in which its window was sent; null without a window.</summary>
    public TimeUnit? TimeUnit { get; init; }

    /// <summary>How many of its items lie outside the window by more than rounding explains.</summary>
    public int OutsideWindow { get; init; }

    /// <summary>Whether the export ends with it without an end that the API confirmed.</summary>
    public bool IsEndUnconfirmed { get; init; }

    /// <summary>
    /// Fingerprints of the items that <see cref="ResumeCursor"/> delivers once more: its own if it came without a next cursor, else those that were awaited
    /// and have not come yet, since the pages of this run may be smaller.
    /// </summary>
    public IReadOnlyList<string> Repeating { get; init; } = [];

    /// <summary>The keys of the items that were written, if the destination wants them.</summary>
    public IReadOnlyList<ItemKey> Keys { get; init; } = [];

    /// <summary>The times of its first and last item that windows are about; null where there is none.</summary>
    public (DateTimeOffset? First, DateTimeOffset? Last) Times { get; init; }

    /// <summary>What in it this version does not know; null where nobody looked, since NDJSON is written as it comes.</summary>
    public IReadOnlyList<string>? Unknown { get; init; }
}
