namespace Croct.Export.Sandbox.Data;

/// <summary>
/// Which events are late: runs of indices and, of the other events after the start, the last ones of each hundred. Immutable.
/// </summary>
internal sealed class LateEvents
{
    private const int Hundred = 100;

    private readonly long _start;
    private readonly int _percent;

    // For each run: its first index, the index after its last, and the number of events in all runs up to its end.
    private readonly long[] _firsts;
    private readonly long[] _ends;
    private readonly long[] _counts;

    private LateEvents(long start, int percent, long[] firsts, long[] ends, long[] counts) =>
        (_start, _percent, _firsts, _ends, _counts) = (start, percent, firsts, ends, counts);

    /// <summary>The number of events in runs.</summary>
    public long Count => _counts is [.., var count] ? count : 0;

    /// <summary>No runs, only a percentage of all events after the start.</summary>
    /// <param name="start">The number of events at the start, none of which are late.</param>
    /// <param name="percent">How many of every hundred events after them are late.</param>
    public static LateEvents After(long start, int percent) => new(start, percent, [], [], []);

    /// <summary>Returns these and a run of <paramref name="count"/> more after all other events.</summary>
    public LateEvents With(long first, long count)
    {
        if (count == 0) return this;
        return _ends is [.., var end] && end == first
            ? new(_start, _percent, _firsts, [.. _ends[..^1], first + count], [.. _counts[..^1], Count + count])
            : new(_start, _percent, [.. _firsts, first], [.. _ends, first + count], [.. _counts, Count + count]);
    }

    /// <summary>
    /// Returns the number of late events among the first <paramref name="events"/> events after the start, not counting those in runs.
    /// </summary>
    public long CountAmong(long events) => (events / Hundred * _percent) + Math.Max(0, (events % Hundred) - OnTimeOfHundred);

    /// <summary>Returns the stretch of events, all late or all on time, that contains an index.</summary>
    public Stretch At(long index)
    {
        var run = Array.BinarySearch(_ends, index);
        run = run < 0 ? ~run : run + 1;
        var before = run == 0 ? 0 : _counts[run - 1];
        if (run < _ends.Length && index >= _firsts[run])
        {
            return new Stretch(IsLate: true, _ends[run], before + CountAmong(Math.Max(0, _firsts[run] - before - _start)));
        }

        return Within(index, before, run < _ends.Length ? _firsts[run] : long.MaxValue);
    }

    private int OnTimeOfHundred => Hundred - _percent;

    /// <summary>Returns the stretch of an index that is in no run.</summary>
    private Stretch Within(long index, long before, long end)
    {
        if (_percent == 0) return new Stretch(IsLate: false, end, before);
        var place = index - before - _start;
        if (place < 0) return new Stretch(IsLate: false, Math.Min(end, index - place), before);
        var inHundred = place % Hundred;
        var isLate = inHundred >= OnTimeOfHundred;
        return new Stretch(isLate, Math.Min(end, index + (isLate ? Hundred : OnTimeOfHundred) - inHundred), before + CountAmong(place));
    }
}

/// <summary>Consecutive events.</summary>
/// <param name="IsLate">Whether they are late.</param>
/// <param name="End">The index after the last of them.</param>
/// <param name="LateBefore">The number of late events before the requested index.</param>
internal readonly record struct Stretch(bool IsLate, long End, long LateBefore);
