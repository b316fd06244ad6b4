namespace Croct.Export.Sandbox.Data;

/// <summary>
/// Which session an event belongs to, and likewise which user a session belongs to. Each owner has <paramref name="size"/> items, not
/// in one run: the items of <paramref name="overlap"/> owners alternate, as those of visitors who are there at the same time do. It is arithmetic,
/// so that neither side needs a table.
/// </summary>
/// <remarks>
/// The items of the start are divided up among the owners of the start, of whom the last ones have fewer, and the items after it among owners of
/// their own: an owner is served only when all of its items are there, so that it never tells of what is still to come.
/// </remarks>
internal sealed class Grouping(long size, int overlap, long itemsAtStart, long ownersAtStart)
{
    /// <summary>How many items an owner can have that are counted for its own item in a page.</summary>
    public const int MostCounted = 1000;

    private readonly int _overlap = (int)Math.Min(overlap, size);

    /// <summary>How many items an owner has.</summary>
    public long Size => size;

    /// <summary>How many runs of <see cref="Size"/> items the items of one owner spread over.</summary>
    public int Spread => _overlap;

    public long OwnerOf(long item) => item < itemsAtStart ? OwnerWithin(item) : ownersAtStart + OwnerWithin(item - itemsAtStart);

    /// <summary>How many owners, beside those of the start, have all of their items when so many have come since the start.</summary>
    public long CompleteWith(long items) => items <= LastWithin(0) ? 0 : ((items - 1 - LastWithin(0)) / size) + 1;

    /// <summary>With how many items since the start at most so many owners, beside those of the start, have all of theirs.</summary>
    public long MostItemsFor(long owners) => LastWithin(owners);

    /// <summary>The items of an owner, in their order; <see cref="Size"/> times <see cref="Spread"/> are looked through.</summary>
    public IEnumerable<long> ItemsOf(long owner)
    {
        var (first, end) = RangeOf(owner);
        for (var item = first; item < end; item++)
        {
            if (OwnerOf(item) == owner) yield return item;
        }
    }

    /// <summary>The first and the last item of an owner; null when it has none.</summary>
    public (long First, long Last)? EndsOf(long owner)
    {
        var (first, end) = RangeOf(owner);
        if (first >= end) return null;
        var last = end - 1;
        while (OwnerOf(last) != owner) last--;
        return (first, last);
    }

    /// <summary>The next item of the same owner, or null behind the last and behind the start.</summary>
    public long? NextOf(long item)
    {
        var (run, place) = (item / size, item % size);
        var turn = place % _overlap;
        var next = place + _overlap < size ? item + _overlap : turn + 1 < _overlap ? ((run + 1) * size) + turn + 1 : long.MaxValue;
        return next < itemsAtStart ? next : null;
    }

    /// <summary>From the first item of an owner to behind the run of its last.</summary>
    private (long First, long End) RangeOf(long owner) => owner < ownersAtStart
        ? (owner * size, Math.Min(itemsAtStart, (owner + _overlap) * size))
        : (itemsAtStart + ((owner - ownersAtStart) * size), itemsAtStart + ((owner - ownersAtStart + _overlap) * size));

    /// <summary>What would belong to owners before the first one belongs to the first.</summary>
    private long OwnerWithin(long item) => Math.Max(0, (item / size) - (item % size % _overlap));

    private long LastWithin(long owner) => ((owner + _overlap) * size) - 1 - (size % _overlap);
}
