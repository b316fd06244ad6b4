using Croct.Export.Models;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests;

/// <summary>A value of an unexpected type is kept, and neither its item nor its page is lost.</summary>
public class UnexpectedValueTests
{
    private const string Six = """
        {"items":[
        {"id":"o1","timestamp":"yesterday","payload":{"@type":"tabOpened","tabId":"not-a-uuid"}},
        {"id":"o2","timestamp":1704067200000,"payload":"text"},
        {"id":"o3","timestamp":1704067200000,"payload":{"@type":"cartViewed","cart":{"items":[{"index":0,"quantity":1.5,"total":10},7],"total":"12,50"}}},
        {"id":"o4","timestamp":1704067200000,"payload":{"@type":"nothingChanged","sinceTime":12345678901234567890123}},
        {"id":"o5","timestamp":1704067200000,"context":["web"],"payload":{"@type":5,"tabId":null}},
        {"id":6,"timestamp":1704067200000,"payload":{"@type":"pageLoaded","title":{"en":"Home"},"lastModifiedTime":true}}
        ],"nextCursor":null}
        """;

    [Test]
    public async Task Are_null_in_their_property_and_kept_next_to_it()
    {
        var events = (await PageAsync(Six)).Items;

        Assert.Multiple(() =>
        {
            Assert.That((events[0].Timestamp, Kept(events[0], "timestamp")), Is.EqualTo((default(long?), "\"yesterday\"")));
            Assert.That((((TabOpened)events[0].Payload!).TabId, Kept(events[0].Payload!, "tabId")), Is.EqualTo((default(Guid?), "\"not-a-uuid\"")));
            Assert.That((events[1].Payload, Kept(events[1], "payload")), Is.EqualTo((default(EventPayload), "\"text\"")));
            var cart = ((CartViewed)events[2].Payload!).Cart!;
            Assert.That((cart.Items.Count, Kept(cart, "items")), Is.EqualTo((0, """[{"index":0,"quantity":1.5,"total":10},7]""")));
            Assert.That((cart.Total, Kept(cart, "total")), Is.EqualTo((default(decimal?), "\"12,50\"")));
            Assert.That(
                (((NothingChanged)events[3].Payload!).SinceTime, Kept(events[3].Payload!, "sinceTime")),
                Is.EqualTo((default(long?), "12345678901234567890123")));
            Assert.That((events[4].Context, Kept(events[4], "context")), Is.EqualTo((default(EventContext), "[\"web\"]")));
            Assert.That(
                (events[4].Payload!.GetType(), events[4].Payload!.Type.Value, Kept(events[4].Payload!, "@type")),
                Is.EqualTo((typeof(EventPayload), "", "5")));
            Assert.That((events[5].Id, Kept(events[5], "id")), Is.EqualTo((default(string), "6")));
            Assert.That((((PageLoaded)events[5].Payload!).Title, Kept(events[5].Payload!, "title")), Is.EqualTo((default(string), """{"en":"Home"}""")));
            Assert.That(
                (((PageLoaded)events[5].Payload!).LastModifiedTime, Kept(events[5].Payload!, "lastModifiedTime")),
                Is.EqualTo((default(long?), "true")));
        });
    }

    [Test]
    public async Task Are_written_back_as_they_were_received()
    {
        var received = Canonical(Six)["$items"]!;

        var written = Canonical($"[{string.Join(',', (await PageAsync(Six)).Items.Select(e => e.ToJson()))}]");

        foreach (var (one, other) in received.Zip(written)) Assert.That(RandomJson.Differences(one, other), Is.Empty);
    }

    [Test]
    public async Task Are_counted_by_their_page() => Assert.That((await PageAsync(Six)).UnexpectedValues, Is.EqualTo(11));

    [Test]
    public async Task Are_not_counted_if_there_are_none() => Assert.That((await PageAsync(Responses.PageJson(3, "c1"))).UnexpectedValues, Is.Zero);

