using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>The events: one in every ten seconds, each in one of the sessions that go on side by side.</summary>
internal sealed class EventSource(SandboxOptions options, SessionSource sessions)
    : ItemSource(options, options.Events, intervalMs: 10_000, offsetMs: 0, Purpose.EventId, Purpose.EventTime)
{
    private const int EventsPerRound = SessionSource.SideBySide * SessionSource.EventsPerSession;

    public override string Path => "/events";

    public override string ItemName => "event";

    public static void WriteMetadata(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("organizationName"u8, "Sandbox Stores"u8);
        writer.WriteString("organizationSlug"u8, "sandbox-stores"u8);
        writer.WriteString("workspaceName"u8, "Sandbox Shop"u8);
        writer.WriteString("workspaceSlug"u8, "sandbox-shop"u8);
        writer.WriteString("applicationName"u8, "Website"u8);
        writer.WriteString("applicationSlug"u8, "website"u8);
        writer.WriteEndObject();
    }

    public override bool Matches(long index, IReadOnlyCollection<EventKind> kinds) => kinds.Count == 0 || kinds.Contains(KindOf(index));

    public override void Write(Utf8JsonWriter writer, long index)
    {
        var session = SessionOf(index);
        var visitor = sessions.VisitorOf(session);
        var draw = Draw.Of(Seed, Purpose.Event, index);
        var user = sessions.UserOf(session);
        var details = new EventDetails(
            TimeOf(index), sessions.Users.ExternalIdOf(user) ?? $"customer-{user + 1000}", visitor.Pick(Place.All), visitor.Pick(Visitor.All), visitor.Uuid());

        writer.WriteStartObject();
        writer.WriteString("id"u8, IdOf(index));
        writer.WriteString("sessionId"u8, sessions.IdOf(session));
        writer.WriteString("userId"u8, sessions.Users.IdOf(user));
        writer.WriteNumber("timestamp"u8, details.Time);
        if (draw.Chance(85)) WriteContext(writer, details, ref draw);
        else writer.WriteNull("context"u8);
        writer.WriteStartObject("payload"u8);
        var kind = KindOf(index);
        writer.WriteString("@type"u8, kind.EncodedName);
        kind.WriteFields(writer, details, ref draw);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteContext(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteStartObject("context"u8);
        writer.WriteString("type"u8, "web"u8);
        writer.WriteString("tabId"u8, details.TabId);
        writer.WriteString("url"u8, draw.Pick(Vocabulary.Pages));
        if (draw.Chance(30))
        {
            writer.WriteStartObject("metadata"u8);
            writer.WriteString("theme"u8, draw.Pick(Vocabulary.Themes));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private EventKind KindOf(long index)
    {
        var draw = Draw.Of(Seed, Purpose.EventKind, index);
        return EventKind.Weighted[draw.Below(EventKind.Weighted.Length)];
    }

    private long SessionOf(long index) =>
        sessions.Count == 0 ? 0 : ((index / EventsPerRound * SessionSource.SideBySide) + (index % SessionSource.SideBySide)) % sessions.Count;
}

/// <summary>What the fields of a payload may draw upon.</summary>
internal sealed record EventDetails(long Time, string ExternalUserId, Place Place, Visitor Visitor, Guid TabId);
