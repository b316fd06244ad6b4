namespace Croct.Export.Sandbox.Data;

/// <summary>The current number of items. Items are only ever added, and only after the existing ones, so that a cursor keeps its position.</summary>
/// <param name="amounts">The number of items at the start.</param>
/// <param name="arrivals">The events that arrive on their own after the start.</param>
/// <param name="eventsOfSession">The grouping of events that decides when a session is complete.</param>
/// <param name="sessionsOfUser">The grouping of sessions that decides when a user is complete.</param>
/// <param name="maxOnTime">The maximum number of events that can arrive on time after the start.</param>
internal sealed class Growth(Amounts amounts, Arrivals arrivals, Grouping eventsOfSession, Grouping sessionsOfUser, long maxOnTime)
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

    public long Users => amounts.Users == 0 ? 0 : amounts.UserCount + sessionsOfUser.CountComplete(CompleteSessions());

    /// <summary>The events that arrived late.</summary>
    public LateEvents Late { get; private set; } = LateEvents.After(amounts.Events, arrivals.LatePercent);

    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or there is no room for that many events.</exception>
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
            return eventsOfSession.CountComplete(count - Late.CountAmong(count));
        }
    }

    /// <summary>The number of events added after the start, not counting those of <see cref="AppendLate"/>. A fixed percentage of them is late too.</summary>
    private long CountInOrder()
    {
        var seconds = arrivals.EventsPerSecond == 0 ? 0 : arrivals.Time.GetElapsedTime(_startedAt).TotalSeconds;
        return Math.Min(_appended + (long)Math.Min(seconds * arrivals.EventsPerSecond, Amounts.Max), RoomInOrder());
    }

    private long RoomInOrder() => Math.Min(maxOnTime, Amounts.Max - amounts.Events - Late.Count);
}

/// <summary>The events that arrive on their own after the start.</summary>
/// <param name="EventsPerSecond">The number of events per second.</param>
/// <param name="LatePercent">How many of every hundred events are late.</param>
/// <param name="Time">The clock.</param>
internal sealed record Arrivals(double EventsPerSecond, int LatePercent, TimeProvider Time);
