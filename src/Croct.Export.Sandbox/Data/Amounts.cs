namespace Croct.Export.Sandbox.Data;

/// <summary>The number of items at the start.</summary>
/// <param name="Events">The number of events.</param>
/// <param name="Sessions">The number of sessions; null for as many as the events need.</param>
/// <param name="Users">The number of users; null for as many as the sessions need.</param>
internal sealed record Amounts(long Events, long? Sessions, long? Users)
{
    /// <summary>The maximum of each.</summary>
    public const long Max = 1_000_000_000;

    private const int DefaultEventsPerSession = 10;
    private const int DefaultSessionsPerUser = 3;

    public long SessionCount => Sessions ?? Math.Max(1, DivideRoundingUp(Events, DefaultEventsPerSession));

    public long UserCount => Users ?? Math.Max(1, DivideRoundingUp(SessionsNamed, DefaultSessionsPerUser));

    // The defaults do not depend on the counts: the first items of a large sandbox are those of a small one.
    public long EventsPerSession => Sessions is null or 0 ? DefaultEventsPerSession : Math.Max(1, DivideRoundingUp(Events, SessionCount));

    public long SessionsPerUser => Users is null or 0 ? DefaultSessionsPerUser : Math.Max(1, DivideRoundingUp(SessionsNamed, UserCount));

    /// <summary>The number of sessions at the start that events name, including those that are not served.</summary>
    public long SessionsNamed => Math.Max(SessionCount, DivideRoundingUp(Events, EventsPerSession));

    /// <summary>The number of users at the start that sessions name, including those that are not served.</summary>
    public long UsersNamed => Math.Max(UserCount, DivideRoundingUp(SessionsNamed, SessionsPerUser));

    private static long DivideRoundingUp(long count, long divisor) => (count + divisor - 1) / divisor;
}
