using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>Unusual items: none of their data is lost, and every file stays valid.</summary>
[TestFixture("csv")]
[TestFixture("parquet", Category = "Long")]
public class OddItemTests(string format)
{
    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [Test]
    public async Task An_unknown_type_of_event_is_in_the_payload()
    {
        const string Payload = """{"@type":"starGazed","star":"Vega","when":"2024-01-01T00:00:00Z","magnitude":0.030,"big":123456789012345678901234567890}""";

        var row = await OnlyRowAsync("events", $$"""{"id":"e1","payload":{{Payload}}}""", "type, payload, context, extra, order_id");

        Assert.That(row, Is.EqualTo((string?[])["starGazed", Payload, null, null, null]));
    }

    [Test]
    public async Task An_unknown_kind_of_context_is_in_the_context()
    {
        const string Context = """{"type":"watch","metadata":{"a":"b"},"wrist":"left"}""";

        var row = await OnlyRowAsync("events", $$"""{"id":"e1","context":{{Context}},"payload":null}""", "context_type, context_url, type, payload, context");

        Assert.That(row[..4], Is.EqualTo((string?[])["watch", null, null, null]));
        Assert.That(JToken.DeepEquals(JToken.Parse(row[4]!), JToken.Parse(Context)), Is.True, row[4]);
    }

    [Test]
    public async Task Unknown_fields_and_out_of_range_times_of_an_event_are_in_extra() => await AssertExtraAsync(
        "events",
        ("""{"id":"e1","mood":{"good":true},"n":1.50,"none":null}""", """{"mood":{"good":true},"n":1.50,"none":null}"""),
        ("""{"id":"e2","timestamp":9223372036854775807}""", """{"timestamp":9223372036854775807}"""),
        ("""{"id":"e3"}""", null));

    [Test]
    public async Task Unknown_fields_and_out_of_range_times_of_a_session_are_in_extra() => await AssertExtraAsync(
        "sessions",
        (
            """{"mood":1,"window":{"start":5,"zone":"Z"},"campaign":{"id":7},"statistics":{"clicks":3}}""",
            """{"mood":1,"window":{"zone":"Z"},"campaign":{"id":7},"statistics":{"clicks":3}}"""),
        (
            """{"window":{"end":-9223372036854775808,"zone":"Z"},"closeTime":253402300800000}""",
            """{"window":{"end":-9223372036854775808,"zone":"Z"},"closeTime":253402300800000}"""),
        ("""{"window":{},"campaign":{},"statistics":{}}""", null));

    [Test]
    public async Task Unknown_fields_and_out_of_range_times_of_a_user_are_in_extra() => await AssertExtraAsync(
        "users",
        (
            """{"address":{"street":"S","floor":2},"statistics":{"leads":[1]},"pet":"cat"}""",
            """{"address":{"floor":2},"statistics":{"leads":[1]},"pet":"cat"}"""),
        ("""{"birthDate":-62135596800001}""", """{"birthDate":-62135596800001}"""),
        ("{}", null));

    [TestCase(
        "events",
        """{"payload":{"@type":"orderPlaced","order":{"total":"a lot","orderId":7,"installments":1.5}}}""",
        """{"payload":{"order":{"total":"a lot","orderId":7,"installments":1.5}}}""")]
    [TestCase("events", """{"payload":{"@type":"goalCompleted","value":"priceless"}}""", """{"payload":{"value":"priceless"}}""")]
    [TestCase(
        "events",
        """{"payload":{"@type":"cartViewed","cart":{"items":[{"index":0},7],"total":1.00000000005}}}""",
        """{"payload":{"cart":{"items":[{"index":0},7],"total":1.00000000005}}}""")]
    [TestCase("events", """{"sessionId":"not-a-uuid","timestamp":"noon"}""", """{"sessionId":"not-a-uuid","timestamp":"noon"}""")]
    [TestCase(
        "sessions",
        """{"window":[ 1, 2 ],"statistics":{"pageViews":99999999999},"closeTime":true}""",
        """{"window":[1,2],"statistics":{"pageViews":99999999999},"closeTime":true}""")]
    [TestCase("users", """{"address":"here","firstName":["A","B"],"statistics":null}""", """{"address":"here","firstName":["A","B"]}""")]
    public async Task A_value_that_does_not_fit_its_column_is_in_extra_at_the_same_path(string stream, string item, string extra) =>
        Assert.That((await OnlyRowAsync(stream, item, "extra"))[0], Is.EqualTo(extra));

