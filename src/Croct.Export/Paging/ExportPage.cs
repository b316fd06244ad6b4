using System.Globalization;
using Croct.Export.Json;
using Croct.Export.Models;
using Croct.Export.Paging;

namespace Croct.Export;

/// <summary>What every page has: the cursor that it was asked with, the one of the next page, and what is to be known of its items.</summary>
public abstract class ExportPage
{
    private readonly int _dropped;
    private bool _isEndUnconfirmed;

    private protected ExportPage()
    {
    }

    private protected ExportPage(PageFacts facts)
    {
        (Cursor, NextCursor, TimeUnit, UnexpectedValues, OutsideWindow) = (facts.Cursor, facts.NextCursor, facts.TimeUnit, facts.UnexpectedValues, facts.OutsideWindow);
        (_dropped, HasNoData) = (facts.Dropped, facts.HasNoData);
    }

    /// <summary>The cursor that this page was asked with; null for the first page of a window.</summary>
    public string? Cursor { get; init; }

    /// <summary>The <c>nextCursor</c> of the response; null if it had none, or a blank one: then this page is the last.</summary>
    public string? NextCursor { get; init; }

    /// <summary>
    /// The cursor to store once this page is dealt with. It is <see cref="NextCursor"/>, or <see cref="Cursor"/> if the response had none: then this very page
    /// may come again on resuming, and it may come in another form; its items are recognised by their id and time. Null only if no cursor has been seen at all.
    /// </summary>
    public string? ResumeCursor => NextCursor ?? Cursor;

    /// <summary>The unit in which the window of this page was sent, to be passed to a later export as <see cref="ExportOptions.TimeUnit"/>; null without a window.</summary>
    public TimeUnit? TimeUnit { get; init; }

    /// <summary>How many items the page holds.</summary>
    public abstract int Count { get; }

    /// <summary>
    /// How many values of this page are of another type than the contract says, such as a timestamp that is a word. Nothing is lost: each is kept in the
    /// <see cref="ExportModel.AdditionalProperties"/> of its model. Always 0 for raw pages, whose items are not read.
    /// </summary>
    public int UnexpectedValues { get; init; }

    /// <summary>
    /// How many items of this page lie outside the window by more than rounding explains. They are delivered: a session may have moved since the server chose
    /// it. A page of which no item lies inside is an <see cref="ExportException"/>.
    /// </summary>
    public int OutsideWindow { get; init; }

    /// <summary>
    /// Whether the export ends with this page without having come to an end that the API confirmed: after 16 empty pages in a row, each with another cursor.
    /// <see cref="ResumeCursor"/> is the place to continue later.
    /// </summary>
    public bool IsEndUnconfirmed { get => _isEndUnconfirmed; init => _isEndUnconfirmed = value; }

    /// <summary>What it is, how many items it holds, and the two cursors.</summary>
    public override string ToString() => $"{Name} of {Count.ToString(CultureInfo.InvariantCulture)} items, from {Quoted(Cursor)} to {Quoted(NextCursor)}";

    /// <summary>Whether the response held no items at all.</summary>
    internal bool IsEmpty => Count + _dropped == 0;

    /// <summary>How many empty pages there are in a row, this one included.</summary>
    internal int EmptyInARow { get; set; }

    /// <summary>Whether nothing was asked, as the stream holds no data at all.</summary>
    internal bool HasNoData { get; }

    private protected abstract string Name { get; }

    internal void EndUnconfirmed() => _isEndUnconfirmed = true;

    private static string Quoted(string? cursor) => cursor is null ? "no cursor" : $"cursor '{ForeignText.Excerpt(cursor)}'";
}

/// <summary>One page of an export.</summary>
/// <typeparam name="T">What it is a page of.</typeparam>
public class ExportPage<T> : ExportPage
{
    /// <summary>Makes an empty page, to be filled by tests.</summary>
    public ExportPage()
    {
    }

    internal ExportPage(PageFacts facts)
        : base(facts)
    {
    }

    /// <summary>The items, in the order of the response; empty at the end of the data.</summary>
    public IReadOnlyList<T> Items { get; init; } = [];

    /// <inheritdoc/>
    public override int Count => Items.Count;

    private protected override string Name => $"{typeof(T).Name} page";
}
