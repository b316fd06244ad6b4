namespace Croct.Export.Cli.Items;

/// <summary>What a format needs to know of the place that it writes pages to.</summary>
/// <param name="Stream">Takes the bytes; stays open.</param>
/// <param name="IsBegun">Whether there are rows already, which the new ones come after.</param>
/// <param name="Columns">The version of the columns of these rows; null where none was kept.</param>
/// <param name="Repeating">The texts of the keys of items that are there, and that the first pages deliver once more.</param>
/// <param name="HasSeen">Whether an item is there from an earlier run; null if nobody needs the keys of the items.</param>
internal sealed record PageTarget(Stream Stream, bool IsBegun, string? Columns, IReadOnlyList<string> Repeating, Func<ItemKey, bool>? HasSeen);
