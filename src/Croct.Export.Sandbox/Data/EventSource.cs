using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>The events.</summary>
internal sealed class EventSource(int seed, long count, Timeline timeline, Grouping ofSession, SessionSource sessions)
    : ItemSource(seed, count, timeline, Purpose.EventId)
{
    private static readonly Forms Metadata = new(1, (writer, ref _) =>
    {
        writer.WriteString("organizationName"u8, "Sandbox Stores"u8);
        writer.WriteString("organizationSlug"u8, "sandbox-stores"u8);
        writer.WriteString("workspaceName"u8, "Sandbox Shop"u8);
        writer.WriteString("workspaceSlug"u8, "sandbox-shop"u8);
        writer.WriteString("applicationName"u8, "Website"u8);
        writer.WriteString("applicationSlug"u8, "website"u8);
    });

    public override string Path => "/events";

    public override string ItemName => "event";

    public override long NextMatch(long index, long end, EventFilter filter)
    {
        if (filter.IsAll) return index;
        var kinds = EventKind.Weighted;
        while (index < end)
        {
            var (slot, stride) = DealOf(index);
            var endOfDeal = Math.Min(end, index - (index % kinds.Length) + kinds.Length);
            for (; index < endOfDeal; index++)
            {
                if (filter.Matches(Possible(kinds[slot], index))) return index;
                slot += stride;
                if (slot >= kinds.Length) slot -= kinds.Length;
            }
        }

        return end;
    }

    public override void Write(Utf8JsonWriter writer, long index)
    {
        var draw = Draw.Of(Seed, Purpose.Event, index);
        var kind = KindOf(index);
        var session = ofSession.OwnerOf(index);
        var visit = sessions.VisitOf(session);
        var product = draw.Pick(Product.All);
        var details = new EventDetails(
            Timeline.TimeOf(index), visit.User, visit.Place, visit.Device, visit.TabId, draw.Chance(30) ? product.Page : draw.Pick(Vocabulary.Pages), product);

        writer.WriteStartObject();
        writer.WriteString("id"u8, IdOf(index));
        writer.WriteString("sessionId"u8, sessions.IdOf(session));
        writer.WriteString("userId"u8, sessions.Users.IdOf(visit.User));
        writer.WriteNumber("timestamp"u8, details.Time);
        if (draw.Chance(85)) WriteContext(writer, details, ref draw);
        else writer.WriteNull("context"u8);
        writer.WriteStartObject("payload"u8);
        writer.WriteString("@type"u8, kind.EncodedName);
        kind.WriteFields(writer, details, ref draw);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public override void WriteMetadata(Utf8JsonWriter writer)
    {
        var draw = default(Draw);
        Metadata.Write(writer, "metadata"u8, ref draw);
    }

    public override void WriteSingle(Utf8JsonWriter writer, long index)
    {
        writer.WriteStartObject();
        WriteMetadata(writer);
        writer.WritePropertyName("event"u8);
        Write(writer, index);
        writer.WriteEndObject();
    }

    private static void WriteContext(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteStartObject("context"u8);
        writer.WriteString("type"u8, "web"u8);
        writer.WriteString("tabId"u8, details.TabId);
        writer.WriteString("url"u8, details.Page.Url);
        if (draw.Chance(30))
        {
            writer.WriteStartObject("metadata"u8);
            if (draw.Chance(90)) writer.WriteString("theme"u8, draw.Pick(Vocabulary.Themes));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private EventKind KindOf(long index) => Possible(EventKind.Weighted[DealOf(index).Slot], index);

    /// <summary>
    /// Where in <see cref="EventKind.Weighted"/> the type of an event is, and how far from it that of the next one. Each deal hands out every type
    /// as often as it weighs, in an order of its own, so that even a rare type is never far away.
    /// </summary>
    private (int Slot, int Stride) DealOf(long index)
    {
        var slots = EventKind.Weighted.Length;
        var (deal, place) = Math.DivRem(index, slots);
        var draw = Draw.Of(Seed, Purpose.EventKind, deal);
        var stride = 1 + draw.Below(slots - 1);
        return ((int)(((place * stride) + draw.Below(slots)) % slots), stride);
    }

    /// <summary>Nobody without an account signs in: nothing happens instead.</summary>
    private EventKind Possible(EventKind kind, long index) =>
        kind.NeedsAccount && !sessions.Users.HasAccount(sessions.UserOf(ofSession.OwnerOf(index))) ? EventKind.Nothing : kind;
}
