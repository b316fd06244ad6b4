namespace Croct.Export.Sandbox.Data;

/// <summary>How many items there are by now. Items are only ever added, behind those that are there, so that a cursor stays where it is.</summary>
/// <param name="options">How many there are at the start, and how many come by themselves.</param>
/// <param name="eventsOfSession">Which events make a session complete.</param>
/// <param name="sessionsOfUser">Which sessions make a user complete.</param>
/// <param name="mostOnTime">How many events can come on time after the start.</param>
internal sealed class Growth(SandboxOptions options, Grouping eventsOfSession, Grouping sessionsOfUser, long mostOnTime)
{
    private readonly Lock _lock = new();
    private readonly long _startedAt = options.TimeProvider.GetTimestamp();
    private long _appended;

    public long Events
    {
        get
        {
            lock (_lock) return options.Events + CountOnTime() + Late.Count;
        }
    }

    public long Sessions => options.Sessions == 0 ? 0 : options.SessionCount + CompleteSessions();

    public long Users => options.Users == 0 ? 0 : options.UserCount + sessionsOfUser.CompleteWith(CompleteSessions());

    /// <summary>The events that came late.</summary>
    public LateEvents Late { get; private set; } = LateEvents.None;

    /// <exception cref="ArgumentOutOfRangeException">There is no room for so many.</exception>
    public void Append(long events)
    {
        lock (_lock)
        {
            CheckRoom(events, RoomOnTime() - CountOnTime());
            _appended += events;
        }
    }

    /// <inheritdoc cref="Append"/>
    public void AppendLate(long events)
    {
        lock (_lock)
        {
            var count = options.Events + CountOnTime() + Late.Count;
            CheckRoom(events, SandboxOptions.MostItems - count);
            Late = Late.With(count, events);
        }
    }

    private static void CheckRoom(long events, long room)
    {
        if (events < 0 || events > room) throw new ArgumentOutOfRangeException(nameof(events), $"{nameof(events)} was {events}; it must be from 0 to {room}.");
    }

    private long CompleteSessions()
    {
        lock (_lock) return eventsOfSession.CompleteWith(CountOnTime());
    }

    private long CountOnTime()
    {
        var seconds = options.EventsPerSecond == 0 ? 0 : options.TimeProvider.GetElapsedTime(_startedAt).TotalSeconds;
        return Math.Min(_appended + (long)Math.Min(seconds * options.EventsPerSecond, SandboxOptions.MostItems), RoomOnTime());
    }

    private long RoomOnTime() => Math.Min(mostOnTime, SandboxOptions.MostItems - options.Events - Late.Count);
}
