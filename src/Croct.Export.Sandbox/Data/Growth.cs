namespace Croct.Export.Sandbox.Data;

/// <summary>How many items there are by now. Items are only ever added, behind those that are there, so that a cursor stays where it is.</summary>
/// <param name="amounts">How many there are at the start.</param>
/// <param name="arrivals">What comes after the start by itself.</param>
/// <param name="eventsOfSession">Which events make a session complete.</param>
/// <param name="sessionsOfUser">Which sessions make a user complete.</param>
/// <param name="mostOnTime">How many events can come on time after the start.</param>
internal sealed class Growth(Amounts amounts, Arrivals arrivals, Grouping eventsOfSession, Grouping sessionsOfUser, long mostOnTime)
{
    private readonly Lock _lock = new();
    private readonly long _startedAt = arrivals.Time.GetTimestamp();
    private long _appended;

    public long Events
    {
        get
        {
            lock (_lock) return amounts.Events + CountInOrder() + Late.Count;
        }
    }

    public long Sessions => amounts.Sessions == 0 ? 0 : amounts.SessionCount + CompleteSessions();

    public long Users => amounts.Users == 0 ? 0 : amounts.UserCount + sessionsOfUser.CompleteWith(CompleteSessions());

    /// <summary>The events that came late.</summary>
    public LateEvents Late { get; private set; } = LateEvents.After(amounts.Events, arrivals.LatePercent);

    /// <exception cref="ArgumentOutOfRangeException">There is no room for so many.</exception>
    public void Append(long events)
    {
        lock (_lock)
        {
            CheckRoom(events, RoomInOrder() - CountInOrder());
            _appended += events;
        }
    }

    /// <inheritdoc cref="Append"/>
    public void AppendLate(long events)
    {
        lock (_lock)
        {
            var count = amounts.Events + CountInOrder() + Late.Count;
            CheckRoom(events, Amounts.Max - count);
            Late = Late.With(count, events);
        }
    }

    private static void CheckRoom(long events, long room)
    {
        if (events < 0 || events > room) throw new ArgumentOutOfRangeException(nameof(events), $"{nameof(events)} was {events}; it must be from 0 to {room}.");
    }

    private long CompleteSessions()
    {
        lock (_lock)
        {
            var count = CountInOrder();
            return eventsOfSession.CompleteWith(count - Late.CountAmong(count));
        }
    }

    /// <summary>How many events came after the start but for those that were sent late on purpose; a fixed part of them is late as well.</summary>
    private long CountInOrder()
    {
        var seconds = arrivals.EventsPerSecond == 0 ? 0 : arrivals.Time.GetElapsedTime(_startedAt).TotalSeconds;
        return Math.Min(_appended + (long)Math.Min(seconds * arrivals.EventsPerSecond, Amounts.Max), RoomInOrder());
    }

    private long RoomInOrder() => Math.Min(mostOnTime, Amounts.Max - amounts.Events - Late.Count);
}

/// <summary>What comes after the start by itself.</summary>
/// <param name="EventsPerSecond">How many events a second.</param>
/// <param name="LatePercent">How many of each hundred events are late.</param>
/// <param name="Time">The clock.</param>
internal sealed record Arrivals(double EventsPerSecond, int LatePercent, TimeProvider Time);
