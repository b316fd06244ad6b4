namespace Croct.Export.Sandbox;

/// <summary>
/// The data and behaviour of a sandbox. Equal options serve equal bytes in any process and at any time. If <see cref="EventsPerSecond"/> is set,
/// only the number of items depends on the time.
/// </summary>
public sealed class SandboxOptions
{
    internal const string DefaultApiKey = "5a4d8b0c-7e21-4f39-9c06-d3b1e8f7a254";

    /// <summary>
    /// The number of events at the start: 0 to 1,000,000,000; 10,000 by default. Events are generated when they are requested and take no memory.
    /// </summary>
    public long Events { get; set; } = 10_000;

    /// <summary>
    /// The number of sessions at the start: 0 to 1,000,000,000; null, the default, for one per ten events, but at least one. The events are
    /// spread evenly over the sessions. Events added after the start belong to additional sessions with the same number of events each. With 0,
    /// no sessions are added later either, and events name sessions that cannot be looked up. A session with more than 1,000 events has no
    /// statistics.
    /// </summary>
    public long? Sessions { get; set; }

    /// <summary>
    /// The number of users at the start: 0 to 1,000,000,000; null, the default, for one per three sessions, but at least one. The sessions are
    /// spread evenly over the users. Sessions added after the start belong to additional users with the same number of sessions each. With 0, no
    /// users are added later either, and events and sessions name users that cannot be looked up. A user with more than 1,000 events has no
    /// statistics.
    /// </summary>
    public long? Users { get; set; }

    /// <summary>The seed from which all data are generated: any number; 1 by default.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>The TCP port on 127.0.0.1: 0 to 65535; 0, the default, for any free port.</summary>
    public int Port { get; set; }

    /// <summary>The only key that the sandbox accepts, a version 4 UUID. The default is a fixed key, which protects nothing.</summary>
    public string ApiKey { get; set; } = DefaultApiKey;

    /// <summary>The unit of <c>start</c> and <c>end</c>; seconds by default. Times in responses are always in milliseconds.</summary>
    public SandboxTimeUnit TimeUnit { get; set; } = SandboxTimeUnit.Seconds;