    [TestCase("""{"@type":"orderPlaced","order":{"total":1e1,"orderId":"W","installments":2.0}}""", "10.000000000", "W", "2")]
    [TestCase("""{"order":{"\u006frderId":"\u0057","total":10.00,"installments":20e-1},"@type":"orderPlaced"}""", "10.000000000", "W", "2")]
    [TestCase(
        """{"@type":"orderPlaced","order":{"total":9,"orderId":"V","installments":null},"order":{"total":10,"orderId":"W","installments":2}}""",
        "10.000000000", "W", "2")]
    public async Task A_column_has_its_value_in_any_JSON_notation(string payload, params string[] cells)
    {
        var row = await OnlyRowAsync(
            "events", $$"""{"payload":{{payload}}}""", "order_total::DECIMAL(38,9)::VARCHAR, order_id, order_installments::VARCHAR");

        Assert.That(row, Is.EqualTo(cells));
    }

    [Test]
    public async Task The_last_of_duplicate_members_replaces_the_others_as_a_whole()
    {
        var row = await OnlyRowAsync(
            "events",
            """{"payload":{"@type":"orderPlaced","order":{"total":5}},"payload":{"@type":"pageOpened","url":"u"}}""",
            "type, order_total::VARCHAR, page_url, payload");

        Assert.That(row, Is.EqualTo((string?[])["pageOpened", null, "u", """{"@type":"pageOpened","url":"u"}"""]));
    }

    [Test]
    public async Task A_lone_surrogate_becomes_a_replacement_character()
    {
        var row = await OnlyRowAsync("users", """{"firstName":"a\ud83d b","lastName":"\ud83c\udfb5"}""", "first_name, last_name");

        Assert.That(row, Is.EqualTo((string?[])["a\ufffd b", "🎵"]));
    }

    [TestCase("users", """{"activities":"running","interests":[]}""", "activities, interests", """["running"]""", "[]")]
    [TestCase(
        "events",
        """{"context":{"type" : "web", "url":"a, b"},"payload":{"@type":"eventOccurred","details":[ 1.50 , {"a b" : "c\n" } ]}}""",
        "context, event_details", """{"type":"web","url":"a, b"}""", """[1.50,{"a b":"c\n"}]""")]
    public async Task Json_is_as_received_without_whitespace_between_tokens(string stream, string item, string columns, params string[] cells) =>
        Assert.That(await OnlyRowAsync(stream, item, columns), Is.EqualTo(cells));

    [TestCase("sessions", """{"client":{"device":{"operatingSystem":{"name":"L","kernel":"6"}}}}""", "client")]
    [TestCase("sessions", """{"location":{"region":{"name":"R","iso":"x"}}}""", "location")]
    [TestCase("sessions", """{"attributes":["a",1.10,null]}""", "attributes")]
    [TestCase("users", """{"customAttributes":"just text"}""", "custom_attributes")]
    public async Task Unknown_fields_within_a_json_column_are_kept(string stream, string item, string column)
    {
        var received = JObject.Parse(item).Properties().Single().Value;

        var cell = JToken.Parse((await OnlyRowAsync(stream, item, column))[0]!);

        foreach (var value in received is JContainer container ? container.Descendants().OfType<JValue>() : [(JValue)received])
        {
            var path = received.Path.Length == value.Path.Length ? "" : value.Path[received.Path.Length..].TrimStart('.');
            Assert.That(JToken.DeepEquals(cell.SelectToken(path), value), Is.True, $"{value.Path} in {cell}");
        }
    }

    [Test]
    public async Task Unknown_enum_values_are_kept() =>
        Assert.That(await OnlyRowAsync("users", """{"gender":"PLURAL"}""", "gender"), Is.EqualTo((string?[])["PLURAL"]));

    [Test]
    public async Task Texts_are_unchanged()
    {
        string?[] texts =
        [
            "a \"quoted\" text", "a,b;c\td", "line\nline", "line\rline", "line\r\nline\r\n", " spaces around ", "\"",
            "道玄坂 João 🎵 \u202e e\u0301", "NULL", "", null,
        ];

        var cells = await ColumnAsync("users", "first_name", [.. texts.Select(text => JsonConvert.SerializeObject(new { firstName = text }))]);

        Assert.That(cells, Is.EqualTo(texts));
    }

