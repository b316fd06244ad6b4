using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>The sessions. Every twelve of them belong to four users; every four of them go on side by side.</summary>
internal sealed class SessionSource(SandboxOptions options, UserSource users)
    : ItemSource(options, options.SessionCount, intervalMs: 100_000, offsetMs: InactivityMs, Purpose.SessionId, Purpose.SessionTime)
{
    /// <summary>How many sessions go on side by side; their events alternate.</summary>
    public const int SideBySide = 4;

    /// <summary>How many events a session has.</summary>
    public const int EventsPerSession = 10;

    /// <summary>How long nothing happens before a session is closed.</summary>
    private const long InactivityMs = 1_800_000;

    private const int UsersPerGroup = 4;
    private const int SessionsPerGroup = 12;

    private readonly long _start = options.Start.ToUnixTimeMilliseconds();

    public override string Path => "/session";

    public override string ItemName => "session";

    public UserSource Users => users;

    /// <summary>The user of a session.</summary>
    public long UserOf(long index) =>
        users.Count == 0 ? 0 : ((index / SessionsPerGroup * UsersPerGroup) + Draw.Of(Seed, Purpose.SessionUser, index).Below(UsersPerGroup)) % users.Count;

    /// <summary>With what and from where the visitor of a session comes; the same for all its events.</summary>
    public Draw VisitorOf(long index) => Draw.Of(Seed, Purpose.Visitor, index);

    public override void Write(Utf8JsonWriter writer, long index)
    {
        var draw = Draw.Of(Seed, Purpose.Session, index);
        var visitor = VisitorOf(index);
        var (place, client) = (visitor.Pick(Place.All), visitor.Pick(Visitor.All));
        var user = UserOf(index);
        var windowStart = _start + (index / SideBySide * SideBySide * 100_000) + draw.Below(10_000);

        writer.WriteStartObject();
        writer.WriteString("sessionId"u8, IdOf(index));
        writer.WriteString("userId"u8, users.IdOf(user));
        if (draw.Chance(90))
        {
            if (SupersededBy(index, user) is { } parent) writer.WriteString("parentId"u8, IdOf(parent));
            else writer.WriteNull("parentId"u8);
        }

        writer.WriteString("externalUserId"u8, users.ExternalIdOf(user));
        writer.WriteStartObject("window"u8);
        writer.WriteNumber("start"u8, windowStart);
        writer.WriteNumber("end"u8, windowStart + 330_000 + draw.Below(60_000));
        writer.WriteEndObject();
        writer.WriteNumber("closeTime"u8, TimeOf(index));
        Vocabulary.WriteMaybe(writer, "referrer"u8, draw.Pick(Vocabulary.Referrers), ref draw);
        Vocabulary.WriteMaybe(writer, "landingPageUrl"u8, draw.Pick(Vocabulary.Pages), ref draw);
        if (draw.Chance(40)) WriteCampaign(writer, ref draw);
        if (draw.Chance(80)) place.Write(writer, "location"u8, ref draw);
        if (draw.Chance(90)) client.Write(writer, "client"u8, ref draw);
        if (draw.Chance(40)) Vocabulary.WriteAttributes(writer, "attributes"u8, ref draw);
        if (draw.Chance(90))
        {
            writer.WriteStartObject("statistics"u8);
            writer.WriteNumber("pageViews"u8, 1 + draw.Below(20));
            writer.WriteNumber("tabViews"u8, 1 + draw.Below(3));
            writer.WriteNumber("orders"u8, draw.Below(2));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>Now and then the next session of the same user superseded one.</summary>
    private long? SupersededBy(long index, long user)
    {
        if (index % 3 != 0) return null;
        var groupEnd = Math.Min(Count, ((index / SessionsPerGroup) + 1) * SessionsPerGroup);
        for (var other = index + 1; other < groupEnd; other++)
        {
            if (UserOf(other) == user) return other;
        }

        return null;
    }

    private static void WriteCampaign(Utf8JsonWriter writer, ref Draw draw)
    {
        writer.WriteStartObject("campaign"u8);
        Vocabulary.WriteMaybe(writer, "name"u8, draw.Pick(Vocabulary.Campaigns), ref draw);
        Vocabulary.WriteMaybe(writer, "source"u8, "newsletter", ref draw);
        Vocabulary.WriteMaybe(writer, "medium"u8, "email", ref draw);
        Vocabulary.WriteMaybe(writer, "content"u8, "header", ref draw);
        Vocabulary.WriteMaybe(writer, "term"u8, "running shoes", ref draw);
        writer.WriteEndObject();
    }
}
