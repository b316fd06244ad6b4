using System.Text.Json;
using Croct.Export.Models;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json.Linq;
using JsonException = System.Text.Json.JsonException;

namespace Croct.Export.Tests;

/// <summary>System.Text.Json and <see cref="ExportModel.ToJson"/> read and write the same JSON as JsonConvert.</summary>
public class SerializerTests
{
    private const string Json =
        """{"id":"e1","timestamp":1704067200000,"context":{"type":"web","metadata":{"a":null}},"payload":""" +
        """{"@type":"eventOccurred","name":"é <b>","details":""" +
        """{"list":[[1],[{}]],"n":59.90,"big":12345678901234567890123,"when":"2024-01-01T00:00:00Z"}},"odd":[null]}""";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly JsonSerializerOptions Lenient = new() { AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip };

    [Test]
    public void A_payload_keeps_its_members()
    {
        var read = JsonSerializer.Deserialize<Event>(Json)!;

        Assert.That(((EventOccurred)read.Payload!).Name, Is.EqualTo("é <b>"));
        AssertSame(JsonSerializer.Serialize(read), Json);
        Assert.That(read.ToJson(), Is.EqualTo(Json));
    }

    [Test]
    public void Attributes_of_any_shape_are_written_unchanged()
    {
        const string Session = """{"attributes":{"a":[[[]],{"b":null}],"c":1.50}}""";

        Assert.That(JsonSerializer.Serialize(JsonSerializer.Deserialize<Session>(Session)), Is.EqualTo(Session));
    }

    [Test]
    public void A_model_among_other_types_is_written_whole()
    {
        var row = new Row(JsonSerializer.Deserialize<Event>(Json)!, EventType.OrderPlaced, new() { [EventType.PageOpened] = 2 }, OrderStatus.Paid, null);

        var written = JsonSerializer.Serialize(row);
        var read = JsonSerializer.Deserialize<Row>(written)!;

        Assert.That(written, Does.EndWith(""","Type":"orderPlaced","Counts":{"pageOpened":2},"Status":"PAID","Gender":null}"""));
        Assert.That(
            (read.Event.ToJson(), read.Type, read.Counts[EventType.PageOpened], read.Status, read.Gender),
            Is.EqualTo((Json, EventType.OrderPlaced, 2, OrderStatus.Paid, default(Gender?))));
    }

    [Test]
    public void A_base_class_is_read_and_written_as_its_actual_type()
    {
        EventPayload payload = new OrderPlaced { Order = new Order { Total = 59.90m } };

        var written = JsonSerializer.Serialize(payload);

        Assert.That(written, Is.EqualTo("""{"@type":"orderPlaced","order":{"total":59.90}}"""));
        Assert.That(((OrderPlaced)JsonSerializer.Deserialize<EventPayload>(written)!).Order!.Total, Is.EqualTo(59.90m));
        Assert.That(JsonSerializer.Deserialize<OrderPlaced>(written)!.Order!.Total, Is.EqualTo(59.90m));
    }

    [Test]
    public void A_payload_of_another_type_is_refused() =>
        Assert.That(
            () => JsonSerializer.Deserialize<TabOpened>("""{"@type":"orderPlaced"}"""),
            Throws.TypeOf<JsonException>().With.Message.Contains("TabOpened"));

    [Test]
    public void An_element_of_a_list_of_base_models_is_written_whole_and_not_read()
    {
        ExportModel[] models = [new Cart { Currency = "EUR" }, new Point { X = 1.5 }];

        Assert.That(JsonSerializer.Serialize(models), Is.EqualTo("""[{"currency":"EUR"},{"x":1.5}]"""));
        Assert.That(() => JsonSerializer.Deserialize<ExportModel>("{}"), Throws.TypeOf<NotSupportedException>().With.Message.Contains("Use a model class"));
    }

    [TestCase("7")]
    [TestCase("[]")]
    [TestCase("\"x\"")]
    public void Anything_but_an_object_is_refused(string json) => Assert.That(() => JsonSerializer.Deserialize<Event>(json), Throws.TypeOf<JsonException>());