    [Test]
    public async Task Money_is_exact()
    {
        string[] totals =
        [
            "79228162514264337593543950335", "-79228162514264337593543950335", "7922816251426433759354395033.5", "59.90", "0.123456789", "1E+3", "-0.5",
        ];

        var cells = await ColumnAsync(
            "events",
            "order_total::DECIMAL(38,9)::VARCHAR",
            [.. totals.Select(total => """{"payload":{"@type":"orderPlaced","order":{"total":TOTAL}}}""".Replace("TOTAL", total, StringComparison.Ordinal))]);

        Assert.That(cells, Is.EqualTo((string[])
        [
            "79228162514264337593543950335.000000000", "-79228162514264337593543950335.000000000", "7922816251426433759354395033.500000000",
            "59.900000000", "0.123456789", "1000.000000000", "-0.500000000",
        ]));
    }

    [Test]
    public async Task Money_with_more_decimals_than_its_column_is_exact_in_the_payload()
    {
        var row = await OnlyRowAsync(
            "events",
            """{"id":"e1","payload":{"@type":"orderPlaced","order":{"total":0.12345678951234567}}}""",
            "round(order_total::DECIMAL(38,20), 9)::VARCHAR, payload");

        Assert.That(row[0], Does.StartWith("0.123456790"));
        Assert.That(row[1], Does.Contain("\"total\":0.12345678951234567"));
    }

    [Test]
    public async Task The_value_of_a_goal_is_a_number_or_null_and_unchanged_in_the_payload()
    {
        string[] values = ["12.5", "-3", "1e2", "a lot", "1,000", "1e99", "+1234567890.123456"];
        string[] items =
        [
            .. values.Select(value => """{"payload":{"@type":"goalCompleted","goalId":"g","value":"VALUE"}}"""
                .Replace("VALUE", value, StringComparison.Ordinal)),
        ];

        var rows = await RowsAsync("events", "goal_value::DECIMAL(38,9)::VARCHAR, payload", items);

        Assert.That(
            rows.Select(row => row[0]),
            Is.EqualTo((string?[])["12.500000000", "-3.000000000", "100.000000000", null, null, null, "1234567890.123456000"]));
        Assert.That(rows.Select(row => (string?)JObject.Parse((string)row[1]!)["value"]), Is.EqualTo(values));
    }

    [Test]
    public async Task Times_are_exact_to_the_millisecond_even_before_1970()
    {
        long[] times = [-2208988799877, -1, 0, 253402300799999, -62135596800000];
        string[] items = [.. times.Select(time => JsonConvert.SerializeObject(new { birthDate = time }))];

        var cells = await ColumnAsync("users", "birth_date::TIMESTAMPTZ::VARCHAR", items);

        Assert.That(cells, Is.EqualTo((string[])
        [
            "1900-01-01 00:00:00.123+00", "1969-12-31 23:59:59.999+00", "1970-01-01 00:00:00+00", "9999-12-31 23:59:59.999+00", "0001-01-01 00:00:00+00",
        ]));
    }

    private async Task AssertExtraAsync(string stream, params (string Item, string? Extra)[] rows) =>
        Assert.That(await ColumnAsync(stream, "extra", [.. rows.Select(row => row.Item)]), Is.EqualTo(rows.Select(row => row.Extra)));

    /// <summary>One column of the rows that the items become, as DuckDB reads it.</summary>
    private async Task<List<string?>> ColumnAsync(string stream, string column, string[] items) =>
        [.. (await RowsAsync(stream, column, items)).Select(row => (string?)row[0])];

    /// <summary>The row that the item becomes, as DuckDB reads it.</summary>
    private async Task<string?[]> OnlyRowAsync(string stream, string item, string columns) =>
        [.. (await RowsAsync(stream, columns, [item])).Single().Cast<string?>()];

    private async Task<List<object?[]>> RowsAsync(string stream, string columns, string[] items)
    {
        var file = await ItemServer.ExportAsync(_exporter, stream, $"items.{format}", items);
        return Duck.Query($"SELECT {columns} FROM {(format == "csv" ? Duck.Csv(file) : Duck.Parquet(file))}");
    }
}
