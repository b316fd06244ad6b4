using System.Collections.Concurrent;

namespace Croct.Export.Tests.Wire;

/// <summary>A clock on which every wait ends at once and is recorded. Timestamps advance by the waits, the date does not.</summary>
/// <param name="held">Waits of this length, the timeout of an attempt, end only when the test calls <see cref="Expire"/>.</param>
internal sealed class InstantTime(TimeSpan? held = null) : TimeProvider
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ConcurrentQueue<TimeSpan> _waits = new();
    private readonly TimeSpan? _held = held;
    private Timer? _latest;
    private long _timestamp;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public IReadOnlyList<TimeSpan> Waits => [.. _waits];

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Interlocked.Read(ref _timestamp);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends the latest held wait.</summary>
    public void Expire() => Fire(_latest!, _held!.Value);

    private void Fire(Timer timer, TimeSpan dueTime)
    {
        _waits.Enqueue(dueTime);
        Interlocked.Add(ref _timestamp, dueTime.Ticks);
        timer.Fire();
    }

    private sealed class Timer(InstantTime time, Action fire) : ITimer
    {
        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == time._held) time._latest = this;
            else if (dueTime != Timeout.InfiniteTimeSpan) time.Fire(this, dueTime);
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
