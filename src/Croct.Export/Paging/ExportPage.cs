namespace Croct.Export;

/// <summary>What every page has: the cursor that it was asked with, and the one of the next page.</summary>
public abstract class ExportPage
{
    private protected ExportPage()
    {
    }

    /// <summary>The cursor that this page was asked with; null for the first page of a window.</summary>
    public string? Cursor { get; init; }

    /// <summary>The <c>nextCursor</c> of the answer; null when it had none, or an empty one: then this page is the last. A blank one is a cursor.</summary>
    public string? NextCursor { get; init; }

    /// <summary>
    /// The cursor to store once this page is dealt with. It is <see cref="NextCursor"/>, or <see cref="Cursor"/> when the answer had none:
    /// then this very page may come again on resuming. Null only when no cursor has been seen at all.
    /// </summary>
    public string? ResumeCursor => NextCursor ?? Cursor;

    /// <summary>How many items the page holds.</summary>
    public abstract int Count { get; }

    /// <summary>The items that could not be read and were set aside (<see cref="ExportClientOptions.OnInvalidItem"/>).</summary>
    internal IReadOnlyList<InvalidItem> Invalid { get; init; } = [];

    /// <summary>Whether the answer held no items at all, which is the end of the data.</summary>
    internal bool IsEmpty => Count == 0 && Invalid.Count == 0;
}

/// <summary>One page of an export.</summary>
/// <typeparam name="T">What it is a page of.</typeparam>
public class ExportPage<T> : ExportPage
{
    /// <summary>The items, in the order of the answer; empty at the end of the data.</summary>
    public IReadOnlyList<T> Items { get; init; } = [];

    /// <inheritdoc/>
    public override int Count => Items.Count;
}
