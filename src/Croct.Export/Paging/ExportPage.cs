using System.Globalization;
using Croct.Export.Json;
using Croct.Export.Models;
using Croct.Export.Paging;

namespace Croct.Export;

/// <summary>What all pages have in common: the cursor that they were requested with, the cursor of the next page, and facts about their items.</summary>
public abstract class ExportPage
{
    private readonly int _dropped;
    private bool _isEndUnconfirmed;

    private protected ExportPage()
    {
    }

    private protected ExportPage(PageFacts facts)
    {
        (Cursor, NextCursor, TimeUnit) = (facts.Cursor, facts.NextCursor, facts.TimeUnit);
        (UnexpectedValues, OutsideWindow) = (facts.UnexpectedValues, facts.OutsideWindow);
        (_dropped, HasNoData) = (facts.Dropped, facts.HasNoData);
    }

    /// <summary>The cursor that this page was requested with; null for the first page of a window.</summary>
    public string? Cursor { get; init; }

    /// <summary>The <c>nextCursor</c> of the response; null if it was missing or blank, in which case this page is the last.</summary>
    public string? NextCursor { get; init; }

    /// <summary>
    /// The cursor to save once this page is processed. It is <see cref="NextCursor"/>, or <see cref="Cursor"/> if the response had none. In the latter
    /// case, the export may receive this page again when it resumes, possibly in another form: recognise its items by their id and time. Null only if
    /// no cursor has been received at all.
    /// </summary>
    public string? ResumeCursor => NextCursor ?? Cursor;

    /// <summary>
    /// The unit in which the window of this page was sent, to pass to a later export as <see cref="ExportOptions.TimeUnit"/>; null without a window.
    /// </summary>
    public TimeUnit? TimeUnit { get; init; }

    /// <summary>The number of items in the page.</summary>
    public abstract int Count { get; }

    /// <summary>
    /// The number of values in this page whose type differs from the contract, such as a timestamp that is a word. Nothing is lost: each is kept in the
    /// <see cref="ExportModel.AdditionalProperties"/> of its model. Always 0 for raw pages, whose items are not interpreted.
    /// </summary>
    public int UnexpectedValues { get; init; }

    /// <summary>
    /// The number of items in this page that are outside the window by more than rounding explains. They are delivered: a session may have moved since
    /// the server selected it. A page with no item inside the window throws an <see cref="ExportException"/>.
    /// </summary>
    public int OutsideWindow { get; init; }

    /// <summary>
    /// Whether the export ends with this page although the API did not confirm the end of the data: after 16 empty pages in a row, each with another
    /// cursor. Continue later from <see cref="ResumeCursor"/>.
    /// </summary>
    public bool IsEndUnconfirmed { get => _isEndUnconfirmed; init => _isEndUnconfirmed = value; }

    /// <summary>Shows the kind of page, the number of its items, and its two cursors.</summary>
    public override string ToString() => $"{Name} of {Count.ToString(CultureInfo.InvariantCulture)} items, from {Quote(Cursor)} to {Quote(NextCursor)}";

    /// <summary>Whether the response had no items at all.</summary>
    internal bool IsEmpty => Count + _dropped == 0;

    /// <summary>The number of empty pages in a row, including this one.</summary>
    internal int EmptyInARow { get; set; }

    /// <summary>Whether no page was requested, because the stream has no data at all.</summary>
    internal bool HasNoData { get; }

    private protected abstract string Name { get; }

    internal void MarkEndUnconfirmed() => _isEndUnconfirmed = true;

    private static string Quote(string? cursor) => cursor is null ? "no cursor" : $"cursor '{ForeignText.Excerpt(cursor)}'";
}

/// <summary>One page of an export.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public class ExportPage<T> : ExportPage
{
    /// <summary>Creates an empty page, for tests.</summary>
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
