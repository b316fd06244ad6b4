namespace Croct.Export.Sandbox;

/// <summary>
/// What a sandbox serves. Equal options serve equal bytes, also in another process and at another time; only how much of it is there
/// depends on the time where <see cref="EventsPerSecond"/> is set.
/// </summary>
public sealed class SandboxOptions
{
    internal const string DefaultApiKey = "5a4d8b0c-7e21-4f39-9c06-d3b1e8f7a254";

    /// <summary>How many events there are at the start: 0 to 1,000,000,000, 10,000 by default. They are made when they are asked for and need no memory.</summary>
    public long Events { get; set; } = 10_000;

    /// <summary>
    /// How many sessions there are at the start: 0 to 1,000,000,000; null, the default, for one for ten events, at least one. The events are
    /// spread evenly over them, and events that come after the start over further ones of as many events. With 0 there are none then either, and
    /// events name sessions that cannot be looked up. Where a session has more than 1,000 events, it has no statistics.
    /// </summary>
    public long? Sessions { get; set; }

    /// <summary>
    /// How many users there are at the start: 0 to 1,000,000,000; null, the default, for one for three sessions, at least one. The sessions are
    /// spread evenly over them, and sessions that come after the start over further ones of as many sessions. With 0 there are none then either,
    /// and events and sessions name users that cannot be looked up. Where a user has more than 1,000 events, it has no statistics.
    /// </summary>
    public long? Users { get; set; }

    /// <summary>The number that all data follow from: any; 1 by default.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>The TCP port on 127.0.0.1: 0 to 65535; 0, the default, for any free one.</summary>
    public int Port { get; set; }

    /// <summary>The one key that is let in, a version 4 UUID; a fixed one by default, which protects nothing.</summary>
    public string ApiKey { get; set; } = DefaultApiKey;

    /// <summary>The unit of <c>start</c> and <c>end</c>; seconds by default. The times in answers are milliseconds whatever it is.</summary>
    public SandboxTimeUnit TimeUnit { get; set; } = SandboxTimeUnit.Seconds;

    /// <summary>
    /// When the first event happens; 2024-01-01T00:00:00Z by default, from 1970 to 2200. One event follows in every ten seconds; with the
    /// default numbers, one session closes in every hundred seconds and one user changes in every three hundred. The first session closes about
    /// half an hour later, after its last event, and the first user changes after the last session of that user.
    /// </summary>
    public DateTimeOffset Start { get; set; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// How many events a second come after the start: 0, the default, to 1,000,000. A session follows when all of its events are there, and a
    /// user when all of its sessions are: until then they cannot be looked up.
    /// </summary>
    public double EventsPerSecond { get; set; }

    /// <summary>
    /// How many of each hundred events that come after the start are late, as those of <see cref="SandboxServer.AppendLate"/> are: 0, the default, to
    /// 100. It is the last ones of each hundred. With 0 <see cref="Events"/> there are no moments for late ones, and nothing but 0 is allowed.
    /// </summary>
    public int LatePercent { get; set; }

    /// <summary>The streams that the key may not read: pages and look-ups are 403 with a problem document. None by default.</summary>
    public IReadOnlyCollection<SandboxStream> ForbiddenStreams { get; set; } = [];

    /// <summary>
    /// Whether <c>start</c> and <c>end</c> are checked, but have no effect, as on a server that does not know them; false by default. Every window
    /// then holds all items.
    /// </summary>
    public bool IgnoreWindows { get; set; }

    /// <summary>How the end of the data is told; <see cref="SandboxEndOfData.EmptyPage"/> by default.</summary>
    public SandboxEndOfData EndOfData { get; set; } = SandboxEndOfData.EmptyPage;

    /// <summary>What goes wrong, and when; nothing by default. A string is taken for the text of a fault: <c>Faults = ["429:every=10"]</c>.</summary>
    public IReadOnlyList<SandboxFault> Faults { get; set; } = [];

    /// <summary>How many of the latest requests <see cref="SandboxServer.Requests"/> keeps: 0 to 1,000,000; 1,000 by default.</summary>
    public int RequestLogSize { get; set; } = 1000;

    /// <summary>The clock of growth, latency and dates in headers; the system's by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal Data.Amounts Amounts => new(Events, Sessions, Users);

    internal Data.World World => new(Seed, Start.ToUnixTimeMilliseconds(), Amounts, new Data.Arrivals(EventsPerSecond, LatePercent, TimeProvider));

    /// <summary>A copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    internal SandboxOptions CheckedCopy()
    {
        CheckCount(nameof(Events), Events);
        CheckCount(nameof(Sessions), Amounts.SessionCount);
        CheckCount(nameof(Users), Amounts.UserCount);
        if (Port is < 0 or > 65535) throw new ArgumentOutOfRangeException(nameof(Port), $"{nameof(Port)} was {Port}; it must be from 0 to 65535.");
        if (!ApiKeys.IsWellFormed(ApiKey))
        {
            // The key is not repeated: it may be a real one with a slip of the pen.
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
            throw new ArgumentException($"{nameof(LatePercent)} was {LatePercent} and {nameof(Events)} 0; a sandbox that starts without events has no moments for late ones.", nameof(LatePercent));
        }

        if (ForbiddenStreams is null || ForbiddenStreams.Any(stream => !Enum.IsDefined(stream)))
        {
            throw new ArgumentException($"{nameof(ForbiddenStreams)} must not be null, and hold only Events, Sessions and Users.", nameof(ForbiddenStreams));
        }

        if (RequestLogSize is < 0 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(RequestLogSize), $"{nameof(RequestLogSize)} was {RequestLogSize}; it must be from 0 to 1000000.");
        }

        if (Faults is null || Faults.Contains(null!)) throw new ArgumentException($"{nameof(Faults)} must not be null, nor hold a null.", nameof(Faults));
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
        if (count is < 0 or > Data.Amounts.Max) throw new ArgumentOutOfRangeException(name, $"{name} was {count}; it must be from 0 to {Data.Amounts.Max}.");
    }

    /// <summary>Few sessions for many events last long, and many users after them would change when <see cref="DateTimeOffset"/> has no date any more.</summary>
    private static void CheckTimes(string name, Data.ItemSource source)
    {
        var allowed = source.Timeline.MostItems;
        if (source.Count > allowed)
        {
            throw new ArgumentOutOfRangeException(
                name, $"{name} was {source.Count}; with so many events for so few sessions it must be from 0 to {allowed}, or the last ones lie behind the year 9999.");
        }
    }
}
