namespace Croct.Export.Sandbox.Data;

/// <summary>How many items there are by now. Items are only ever added, behind those that are there, so that a cursor stays where it is.</summary>
internal sealed class Growth(SandboxOptions options)
{
    private readonly Lock _lock = new();
    private readonly long _startedAt = options.TimeProvider.GetTimestamp();
    private long _events;
    private long _sessions;
    private long _users;

    public long Events
    {
        get
        {
            lock (_lock) return CountEvents();
        }
    }

    public long Sessions
    {
        get
        {
            lock (_lock) return Capped(options.SessionsOf(CountEvents()) + _sessions);
        }
    }

    public long Users
    {
        get
        {
            lock (_lock) return Capped(options.UsersOf(options.SessionsOf(CountEvents())) + _users);
        }
    }

    /// <summary>The events that came late, in ranges of indices that ascend.</summary>
    public IReadOnlyList<LateEvents> Late { get; private set; } = [];

    public void Append(long events, long sessions, long users)
    {
        lock (_lock)
        {
            _events += events;
            _sessions += sessions;
            _users += users;
        }
    }

    public void AppendLate(long events)
    {
        lock (_lock)
        {
            var first = CountEvents();
            _events += events;
            Late = [.. Late, new LateEvents(first, first + events)];
        }
    }

    private long CountEvents()
    {
        var seconds = options.EventsPerSecond == 0 ? 0 : options.TimeProvider.GetElapsedTime(_startedAt).TotalSeconds;
        return Capped(options.Events + _events + (long)Math.Min(seconds * options.EventsPerSecond, SandboxOptions.MostItems));
    }

    private static long Capped(long count) => Math.Min(count, SandboxOptions.MostItems);
}

/// <summary>A run of events that came late.</summary>
/// <param name="First">The index of the first.</param>
/// <param name="End">The index behind the last.</param>
internal readonly record struct LateEvents(long First, long End);
