namespace Croct.Export.Sandbox.Data;

/// <summary>The three streams and how they hang together: which events a session has, which sessions a user has, and when.</summary>
internal sealed class World
{
    private const long EventIntervalMs = 10_000;

    /// <summary>How long nothing happens before a session is closed.</summary>
    private const long InactivityMs = 1_800_000;

    public World(SandboxOptions options)
    {
        var (seed, start) = (options.Seed, options.Start.ToUnixTimeMilliseconds());
        var eventsOfSession = new Grouping(options.EventsPerSession, overlap: 4, options.Events, options.SessionsNamed);
        var sessionsOfUser = new Grouping(options.SessionsPerUser, overlap: 3, options.SessionsNamed, options.UsersNamed);

        // A session closes after its last event, and a user changes after the last session closed: each stream starts that much later.
        var events = new Timeline(seed, Purpose.EventTime, start, EventIntervalMs);
        var sessionInterval = EventIntervalMs * eventsOfSession.Size;
        var sessions = new Timeline(
            seed, Purpose.SessionTime, start + (sessionInterval * eventsOfSession.Spread) + InactivityMs, sessionInterval);
        var userInterval = sessionInterval * sessionsOfUser.Size;
        var users = new Timeline(seed, Purpose.UserTime, sessions.Start + (userInterval * sessionsOfUser.Spread), userInterval);

        var mostSessions = Math.Min(Room(sessions, options.SessionsNamed), sessionsOfUser.MostItemsFor(Room(users, options.UsersNamed)));
        Growth = new Growth(options, eventsOfSession, sessionsOfUser, eventsOfSession.MostItemsFor(mostSessions));

        var deal = new EventDeal(seed);
        Users = new UserSource(seed, Growth, users, deal, eventsOfSession, sessionsOfUser);
        Sessions = new SessionSource(seed, Growth, sessions, events, deal, eventsOfSession, sessionsOfUser, Users);
        Events = new EventSource(seed, options.Events, Growth, events, deal, eventsOfSession, Sessions);
        Sources = [Events, Sessions, Users];
    }

    public Growth Growth { get; }

    public EventSource Events { get; }

    public SessionSource Sessions { get; }

    public UserSource Users { get; }

    public IReadOnlyList<ItemSource> Sources { get; }

    private static long Room(Timeline timeline, long atStart) => Math.Max(0, Math.Min(SandboxOptions.MostItems, timeline.MostItems) - atStart);
}
