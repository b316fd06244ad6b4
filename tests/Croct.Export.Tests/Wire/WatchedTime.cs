using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Croct.Export.Tests.Wire;

/// <summary>A clock that only advances when told to, and reports the timers that are set.</summary>
internal sealed class WatchedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>Waits for the next timer to be set and returns its time.</summary>
    public ValueTask<TimeSpan> NextTimerAsync() => _timers.Reader.ReadAsync();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WatchedTimer(base.CreateTimer(callback, state, dueTime, period), Report);
        Report(dueTime);
        return timer;
    }

    private void Report(TimeSpan dueTime)
    {
        if (dueTime != Timeout.InfiniteTimeSpan) _timers.Writer.TryWrite(dueTime);
    }

    private sealed class WatchedTimer(ITimer timer, Action<TimeSpan> changed) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var done = timer.Change(dueTime, period);
            changed(dueTime);
            return done;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
