namespace Croct.Export.Sandbox.Data;

/// <summary>
/// Assigns items to owners: events to sessions, and likewise sessions to users. Each owner has <paramref name="size"/> items, but not in one run:
/// the items of <paramref name="overlap"/> owners alternate, like those of visitors who are there at the same time. The assignment is calculated
/// in both directions, so no table is needed.
/// </summary>
/// <remarks>
/// The items of the start are divided among the owners of the start, the last of which have fewer. Items added later have owners of their own. An
/// owner is served only once all of its items are there, so that it never refers to future items.
/// </remarks>
internal sealed class Grouping(long size, int overlap, long itemsAtStart, long ownersAtStart)
{
    /// <summary>The maximum number of items for which the statistics of an owner are counted. Owners with more items have no statistics.</summary>
    public const int MaxCounted = 1000;

    private readonly int _overlap = (int)Math.Min(overlap, size);

    /// <summary>The number of items of an owner.</summary>
    public long Size => size;

    /// <summary>The number of runs of <see cref="Size"/> items over which the items of one owner are spread.</summary>
    public int Spread => _overlap;

    public long GetOwner(long item) => item < itemsAtStart ? OwnerWithin(item) : ownersAtStart + OwnerWithin(item - itemsAtStart);

    /// <summary>
    /// The number of owners, not counting those of the start, that are complete once <paramref name="items"/> items have been added since the start.
    /// </summary>
    public long CountComplete(long items) => items <= LastWithin(0) ? 0 : ((items - 1 - LastWithin(0)) / size) + 1;

    /// <summary>
    /// The maximum number of items added since the start with which at most <paramref name="owners"/> owners, not counting those of the start, are
    /// complete.
    /// </summary>
    public long MaxItemsFor(long owners) => LastWithin(owners);

    /// <summary>The items of an owner, in order. Looks through <see cref="Size"/> times <see cref="Spread"/> items.</summary>
    public IEnumerable<long> GetItems(long owner)
    {
        var (first, end) = GetRange(owner);
        for (var item = first; item < end; item++)
        {
            if (GetOwner(item) == owner) yield return item;
        }
    }

    /// <summary>The first and the last item of an owner; null if it has none.</summary>
    public (long First, long Last)? GetFirstAndLast(long owner)
    {
        var (first, end) = GetRange(owner);
        if (first >= end) return null;
        var last = end - 1;
        while (GetOwner(last) != owner) last--;
        return (first, last);
    }

    /// <summary>The next item of the same owner; null if there is none or if it was not there at the start.</summary>
    public long? GetNext(long item)
    {
        var (run, place) = (item / size, item % size);
        var turn = place % _overlap;
        var next = place + _overlap < size ? item + _overlap : turn + 1 < _overlap ? ((run + 1) * size) + turn + 1 : long.MaxValue;
        return next < itemsAtStart ? next : null;
    }

    /// <summary>The range from the first item of an owner to the end of the run that contains its last item.</summary>
    private (long First, long End) GetRange(long owner) => owner < ownersAtStart
        ? (owner * size, Math.Min(itemsAtStart, (owner + _overlap) * size))
        : (itemsAtStart + ((owner - ownersAtStart) * size), itemsAtStart + ((owner - ownersAtStart + _overlap) * size));

    /// <summary>Items that would belong to owners before the first one belong to the first one.</summary>
    private long OwnerWithin(long item) => Math.Max(0, (item / size) - (item % size % _overlap));

    private long LastWithin(long owner) => ((owner + _overlap) * size) - 1 - (size % _overlap);
}
