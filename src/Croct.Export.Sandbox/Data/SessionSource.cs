using System.Text.Json;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>The data that all events of a session share.</summary>
internal readonly record struct Visit(long User, Place Place, Device Device, Guid TabId);

/// <summary>The sessions.</summary>
internal sealed class SessionSource(
    int seed, Growth growth, Timeline timeline, Timeline eventTimeline, EventDeal deal, Grouping eventsOfSession, Grouping ofUser, UserSource users)
    : ItemSource(seed, timeline, Purpose.SessionId)
{
    public override long Count => growth.Sessions;

    public override string Path => "/session";

    public override SandboxStream Stream => SandboxStream.Sessions;

    public override string ItemName => "session";

    protected override string Schema => "Session";

    public UserSource Users => users;

    public long GetUser(long index) => ofUser.GetOwner(index);

    public Visit GetVisit(long index)
    {
        var user = GetUser(index);
        var draw = Draw.Of(Seed, Purpose.Device, index);
        return new Visit(user, users.GetHome(user), draw.Pick(Device.Weighted), draw.Uuid());
    }

    protected override void WriteByHand(Utf8JsonWriter writer, long index)
    {
        var draw = Draw.Of(Seed, Purpose.Session, index);
        var visit = GetVisit(index);

        writer.WriteStartObject();
        writer.WriteString("sessionId"u8, GetId(index));
        writer.WriteString("userId"u8, users.GetId(visit.User));
        if (draw.Chance(90)) WriteParent(writer, index, ref draw);
        users.WriteOptionalExternalId(writer, visit.User);
        if (draw.Chance(97) && eventsOfSession.GetFirstAndLast(index) is { } ends) WriteWindow(writer, ends.First, ends.Last, ref draw);
        writer.WriteNumber("closeTime"u8, Timeline.GetTime(index));
        WriteOptional(writer, "referrer"u8, draw.Pick(Vocabulary.Referrers), ref draw);
        WriteOptional(writer, "landingPageUrl"u8, draw.Pick(Vocabulary.Pages).Url, ref draw);
        if (draw.Chance(40)) WriteCampaign(writer, ref draw);
        if (draw.Chance(80)) visit.Place.Write(writer, "location"u8, ref draw);
        if (draw.Chance(90)) visit.Device.Write(writer, "client"u8, ref draw);
        if (draw.Chance(40)) WriteAttributes(writer, "attributes"u8, ref draw);
        if (draw.Chance(90) && eventsOfSession.Size <= Grouping.MaxCounted) WriteStatistics(writer, index, ref draw);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes the session that superseded this one: sometimes the next one of the same user, if it was there at the start. An item does not change
    /// when others are added.
    /// </summary>
    private void WriteParent(Utf8JsonWriter writer, long index, ref Draw draw)
    {
        if (draw.Chance(25) && ofUser.GetNext(index) is { } next) writer.WriteString("parentId"u8, GetId(next));
        else writer.WriteNull("parentId"u8);
    }

    /// <summary>Writes the time from the first event of the session to its last.</summary>
    private void WriteWindow(Utf8JsonWriter writer, long first, long last, ref Draw draw)
    {
        writer.WriteStartObject("window"u8);
        WriteOptional(writer, "start"u8, eventTimeline.GetTime(first), ref draw);
        WriteOptional(writer, "end"u8, eventTimeline.GetTime(last), ref draw);
        writer.WriteEndObject();
    }

    /// <summary>Writes the statistics over the events of the session. Late events are not counted, so that the session does not change.</summary>
    private void WriteStatistics(Utf8JsonWriter writer, long index, ref Draw draw)
    {
        var (pages, tabs, orders) = (0, 0, 0);
        foreach (var item in eventsOfSession.GetItems(index))
        {
            var kind = deal.GetKind(item);
            if (kind == EventKind.PageOpened) pages++;
            else if (kind == EventKind.TabOpened) tabs++;
            else if (kind == EventKind.OrderPlaced) orders++;
        }

        writer.WriteStartObject("statistics"u8);
        WriteOptional(writer, "pageViews"u8, pages, ref draw);
        WriteOptional(writer, "tabViews"u8, tabs, ref draw);
        WriteOptional(writer, "orders"u8, orders, ref draw);
        writer.WriteEndObject();
    }

    private static void WriteCampaign(Utf8JsonWriter writer, ref Draw draw)
    {
        writer.WriteStartObject("campaign"u8);
        WriteOptional(writer, "name"u8, draw.Pick(Vocabulary.Campaigns), ref draw);
        WriteOptional(writer, "source"u8, draw.Pick(Vocabulary.CampaignSources), ref draw);
        WriteOptional(writer, "medium"u8, draw.Pick(Vocabulary.CampaignMedia), ref draw);
        WriteOptional(writer, "content"u8, draw.Pick(Vocabulary.CampaignContents), ref draw);
        WriteOptional(writer, "term"u8, draw.Pick(Vocabulary.CampaignTerms), ref draw);
        writer.WriteEndObject();
    }
}