    [TestCase("timestamp", "1.5")]
    [TestCase("timestamp", "\"1704067200000\"")]
    [TestCase("timestamp", "9223372036854775808")]
    [TestCase("timestamp", "0.99999999999999999999999999999999")]
    [TestCase("timestamp", "1e999999999999")]
    [TestCase("id", "true")]
    [TestCase("id", "{}")]
    [TestCase("sessionId", "\"{7F9C2F2E-0C5F-4B0E-8F4B-0D8AD3C7A001}\"")]
    [TestCase("sessionId", "\"7f9c2f2e0c5f4b0e8f4b0d8ad3c7a001\"")]
    [TestCase("sessionId", "\" 7f9c2f2e-0c5f-4b0e-8f4b-0d8ad3c7a001\"")]
    [TestCase("context", "[]")]
    [TestCase("payload", "7")]
    public async Task Are_kept_unchanged_whatever_their_type(string member, string value)
    {
        var item = (await PageAsync(Responses.PageWith(member, value))).Items[1];

        Assert.That(item.ToJson(), Does.Contain($"\"{member}\":{value}"));
        Assert.That(item.AdditionalProperties.Keys, Is.EqualTo((string[])[member]));
    }

    [TestCase("order", """{"total":1e99}""", "total")]
    [TestCase("order", """{"total":1e-30}""", "total")]
    [TestCase("order", """{"total":0.12345678901234567890123456789}""", "total")]
    [TestCase("order", """{"total":"59.90"}""", "total")]
    [TestCase("order", """{"installments":3000000000}""", "installments")]
    [TestCase("order", """{"items":[{},null]}""", "items")]
    [TestCase("order", """{"items":{}}""", "items")]
    [TestCase("order", """{"status":1}""", "status")]
    public async Task Are_kept_by_the_innermost_model(string member, string value, string odd)
    {
        var page = await PageAsync(Responses.PageWith("payload", $$"""{"@type":"orderPlaced","{{member}}":{{value}}}"""));

        var payload = (OrderPlaced)page.Items[1].Payload!;
        Assert.That((payload.AdditionalProperties.Count, payload.Order!.AdditionalProperties.Keys), Is.EqualTo((0, (string[])[odd])));
        Assert.That(payload.Order.ToJson(), Does.Contain(value[1..^1]));
        Assert.That(page.UnexpectedValues, Is.EqualTo(1));
    }

    [TestCase("0.1", true)]
    [TestCase("-23.5505", true)]
    [TestCase("1E2", true)]
    [TestCase("0.30000000000000004", true)]
    [TestCase("0.3000000000000000400", true)]
    [TestCase("0.30000000000000001", false)]
    [TestCase("123456789012345678", false)]
    [TestCase("1e400", false)]
    [TestCase("1e-400", false)]
    public async Task Of_a_double_are_those_its_shortest_form_does_not_round_trip(string number, bool isHeld)
    {
        var page = await PageAsync(Responses.PageWith("payload", $$$"""{"@type":"userClicked","point":{"x":{{{number}}}}}"""));

        var point = ((UserClicked)page.Items[1].Payload!).Point!;
        Assert.That((point.X is not null, point.AdditionalProperties.Count), Is.EqualTo((isHeld, isHeld ? 0 : 1)));
        if (!isHeld) Assert.That(point.ToJson(), Is.EqualTo($$$"""{"x":{{{number}}}}"""));
    }

    [TestCase("1704067200000.0")]
    [TestCase("1.7040672e12")]
    [TestCase("170406720000000e-2")]
    public async Task Are_not_those_only_spelled_differently(string number) =>
        Assert.That((await PageAsync(Responses.PageWith("timestamp", number))).Items[1].Timestamp, Is.EqualTo(1704067200000));

    [Test]
    public async Task Are_not_UUIDs_in_capital_letters() =>
        Assert.That(
            (await PageAsync(Responses.PageWith("sessionId", "\"7F9C2F2E-0C5F-4B0E-8F4B-0D8AD3C7A001\""))).Items[1].SessionId,
            Is.EqualTo(new Guid("7f9c2f2e-0c5f-4b0e-8f4b-0d8ad3c7a001")));

    [Test]
    public async Task Are_a_single_text_in_place_of_a_list_unless_the_contract_allows_it()
    {
        var api = new Api(
            () => Responses.Json("""{"items":[{"activities":"running"}]}"""),
            () => Responses.Json("""{"items":[{"location":{"languages":"en"}}]}"""));
        using var client = api.Client();

        var user = (await client.ExportUsersAsync()).Items[0];
        var location = (await client.ExportSessionsAsync()).Items[0].Location!;

        Assert.That((user.Activities, user.AdditionalProperties.Count), Is.EqualTo(((string[])["running"], 0)));
        Assert.That((location.Languages, location.ToJson()), Is.EqualTo((Array.Empty<string>(), """{"languages":"en"}""")));
    }

