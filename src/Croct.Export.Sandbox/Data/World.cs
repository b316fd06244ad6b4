namespace Croct.Export.Sandbox.Data;

/// <summary>The three streams and how they hang together: which events a session has, which sessions a user has, and when.</summary>
internal sealed class World
{
    private const long EventIntervalMs = 10_000;

    /// <summary>How long nothing happens before a session is closed.</summary>
    private const long InactivityMs = 1_800_000;

    public World(SandboxOptions options, Growth growth)
    {
        var (seed, start) = (options.Seed, options.Start.ToUnixTimeMilliseconds());
        var eventsOfSession = new Grouping(options.EventsPerSession, overlap: 4);
        var sessionsOfUser = new Grouping(options.SessionsPerUser, overlap: 3);

        // A session closes after its last event, and a user changes after the last session closed: each stream starts that much later.
        var events = new Timeline(seed, Purpose.EventTime, start, EventIntervalMs);
        var sessionInterval = EventIntervalMs * eventsOfSession.Size;
        var sessions = new Timeline(
            seed, Purpose.SessionTime, start + (sessionInterval * eventsOfSession.Spread) + InactivityMs, sessionInterval);
        var userInterval = sessionInterval * sessionsOfUser.Size;
        var users = new Timeline(seed, Purpose.UserTime, sessions.Start + (userInterval * sessionsOfUser.Spread), userInterval);

        Users = new UserSource(seed, growth, users, (int)Math.Min(sessionsOfUser.Size, int.MaxValue));
        Sessions = new SessionSource(seed, options.SessionCount, growth, sessions, events, eventsOfSession, sessionsOfUser, Users);
        Events = new EventSource(seed, options.Events, growth, events, eventsOfSession, Sessions);
        Sources = [Events, Sessions, Users];
    }

    public EventSource Events { get; }

    public SessionSource Sessions { get; }

    public UserSource Users { get; }

    public IReadOnlyList<ItemSource> Sources { get; }
}
