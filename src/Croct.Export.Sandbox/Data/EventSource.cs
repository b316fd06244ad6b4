using System.Text.Json;
using Croct.Export.Sandbox.Paging;

namespace Croct.Export.Sandbox.Data;

/// <summary>The events.</summary>
internal sealed class EventSource(int seed, long countAtStart, Growth growth, Timeline timeline, Grouping ofSession, SessionSource sessions)
    : ItemSource(seed, timeline, Purpose.EventId)
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

    public override long Count => growth.Events;

    public override string Path => "/events";

    public override string ItemName => "event";

    public override long? Find(long index, long count, in Bounds bounds)
    {
        var filter = bounds.Window.Events;
        foreach (var late in growth.Late)
        {
            if (FindOnTime(index, Math.Min(count, late.First), bounds) is { } found) return found;
            for (index = Math.Max(index, late.First); index < Math.Min(count, late.End); index++)
            {
                if (bounds.Window.Contains(TimeOf(index)) && (filter.IsAll || filter.Matches(KindOf(index)))) return index;
            }
        }

        return FindOnTime(index, count, bounds);
    }

    public override void Write(Utf8JsonWriter writer, long index)
    {
        var draw = Draw.Of(Seed, Purpose.Event, index);
        var kind = KindOf(index);
        var session = SessionOf(index);
        var visit = sessions.VisitOf(session);
        var product = draw.Pick(Product.All);
        var details = new EventDetails(
            TimeOf(index), visit.User, visit.Place, visit.Device, visit.TabId, draw.Chance(30) ? product.Page : draw.Pick(Vocabulary.Pages), product);

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

    /// <summary>Searches where the events are in the order of their times.</summary>
    private long? FindOnTime(long index, long count, in Bounds bounds)
    {
        if (base.Find(index, count, bounds) is not { } first) return null;
        var filter = bounds.Window.Events;
        if (filter.IsAll) return first;
        var (kinds, end) = (EventKind.Weighted, Math.Min(count, bounds.End));
        for (index = first; index < end;)
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

        return null;
    }

    /// <summary>The event that happens at the same moment in the same session: itself, but for a late one, which is drawn another from before.</summary>
    private long TwinOf(long index)
    {
        foreach (var late in growth.Late)
        {
            if (index >= late.First && index < late.End) return Draw.Of(Seed, Purpose.Late, index).Below(countAtStart);
        }

        return index;
    }

    private long TimeOf(long index) => Timeline.TimeOf(TwinOf(index));

    private long SessionOf(long index) => ofSession.OwnerOf(TwinOf(index));

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
        kind.NeedsAccount && !sessions.Users.HasAccount(sessions.UserOf(SessionOf(index))) ? EventKind.Nothing : kind;
}
