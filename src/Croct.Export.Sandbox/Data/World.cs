namespace Croct.Export.Sandbox.Data;

/// <summary>The three streams and how they hang together: which events a session has, which sessions a user has, and when.</summary>
internal sealed class World
{
    private const long EventIntervalMs = 10_000;

    /// <summary>How long nothing happens before a session is closed.</summary>
    private const long InactivityMs = 1_800_000;

    /// <param name="seed">What all data follow from.</param>
    /// <param name="start">When the first event happens, in milliseconds since the epoch.</param>
    /// <param name="amounts">How much there is at the start.</param>
    /// <param name="arrivals">What comes after the start by itself.</param>
    public World(int seed, long start, Amounts amounts, Arrivals arrivals)
    {
        var eventsOfSession = new Grouping(amounts.EventsPerSession, overlap: 4, amounts.Events, amounts.SessionsNamed);
        var sessionsOfUser = new Grouping(amounts.SessionsPerUser, overlap: 3, amounts.SessionsNamed, amounts.UsersNamed);

        // A session closes after its last event, and a user changes after the last session closed: each stream starts that much later.
        var events = new Timeline(seed, Purpose.EventTime, start, EventIntervalMs);
        var sessionInterval = EventIntervalMs * eventsOfSession.Size;
        var sessions = new Timeline(
            seed, Purpose.SessionTime, start + (sessionInterval * eventsOfSession.Spread) + InactivityMs, sessionInterval);
        var userInterval = sessionInterval * sessionsOfUser.Size;
        var users = new Timeline(seed, Purpose.UserTime, sessions.Start + (userInterval * sessionsOfUser.Spread), userInterval);

        var mostSessions = Math.Min(Room(sessions, amounts.SessionsNamed), sessionsOfUser.MostItemsFor(Room(users, amounts.UsersNamed)));
        Growth = new Growth(amounts, arrivals, eventsOfSession, sessionsOfUser, eventsOfSession.MostItemsFor(mostSessions));

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

    private static long Room(Timeline timeline, long atStart) => Math.Max(0, Math.Min(Amounts.Max, timeline.MostItems) - atStart);
}