    [Test]
    public void Indentation_and_escapes_follow_the_options()
    {
        var read = JsonSerializer.Deserialize<Event>(Json)!;

        Assert.That(JsonSerializer.Serialize(read, Indented), Does.Contain("\n  \"payload\": {").And.Contain("\\u003Cb\\u003E"));
        Assert.That(JsonSerializer.Serialize(read), Does.Not.Contain('\n'));
    }

    [Test]
    public void Comments_and_trailing_commas_follow_the_options()
    {
        Assert.That(JsonSerializer.Deserialize<List<Event>>("""[{"id":"e1",/* one */"payload":null,},]""", Lenient)![0].Id, Is.EqualTo("e1"));
        Assert.That(() => JsonSerializer.Deserialize<Event>("""{"id":"e1",}"""), Throws.TypeOf<JsonException>());
    }

    [Test]
    public void A_lone_surrogate_is_written_as_an_escape()
    {
        const string Half = """{"id":"a\ud83d","\udc00":"é"}""";

        var read = JsonSerializer.Deserialize<List<Event>>($"[{Half}]")!;

        Assert.That((read[0].Id, read[0].AdditionalProperties.Keys.Single()), Is.EqualTo(("a\ud83d", "\udc00")));
        Assert.That((read[0].ToJson(), JsonSerializer.Serialize(read)), Is.EqualTo((Half, $"[{Half}]")));
    }

    [Test]
    public void ToString_of_an_item_shows_its_type_id_and_time()
    {
        Assert.That(JsonSerializer.Deserialize<Event>(Json)!.ToString(), Is.EqualTo("Event eventOccurred e1 2024-01-01T00:00:00.000Z"));
        Assert.That(
            new Session { SessionId = new Guid("7f9c2f2e-0c5f-4b0e-8f4b-0d8ad3c7a001"), CloseTime = 1 }.ToString(),
            Is.EqualTo("Session 7f9c2f2e-0c5f-4b0e-8f4b-0d8ad3c7a001 1970-01-01T00:00:00.001Z"));
        Assert.That(new User { Email = "a@b.c", LastModifiedTime = long.MaxValue }.ToString(), Is.EqualTo("User"));
        Assert.That(new Cart { Currency = "EUR" }.ToString(), Is.EqualTo("""Cart {"currency":"EUR"}"""));
    }

    [Test]
    public async Task ToString_of_a_page_shows_its_items_and_cursors()
    {
        using var client = new Api(() => Responses.Page(2, "c1")).Client();

        Assert.That(
            (await client.ExportEventsAsync(new EventExportOptions { Cursor = "c0" })).ToString(),
            Is.EqualTo("Event page of 2 items, from cursor 'c0' to cursor 'c1'"));
        Assert.That(new ExportPage<User>().ToString(), Is.EqualTo("User page of 0 items, from no cursor to no cursor"));
    }

    [Test]
    public void Every_model_and_enum_names_its_converters()
    {
        var types = typeof(Event).Assembly.GetExportedTypes()
            .Where(type => type.IsSubclassOf(typeof(ExportModel)) || type is { Namespace: "Croct.Export.Models", IsValueType: true })
            .ToList();

        Assert.That(types, Has.Count.GreaterThan(60));
        foreach (var type in types)
        {
            Assert.That(
                type.GetCustomAttributes(typeof(System.Text.Json.Serialization.JsonConverterAttribute), inherit: false),
                Has.Length.EqualTo(1),
                type.Name);
            Assert.That(type.GetCustomAttributes(typeof(Newtonsoft.Json.JsonConverterAttribute), inherit: false), Has.Length.EqualTo(1), type.Name);
        }
    }

    private static void AssertSame(string one, string other) => Assert.That(RandomJson.Differences(RandomJson.Parse(one), RandomJson.Parse(other)), Is.Empty);

    private sealed record Row(Event Event, EventType Type, Dictionary<EventType, int> Counts, OrderStatus Status, Gender? Gender);
}
