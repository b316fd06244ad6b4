namespace Croct.Export.Sandbox.Data;

/// <summary>The times of the items of a stream: each interval contains one item, at a random time, so that an item is found by time without a search.</summary>
/// <param name="Seed">The seed of the times.</param>
/// <param name="Purpose">The purpose of the drawn numbers.</param>
/// <param name="Start">The start of the first interval, in milliseconds since the epoch.</param>
/// <param name="Interval">The length of an interval, in milliseconds.</param>
internal sealed record Timeline(int Seed, Purpose Purpose, long Start, long Interval)
{
    /// <summary>The maximum number of items before <see cref="DateTimeOffset.MaxValue"/>.</summary>
    public long MaxItems => ((DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() - Start) / Interval) - 1;

    /// <summary>The time of an item, which increases with the index.</summary>
    public long GetTime(long index) => Start + (index * Interval) + Draw.Of(Seed, Purpose, index).Below(Interval);

    /// <summary>The index of the first item at or after a time. It may be beyond the last existing item.</summary>
    public long IndexAt(long time)
    {
        if (time <= Start) return 0;
        var index = (time - Start) / Interval;
        return GetTime(index) >= time ? index : index + 1;
    }
}
