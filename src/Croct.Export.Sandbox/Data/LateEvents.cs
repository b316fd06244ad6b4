namespace Croct.Export.Sandbox.Data;

/// <summary>Which events came late: runs of indices among those of the events that came on time. It does not change.</summary>
internal sealed class LateEvents
{
    // Where each run begins, where it ends, and how many late events there are up to its end.
    private readonly long[] _firsts;
    private readonly long[] _ends;
    private readonly long[] _counts;

    private LateEvents(long[] firsts, long[] ends, long[] counts) => (_firsts, _ends, _counts) = (firsts, ends, counts);

    public static LateEvents None { get; } = new([], [], []);

    public long Count => _counts is [.., var count] ? count : 0;

    /// <summary>These and so many more behind all other events.</summary>
    public LateEvents With(long first, long count)
    {
        if (count == 0) return this;
        return _ends is [.., var end] && end == first
            ? new(_firsts, [.. _ends[..^1], first + count], [.. _counts[..^1], Count + count])
            : new([.. _firsts, first], [.. _ends, first + count], [.. _counts, Count + count]);
    }

    /// <summary>The stretch of events, all late or all on time, that an index lies in.</summary>
    public Stretch At(long index)
    {
        if (_ends.Length == 0) return new Stretch(IsLate: false, long.MaxValue, LateBefore: 0);
        var run = Array.BinarySearch(_ends, index);
        run = run < 0 ? ~run : run + 1;
        var before = run == 0 ? 0 : _counts[run - 1];
        return run == _ends.Length ? new Stretch(IsLate: false, long.MaxValue, before)
            : index < _firsts[run] ? new Stretch(IsLate: false, _firsts[run], before)
            : new Stretch(IsLate: true, _ends[run], before);
    }
}

/// <summary>Events that follow one another.</summary>
/// <param name="IsLate">Whether they came late.</param>
/// <param name="End">The index behind the last of them.</param>
/// <param name="LateBefore">How many events before them came late.</param>
internal readonly record struct Stretch(bool IsLate, long End, long LateBefore);