    /// <summary>
    /// When the first event happens: 1970 to 2200; 2024-01-01T00:00:00Z by default. One event happens in every ten seconds. With the default
    /// numbers, one session closes in every hundred seconds, and one user changes in every three hundred. The first session closes about half an
    /// hour later, after its last event. The first user changes after the last session of that user.
    /// </summary>
    public DateTimeOffset Start { get; set; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// The number of events per second that are added after the start: 0, the default, to 1,000,000. A session is added once all of its events are
    /// there, and a user once all of its sessions are. Until then they cannot be looked up.
    /// </summary>
    public double EventsPerSecond { get; set; }

    /// <summary>
    /// How many of every hundred events added after the start are late, like those of <see cref="SandboxServer.AppendLate"/>: 0, the default, to
    /// 100. These are the last ones of each hundred. If <see cref="Events"/> is 0, only 0 is allowed, because late events happen at the times of
    /// events that are there at the start.
    /// </summary>
    public int LatePercent { get; set; }

    /// <summary>The streams that the key may not read: pages and look-ups return 403 with a problem document. None by default.</summary>
    public IReadOnlyCollection<SandboxStream> ForbiddenStreams { get; set; } = [];

    /// <summary>
    /// Whether <c>start</c> and <c>end</c> are validated but have no effect, as on a server that does not know them; false by default. Every window
    /// then contains all items.
    /// </summary>
    public bool IgnoreWindows { get; set; }

    /// <summary>How the end of the data is signalled; <see cref="SandboxEndOfData.EmptyPage"/> by default.</summary>
    public SandboxEndOfData EndOfData { get; set; } = SandboxEndOfData.EmptyPage;

    /// <summary>The faults to inject, and when; none by default. A string is parsed as a fault: <c>Faults = ["429:every=10"]</c>.</summary>
    public IReadOnlyList<SandboxFault> Faults { get; set; } = [];

    /// <summary>The number of latest requests that <see cref="SandboxServer.Requests"/> keeps: 0 to 1,000,000; 1,000 by default.</summary>
    public int RequestLogSize { get; set; } = 1000;

    /// <summary>The clock for growth, latency and dates in headers; the system clock by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal Data.Amounts Amounts => new(Events, Sessions, Users);

    internal Data.World World => new(Seed, Start.ToUnixTimeMilliseconds(), Amounts, new Data.Arrivals(EventsPerSecond, LatePercent, TimeProvider));

    /// <summary>Validates the options and returns a copy that later changes do not affect.</summary>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    internal SandboxOptions ValidateAndCopy()
    {
        CheckCount(nameof(Events), Events);
        CheckCount(nameof(Sessions), Amounts.SessionCount);
        CheckCount(nameof(Users), Amounts.UserCount);
        if (Port is < 0 or > 65535) throw new ArgumentOutOfRangeException(nameof(Port), $"{nameof(Port)} was {Port}; it must be from 0 to 65535.");
        if (!ApiKeys.IsWellFormed(ApiKey))
        {
            // The message does not repeat the key: it may be a real one with a typo.
            throw new ArgumentException($"{nameof(ApiKey)} must be a version 4 UUID, such as {DefaultApiKey}.", nameof(ApiKey));
        }

        if (!Enum.IsDefined(TimeUnit))
        {
            throw new ArgumentOutOfRangeException(nameof(TimeUnit), $"{nameof(TimeUnit)} was {TimeUnit}; it must be Seconds or Milliseconds.");
        }

        if (Start.UtcDateTime.Year is < 1970 or > 2200)
        {
            throw new ArgumentOutOfRangeException(nameof(Start), $"{nameof(Start)} was {Start:O}; it must be from 1970 to 2200.");
        }

        if (!Enum.IsDefined(EndOfData))
        {
            throw new ArgumentOutOfRangeException(nameof(EndOfData), $"{nameof(EndOfData)} was {EndOfData}; it must be EmptyPage or NullCursor.");
        }

        if (EventsPerSecond is not (>= 0 and <= 1_000_000))
        {
            throw new ArgumentOutOfRangeException(nameof(EventsPerSecond), $"{nameof(EventsPerSecond)} was {EventsPerSecond}; it must be from 0 to 1000000.");
        }

        if (LatePercent is < 0 or > 100)
        {
            throw new ArgumentOutOfRangeException(nameof(LatePercent), $"{nameof(LatePercent)} was {LatePercent}; it must be from 0 to 100.");
        }

        if (LatePercent > 0 && Events == 0)
        {
            throw new ArgumentException(
                $"{nameof(LatePercent)} was {LatePercent} and {nameof(Events)} was 0; late events need at least 1 event at the start.",
                nameof(LatePercent));
        }

        if (ForbiddenStreams is null || ForbiddenStreams.Any(stream => !Enum.IsDefined(stream)))
        {
            throw new ArgumentException(
                $"{nameof(ForbiddenStreams)} must not be null and may contain only Events, Sessions and Users.", nameof(ForbiddenStreams));
        }

        if (RequestLogSize is < 0 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(RequestLogSize), $"{nameof(RequestLogSize)} was {RequestLogSize}; it must be from 0 to 1000000.");
        }

        if (Faults is null || Faults.Contains(null!)) throw new ArgumentException($"{nameof(Faults)} must not be null or contain null.", nameof(Faults));
        if (TimeProvider is null) throw new ArgumentException($"{nameof(TimeProvider)} must not be null.", nameof(TimeProvider));

        var world = World;
        CheckTimes(nameof(Sessions), world.Sessions);
        CheckTimes(nameof(Users), world.Users);
        var copy = (SandboxOptions)MemberwiseClone();
        (copy.Faults, copy.ForbiddenStreams) = ([.. Faults], [.. ForbiddenStreams]);
        return copy;
    }

    private static void CheckCount(string name, long count)
    {
        if (count is < 0 or > Data.Amounts.Max)
        {
            throw new ArgumentOutOfRangeException(name, $"{name} was {count}; it must be from 0 to {Data.Amounts.Max}.");
        }
    }

    /// <summary>
    /// Checks that no item is later than <see cref="DateTimeOffset.MaxValue"/>. With many events and few sessions, sessions last long, and users
    /// change only after them.
    /// </summary>
    private static void CheckTimes(string name, Data.ItemSource source)
    {
        var allowed = source.Timeline.MaxItems;
        if (source.Count > allowed)
        {
            throw new ArgumentOutOfRangeException(
                name,
                $"{name} was {source.Count}; with this many events and this few sessions it must be from 0 to {allowed}, " +
                "or the last ones would be after the year 9999.");
        }
    }
}
