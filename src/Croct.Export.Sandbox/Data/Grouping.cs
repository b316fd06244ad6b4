namespace Croct.Export.Sandbox.Data;

/// <summary>
/// Which session an event belongs to, and likewise which user a session belongs to. Each owner has <paramref name="size"/> items, not
/// in one run: the items of <paramref name="overlap"/> owners alternate, as those of visitors who are there at the same time do. It is arithmetic,
/// so that neither side needs a table, and it does not depend on how many items there are.
/// </summary>
internal sealed class Grouping(long size, int overlap)
{
    private readonly int _overlap = (int)Math.Min(overlap, size);

    /// <summary>How many items an owner has.</summary>
    public long Size => size;

    /// <summary>How many runs of <see cref="Size"/> items the items of one owner spread over.</summary>
    public int Spread => _overlap;

    /// <summary>The owner of an item. What would belong to owners before the first one belongs to the first.</summary>
    public long OwnerOf(long item) => Math.Max(0, (item / size) - (item % size % _overlap));

    public long FirstOf(long owner) => owner * size;

    public long LastOf(long owner) => ((owner + _overlap) * size) - 1 - (size % _overlap);

    /// <summary>The next item of the same owner, or null behind the last.</summary>
    public long? NextOf(long item)
    {
        var (run, place) = (item / size, item % size);
        var turn = place % _overlap;
        return place + _overlap < size ? item + _overlap : turn + 1 < _overlap ? ((run + 1) * size) + turn + 1 : null;
    }
}