    [Test]
    public async Task Of_a_map_are_kept_with_the_whole_map()
    {
        var context = (await PageAsync(Responses.PageWith("context", """{"type":"web","metadata":{"a":"b","c":1}}"""))).Items[1].Context!;

        Assert.That((context.Metadata.Count, Kept(context, "metadata")), Is.EqualTo((0, """{"a":"b","c":1}""")));
    }

    [Test]
    public void Give_way_to_a_value_assigned_to_the_property()
    {
        var read = JsonConvert.DeserializeObject<Event>("""{"timestamp":"soon","color":"red"}""")!;

        read.Timestamp = 5;

        Assert.That(read.ToJson(), Is.EqualTo("""{"timestamp":5,"color":"red"}"""));
    }

    [TestCase("""{"timestamp":1,"timestamp":"soon"}""", """{"timestamp":"soon"}""")]
    [TestCase("""{"timestamp":"soon","timestamp":1}""", """{"timestamp":1}""")]
    public void Follow_the_rule_that_the_last_of_several_members_with_the_same_name_counts(string json, string written) =>
        Assert.That(JsonConvert.DeserializeObject<Event>(json)!.ToJson(), Is.EqualTo(written));

    [TestCase("""{"items":[{},7],"nextCursor":"c1"}""", "items[1]")]
    [TestCase("""{"items":[null],"nextCursor":"c1"}""", "items[0]")]
    [TestCase("""{"items":5,"nextCursor":"c1"}""", "items")]
    [TestCase("""{"items":"none","nextCursor":"c1"}""", "items")]
    [TestCase("""{"items":[],"nextCursor":7}""", "nextCursor")]
    public async Task Are_an_error_if_the_export_could_not_continue(string json, string path)
    {
        using var client = new Api(() => Responses.Json(json)).Client();

        var typed = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;
        var raw = (await Assert.ThrowsAsync<ExportException>(
            async () => await client.ExportRawPagesAsync(ExportStream.Events).GetAsyncEnumerator().MoveNextAsync()))!;

        Assert.That(typed.Message, Does.Contain($"Path '{path}'"));
        Assert.That(raw.Message, Is.EqualTo(typed.Message));
    }

    [Test]
    public async Task Of_the_metadata_do_not_lose_the_page()
    {
        var page = await PageAsync("""{"items":[{}],"metadata":7,"nextCursor":"c1"}""");

        Assert.That((page.Count, page.Metadata, page.UnexpectedValues), Is.EqualTo((1, default(EventResponseMetadata), 1)));
    }

    [TestCase("""{"error":"internal"}""")]
    [TestCase("{}")]
    [TestCase("""{"color":"red","@type":"userSignedIn"}""")]
    public async Task Are_an_error_in_a_lookup_if_no_member_is_one_of_the_item(string body)
    {
        using var client = new Api(() => Responses.Json(body)).Client();

        Func<Task>[] lookUps =
            [() => client.ExportEventByIdAsync("1"), () => client.ExportSessionByIdAsync("1"), () => client.ExportUserByIdAsync("1")];
        foreach (var lookUp in lookUps)
        {
            Assert.That((await Assert.ThrowsAsync<ExportException>(lookUp))!.Message, Does.Contain(body));
        }
    }

    [TestCase("""{"userId":null}""")]
    [TestCase("""{"userId":7}""")]
    [TestCase("""{"email":"a@b.c","error":"none"}""")]
    public async Task Are_not_an_error_in_a_lookup_with_any_member_of_the_item(string body)
    {
        using var client = new Api(() => Responses.Json(body)).Client();

        Assert.That(await client.ExportUserByIdAsync("1"), Is.Not.Null);
    }

    private static async Task<EventPage> PageAsync(string json)
    {
        using var client = new Api(() => Responses.Json(json)).Client();
        return await client.ExportEventsAsync();
    }

    private static string Kept(ExportModel model, string name) => model.AdditionalProperties[name].ToString(Formatting.None);

    private static JToken Canonical(string json) => RandomJson.Canonical(RandomJson.Parse(json));
}
