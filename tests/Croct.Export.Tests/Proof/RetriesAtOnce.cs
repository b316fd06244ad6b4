namespace Croct.Export.Tests.Proof;

/// <summary>The system clock, except that every wait other than an attempt's timeout, such as that before a retry, ends at once.</summary>
internal sealed class RetriesAtOnce(TimeSpan attemptTimeout) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(System.CreateTimer(callback, state, Shortened(dueTime), period), Shortened);

    private TimeSpan Shortened(TimeSpan dueTime) => dueTime == attemptTimeout || dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero;

    private sealed class Timer(ITimer timer, Func<TimeSpan, TimeSpan> shortened) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(shortened(dueTime), period);

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
