namespace Croct.Export.Sandbox.Data;

/// <summary>When the items of a stream happen: one at some moment of every interval, so that a moment is found without a search.</summary>
/// <param name="Seed">What the moments follow from.</param>
/// <param name="Purpose">What they are drawn for.</param>
/// <param name="Start">The beginning of the first interval, in milliseconds since the epoch.</param>
/// <param name="Interval">The length of an interval, in milliseconds.</param>
internal sealed record Timeline(int Seed, Purpose Purpose, long Start, long Interval)
{
    /// <summary>How many items happen before <see cref="DateTimeOffset"/> has no date any more.</summary>
    public long MostItems => ((DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() - Start) / Interval) - 1;

    /// <summary>The moment of an item; it grows with the index.</summary>
    public long TimeOf(long index) => Start + (index * Interval) + Draw.Of(Seed, Purpose, index).Below(Interval);

    /// <summary>The first item at or after a moment, which may lie behind the last item that there is.</summary>
    public long IndexAt(long time)
    {
        if (time <= Start) return 0;
        var index = (time - Start) / Interval;
        return TimeOf(index) >= time ? index : index + 1;
    }
}
