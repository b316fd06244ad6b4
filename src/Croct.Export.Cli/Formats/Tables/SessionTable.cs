using Croct.Export.Models;
using Newtonsoft.Json.Linq;
using static Croct.Export.Cli.Formats.Tables.Column<Croct.Export.Models.Session>;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>One row a session.</summary>
internal sealed class SessionTable() : Table<Session>(
    "sessions",
    [
        Text("session_id", "The id of the session.", s => s.SessionId),
        Text("user_id", "The user whose session it is.", s => s.UserId),
        Text("parent_id", "The session that superseded this one.", s => s.ParentId),
        Text("external_user_id", "The user in the application's own system; null for anonymous users.", s => s.ExternalUserId),
        Timestamp("start_time", "The start of the session (`window.start`).", s => s.Window?.StartUtc),
        Timestamp("end_time", "The end of the session (`window.end`).", s => s.Window?.EndUtc),
        Timestamp("close_time", "When the session was closed; `--start` and `--end` are about it.", s => s.CloseTimeUtc),
        Text("referrer", "Where the user came from.", s => s.Referrer),
        Text("landing_page_url", "The first page of the session.", s => s.LandingPageUrl),

        Text("campaign_name", "The campaign that led to the session (`utm_campaign`).", s => s.Campaign?.Name),
        Text("campaign_source", "Where the campaign ran (`utm_source`).", s => s.Campaign?.Source),
        Text("campaign_medium", "The kind of medium of the campaign (`utm_medium`).", s => s.Campaign?.Medium),
        Text("campaign_content", "What set the link apart (`utm_content`).", s => s.Campaign?.Content),
        Text("campaign_term", "The search terms (`utm_term`).", s => s.Campaign?.Term),

        Text("continent", "AF, AN, AS, EU, NA, OC or SA.", s => s.Location?.Continent?.Value),
        Text("country", "The country, as ISO 3166 code.", s => s.Location?.Country),
        Text("region", "The name of the region.", s => s.Location?.Region?.Name),
        Text("region_code", "The code of the region.", s => s.Location?.Region?.Code),
        Text("city", "The name of the city.", s => s.Location?.City),
        Text("district", "The name of the district.", s => s.Location?.District),
        Text("timezone", "The time zone, such as `America/Sao_Paulo`.", s => s.Location?.Timezone),
        Double("latitude", "Degrees, positive in the north.", s => s.Location?.Coordinates?.Latitude),
        Double("longitude", "Degrees, positive in the east.", s => s.Location?.Coordinates?.Longitude),
        Text("location_source", "How the place was found out: UNKNOWN, IP, INPUT, BROWSER or GPS.", s => s.Location?.Source?.Value),

        Text("browser_name", "The browser.", s => s.Client?.Browser?.Name),
        Text("browser_version", "The version of the browser.", s => s.Client?.Browser?.Version),
        Text("browser_type", "WEB, IN_APP, CRAWLER, OTHER or UNKNOWN.", s => s.Client?.Browser?.Type?.Value),
        Text("device_name", "The model of the device.", s => s.Client?.Device?.Name),
        Text("device_vendor", "The maker of the device.", s => s.Client?.Device?.Vendor),
        Text("device_category", "DESKTOP, TABLET, MOBILE, BOT, OTHER or UNKNOWN.", s => s.Client?.Device?.Category?.Value),
        Text("operating_system_name", "The operating system.", s => s.Client?.Device?.OperatingSystem?.Name),
        Text("operating_system_version", "The version of the operating system.", s => s.Client?.Device?.OperatingSystem?.Version),

        Int32("page_views", "How many pages were viewed.", s => s.Statistics?.PageViews),
        Int32("tab_views", "How many tabs were viewed.", s => s.Statistics?.TabViews),
        Int32("orders", "How many orders were placed.", s => s.Statistics?.Orders),

        JsonOf("attributes", "The attributes that the application gave to the session.", s => s.Attributes),
        JsonOf("location", "The whole location.", s => s.Location),
        JsonOf("client", "The whole client: browser and device.", s => s.Client),
        JsonOf("extra", "Fields of the session that have no other place; null when there are none.", Extra),
    ])
{
    private static JObject? Extra(Session s) => Remainder.Of(
        s.AdditionalProperties,
        [("window", s.Window?.AdditionalProperties), ("campaign", s.Campaign?.AdditionalProperties), ("statistics", s.Statistics?.AdditionalProperties)],
        ("window.start", s.Window?.Start, s.Window?.StartUtc),
        ("window.end", s.Window?.End, s.Window?.EndUtc),
        ("closeTime", s.CloseTime, s.CloseTimeUtc));
}
