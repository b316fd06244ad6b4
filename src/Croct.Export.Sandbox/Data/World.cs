namespace Croct.Export.Sandbox.Data;

/// <summary>The three streams and how they are related: the events of each session, the sessions of each user, and their times.</summary>
internal sealed class World
{
    private const long EventIntervalMs = 10_000;

    /// <summary>The inactivity after which a session is closed.</summary>
    private const long InactivityMs = 1_800_000;

    /// <param name="seed">The seed of all data.</param>
    /// <param name="start">The time of the first event, in milliseconds since the epoch.</param>
    /// <param name="amounts">The number of items at the start.</param>
    /// <param name="arrivals">The events that arrive on their own after the start.</param>
    public World(int seed, long start, Amounts amounts, Arrivals arrivals)
    {
        var eventsOfSession = new Grouping(amounts.EventsPerSession, overlap: 4, amounts.Events, amounts.SessionsNamed);
        var sessionsOfUser = new Grouping(amounts.SessionsPerUser, overlap: 3, amounts.SessionsNamed, amounts.UsersNamed);

        // A session closes after its last event, and a user changes after the last session has closed, so each stream starts later by that time.
        var events = new Timeline(seed, Purpose.EventTime, start, EventIntervalMs);
        var sessionInterval = EventIntervalMs * eventsOfSession.Size;
        var sessions = new Timeline(
            seed, Purpose.SessionTime, start + (sessionInterval * eventsOfSession.Spread) + InactivityMs, sessionInterval);
        var userInterval = sessionInterval * sessionsOfUser.Size;
        var users = new Timeline(seed, Purpose.UserTime, sessions.Start + (userInterval * sessionsOfUser.Spread), userInterval);

        var maxSessions = Math.Min(Room(sessions, amounts.SessionsNamed), sessionsOfUser.MaxItemsFor(Room(users, amounts.UsersNamed)));
        Growth = new Growth(amounts, arrivals, eventsOfSession, sessionsOfUser, eventsOfSession.MaxItemsFor(maxSessions));

        var deal = new EventDeal(seed, EventKind.Further);
        Users = new UserSource(seed, Growth, users, deal, eventsOfSession, sessionsOfUser);
        Sessions = new SessionSource(seed, Growth, sessions, events, deal, eventsOfSession, sessionsOfUser, Users);
        Events = new EventSource(seed, amounts.Events, Growth, events, deal, eventsOfSession, Sessions);
        Sources = [Events, Sessions, Users];
    }

    public Growth Growth { get; }

    public EventSource Events { get; }

    public SessionSource Sessions { get; }

    public UserSource Users { get; }

    public IReadOnlyList<ItemSource> Sources { get; }

    private static long Room(Timeline timeline, long atStart) => Math.Max(0, Math.Min(Amounts.Max, timeline.MaxItems) - atStart);
}
