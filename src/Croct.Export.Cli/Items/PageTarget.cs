namespace Croct.Export.Cli.Items;

/// <summary>The destination of pages, as a format sees it.</summary>
/// <param name="Stream">The stream to write to; it is left open.</param>
/// <param name="IsBegun">Whether the destination already has rows, after which the new ones are written.</param>
/// <param name="Columns">The version of the columns of these rows; null if none was recorded.</param>
/// <param name="Repeating">The texts of the keys of existing items that the first pages deliver again.</param>
/// <param name="HasSeen">Returns whether the destination has an item from an earlier run; null if the keys of the items are not needed.</param>
internal sealed record PageTarget(Stream Stream, bool IsBegun, string? Columns, IReadOnlyList<string> Repeating, Func<ItemKey, bool>? HasSeen)
{
    /// <summary>Where the rows of items without an id are written if they are kept apart; otherwise null.</summary>
    public Stream? WithoutId { get; init; }
}
