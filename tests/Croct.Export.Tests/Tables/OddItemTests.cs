using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.Tables;

/// <summary>Items that are not as usual: nothing of them is lost, and they break no file.</summary>
[TestFixture("csv")]
[TestFixture("parquet")]
public class OddItemTests(string format)
{
    private Exporter _exporter = null!;

    [SetUp]
    public void MakeExporter() => _exporter = new Exporter();

    [TearDown]
    public void RemoveFolder() => _exporter.Dispose();

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

        var row = await OnlyRowAsync("events", $$"""{"id":"e1","context":{{Context}},"payload":null}""", "context_type, context_url, type, payload");
        var context = await OnlyRowAsync("events", $$"""{"id":"e1","context":{{Context}},"payload":null}""", "context");

        Assert.That(row, Is.EqualTo((string?[])["watch", null, null, null]));
        Assert.That(JToken.DeepEquals(JToken.Parse(context[0]!), JToken.Parse(Context)), Is.True, context[0]);
    }

    [TestCase("events", """{"id":"e1","mood":{"good":true},"n":1.50,"none":null}""", """{"mood":{"good":true},"n":1.50,"none":null}""")]
    [TestCase("sessions", """{"mood":1,"window":{"start":5,"zone":"Z"},"campaign":{"id":7},"statistics":{"clicks":3}}""", """{"mood":1,"window":{"zone":"Z"},"campaign":{"id":7},"statistics":{"clicks":3}}""")]
    [TestCase("users", """{"address":{"street":"S","floor":2},"statistics":{"leads":[1]},"pet":"cat"}""", """{"pet":"cat","address":{"floor":2},"statistics":{"leads":[1]}}""")]
    [TestCase("events", """{"id":"e1","timestamp":9223372036854775807}""", """{"timestamp":9223372036854775807}""")]
    [TestCase("sessions", """{"window":{"end":-9223372036854775808,"zone":"Z"},"closeTime":253402300800000}""", """{"window":{"zone":"Z","end":-9223372036854775808},"closeTime":253402300800000}""")]
    [TestCase("users", """{"birthDate":-62135596800001}""", """{"birthDate":-62135596800001}""")]
    [TestCase("events", """{"id":"e1"}""", null)]
    [TestCase("sessions", """{"window":{},"campaign":{},"statistics":{}}""", null)]
    [TestCase("users", "{}", null)]
    public async Task Unknown_fields_and_times_beyond_the_calendar_are_in_extra(string stream, string item, string? extra) =>
        Assert.That((await OnlyRowAsync(stream, item, "extra"))[0], Is.EqualTo(extra));

    [TestCase("sessions", """{"client":{"device":{"operatingSystem":{"name":"L","kernel":"6"}}}}""", "client")]
    [TestCase("sessions", """{"location":{"region":{"name":"R","iso":"x"}}}""", "location")]
    [TestCase("sessions", """{"attributes":["a",1.10,null]}""", "attributes")]
    [TestCase("users", """{"customAttributes":"just text"}""", "custom_attributes")]
    public async Task Unknown_fields_within_a_json_column_are_there(string stream, string item, string column)
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
    public async Task Enum_values_that_are_not_known_stay_as_they_are() =>
        Assert.That(await OnlyRowAsync("users", """{"gender":"PLURAL"}""", "gender"), Is.EqualTo((string?[])["PLURAL"]));

    [TestCase("a \"quoted\" text")]
    [TestCase("a,b;c\td")]
    [TestCase("line\nline")]
    [TestCase("line\rline")]
    [TestCase("line\r\nline\r\n")]
    [TestCase(" spaces around ")]
    [TestCase("\"")]
    [TestCase("道玄坂 João 🎵 \u202e e\u0301")]
    [TestCase("NULL")]
    [TestCase("")]
    [TestCase(null)]
    public async Task Texts_come_out_as_they_went_in(string? text) =>
        Assert.That(await OnlyRowAsync("users", JsonConvert.SerializeObject(new { firstName = text, lastName = "x" }), "first_name, last_name"), Is.EqualTo((string?[])[text, "x"]));

    [TestCase("79228162514264337593543950335", "79228162514264337593543950335.000000000")]
    [TestCase("-79228162514264337593543950335", "-79228162514264337593543950335.000000000")]
    [TestCase("7922816251426433759354395033.5", "7922816251426433759354395033.500000000")]
    [TestCase("59.90", "59.900000000")]
    [TestCase("0.123456789", "0.123456789")]
    [TestCase("1E+3", "1000.000000000")]
    [TestCase("-0.5", "-0.500000000")]
    public async Task Money_is_exact(string total, string exact)
    {
        var item = """{"id":"e1","payload":{"@type":"orderPlaced","order":{"total":TOTAL}}}""".Replace("TOTAL", total, StringComparison.Ordinal);

        Assert.That(await OnlyRowAsync("events", item, "order_total::DECIMAL(38,9)::VARCHAR"), Is.EqualTo((string?[])[exact]));
    }

    [Test]
    public async Task Money_of_more_places_than_a_column_has_is_exact_in_the_payload()
    {
        var row = await OnlyRowAsync("events", """{"id":"e1","payload":{"@type":"orderPlaced","order":{"total":0.12345678951234567}}}""", "round(order_total::DECIMAL(38,20), 9)::VARCHAR, payload");

        Assert.That(row[0], Does.StartWith("0.123456790"));
        Assert.That(row[1], Does.Contain("\"total\":0.12345678951234567"));
    }

    [TestCase("12.5", "12.500000000")]
    [TestCase("-3", "-3.000000000")]
    [TestCase("1e2", "100.000000000")]
    [TestCase("a lot", null)]
    [TestCase("1,000", null)]
    [TestCase("1e99", null)]
    public async Task The_value_of_a_goal_is_a_number_or_null_and_in_the_payload_as_it_was(string value, string? number)
    {
        var item = """{"id":"e1","payload":{"@type":"goalCompleted","goalId":"g","value":"VALUE"}}""".Replace("VALUE", value, StringComparison.Ordinal);

        var row = await OnlyRowAsync("events", item, "goal_value::DECIMAL(38,9)::VARCHAR, payload");

        Assert.That(row[0], Is.EqualTo(number));
        Assert.That(row[1], Does.Contain($"\"value\":\"{value}\""));
    }

    [TestCase(-2208988799877, "1900-01-01 00:00:00.123+00")]
    [TestCase(-1, "1969-12-31 23:59:59.999+00")]
    [TestCase(0, "1970-01-01 00:00:00+00")]
    [TestCase(253402300799999, "9999-12-31 23:59:59.999+00")]
    [TestCase(-62135596800000, "0001-01-01 00:00:00+00")]
    public async Task Times_are_exact_to_the_millisecond_before_1970_too(long birthDate, string time) =>
        Assert.That(await OnlyRowAsync("users", $$"""{"birthDate":{{birthDate}}}""", "birth_date::TIMESTAMPTZ::VARCHAR"), Is.EqualTo((string?[])[time]));

    /// <summary>What DuckDB reads of the one row that the item becomes.</summary>
    private async Task<string?[]> OnlyRowAsync(string stream, string item, string columns)
    {
        var file = await _exporter.ExportAsync(stream, $"items.{format}", [item]);
        var table = format == "csv" ? Duck.Csv(file) : Duck.Parquet(file);
        return [.. Duck.Query($"SELECT {columns} FROM {table}").Single().Cast<string?>()];
    }
}
