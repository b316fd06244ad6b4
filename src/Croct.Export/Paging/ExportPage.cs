using System.Globalization;
using Croct.Export.Models;

namespace Croct.Export;

/// <summary>What every page has: the cursor that it was asked with, and the one of the next page.</summary>
public abstract class ExportPage
{
    private protected ExportPage()
    {
    }

    /// <summary>The cursor that this page was asked with; null for the first page of a window.</summary>
    public string? Cursor { get; init; }

    /// <summary>The <c>nextCursor</c> of the answer; null when it had none, or an empty one: then this page is the last.</summary>
    public string? NextCursor { get; init; }

    /// <summary>
    /// The cursor to store once this page is dealt with. It is <see cref="NextCursor"/>, or <see cref="Cursor"/> when the answer had none:
    /// then this very page may come again on resuming. Null only when no cursor has been seen at all.
    /// </summary>
    public string? ResumeCursor => NextCursor ?? Cursor;

    /// <summary>How many items the page holds.</summary>
    public abstract int Count { get; }

    /// <summary>
    /// How many values of this page are of another type than the contract says, such as a timestamp that is a word. Nothing is lost: each is kept in the
    /// <see cref="ExportModel.AdditionalProperties"/> of its model. Always 0 for raw pages, whose items are not read.
    /// </summary>
    public int UnexpectedValues { get; init; }

    /// <summary>What it is, how many items it holds, and the two cursors.</summary>
    public override string ToString() => $"{Name} of {Count.ToString(CultureInfo.InvariantCulture)} items, from {Quoted(Cursor)} to {Quoted(NextCursor)}";

    private protected abstract string Name { get; }

    private static string Quoted(string? cursor) => cursor is null ? "no cursor" : $"cursor '{ForeignText.Excerpt(cursor)}'";
}

/// <summary>One page of an export.</summary>
/// <typeparam name="T">What it is a page of.</typeparam>
public class ExportPage<T> : ExportPage
{
    /// <summary>The items, in the order of the answer; empty at the end of the data.</summary>
    public IReadOnlyList<T> Items { get; init; } = [];

    /// <inheritdoc/>
    public override int Count => Items.Count;

    private protected override string Name => $"{typeof(T).Name} page";
}
