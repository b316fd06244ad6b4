using System.Globalization;
using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>The events.</summary>
internal sealed class EventSource(int seed, long countAtStart, Growth growth, Timeline timeline, EventDeal deal, Grouping ofSession, SessionSource sessions)
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

    public override SandboxStream Stream => SandboxStream.Events;

    public override string ItemName => "event";

    protected override string Schema => "Event";

    public override long? Find(long index, long count, in Bounds bounds)
    {
        var late = growth.Late;
        while (index < count)
        {
            var stretch = late.At(index);
            var end = Math.Min(count, stretch.End);
            if (stretch.IsLate)
            {
                for (; index < end; index++)
                {
                    if (Matches(GetOrigin(index), bounds.Window)) return index;
                }
            }
            else if (FindOnTime(index - stretch.LateBefore, end - stretch.LateBefore, bounds) is { } moment)
            {
                return moment + stretch.LateBefore;
            }

            index = end;
        }

        return null;
    }

    protected override void WriteByHand(Utf8JsonWriter writer, long index)
    {
        var draw = Draw.Of(Seed, Purpose.Event, index);
        var origin = GetOrigin(index);
        var session = ofSession.GetOwner(origin.Moment);
        var visit = sessions.GetVisit(session);
        var kind = Possible(deal.GetKind(origin.Number), visit.User);
        var product = draw.Pick(Product.All);
        var details = new EventDetails(
            Timeline.GetTime(origin.Moment),
            visit.User,
            visit.Place,
            visit.Device,
            visit.TabId,
            draw.Chance(30) ? product.Page : draw.Pick(Vocabulary.Pages),
            product,
            GetOrderId(kind, origin, session));

        writer.WriteStartObject();
        writer.WriteString("id"u8, GetId(index));
        writer.WriteString("sessionId"u8, sessions.GetId(session));
        writer.WriteString("userId"u8, sessions.Users.GetId(visit.User));
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

    protected override long GetTime(long index) => Timeline.GetTime(GetOrigin(index).Moment);

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

    /// <summary>Searches the events that arrived on time, which are in the order of their times.</summary>
    private long? FindOnTime(long moment, long count, in Bounds bounds)
    {
        if (base.Find(moment, count, bounds) is not { } first) return null;
        var filter = bounds.Window.Events;
        if (filter.IsAll) return first;
        var (kinds, end) = (EventKind.Weighted, Math.Min(count, bounds.End));
        for (moment = first; moment < end;)
        {
            var (slot, stride) = deal.GetSlot(moment);
            var endOfDeal = Math.Min(end, moment - (moment % kinds.Length) + kinds.Length);
            for (; moment < endOfDeal; moment++)
            {
                if (filter.Matches(Possible(deal.GetKind(moment, kinds[slot]), UserAt(moment)))) return moment;
                slot += stride;
                if (slot >= kinds.Length) slot -= kinds.Length;
            }
        }

        return null;
    }

    private bool Matches(Origin origin, Window window) =>
        window.Contains(Timeline.GetTime(origin.Moment))
        && (window.Events.IsAll || window.Events.Matches(Possible(deal.GetKind(origin.Number), UserAt(origin.Moment))));

    private Origin GetOrigin(long index)
    {
        var stretch = growth.Late.At(index);
        return stretch.IsLate
            ? new Origin(Draw.Of(Seed, Purpose.Late, index).Below(countAtStart), index, IsLate: true)
            : new Origin(index - stretch.LateBefore, index - stretch.LateBefore, IsLate: false);
    }

    private long UserAt(long moment) => sessions.GetUser(ofSession.GetOwner(moment));

    /// <summary>Users without an account do not sign up, in or out: such an event becomes <see cref="EventKind.NothingChanged"/>.</summary>
    private EventKind Possible(EventKind kind, long user) => kind.NeedsAccount && !sessions.Users.HasAccount(user) ? EventKind.NothingChanged : kind;

    /// <summary>Returns the id of the order that is placed; for a checkout, that of the next order in its session, if there is one.</summary>
    private string? GetOrderId(EventKind kind, Origin origin, long session)
    {
        if (kind == EventKind.OrderPlaced) return OrderId(origin.Number, origin.IsLate);
        if (kind != EventKind.CheckoutStarted || origin.IsLate || ofSession.Size > Grouping.MaxCounted) return null;
        foreach (var later in ofSession.GetItems(session))
        {
            if (later > origin.Moment && deal.GetKind(later) == EventKind.OrderPlaced) return OrderId(later, isLate: false);
        }

        return null;
    }

    /// <summary>An order number as used by shops. Late events have a separate series.</summary>
    private static string OrderId(long number, bool isLate) => string.Create(CultureInfo.InvariantCulture, $"{(isLate ? 'L' : 'W')}-{1001 + number}");

    /// <summary>The data that determine an event.</summary>
    /// <param name="Moment">
    /// The index into the timeline that determines its time and its session. A late event has that of another event, drawn from those of the start.
    /// </param>
    /// <param name="Number">The number that determines its type.</param>
    /// <param name="IsLate">Whether it arrived late.</param>
    private readonly record struct Origin(long Moment, long Number, bool IsLate);
}
