using System.Reflection;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests;

/// <summary>Reading and writing back loses no data.</summary>
public class RoundTripTests
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.Instance;

    [Test]
    public async Task Keeps_every_value_of_thousands_of_items_of_each_stream()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 5000, Sessions = 2000, Users = 2000 });
        using var client = sandbox.Client();

        Assert.That(await FindDifferencesAsync<Event>(client, ExportStream.Events), Is.Empty);
        Assert.That(await FindDifferencesAsync<Session>(client, ExportStream.Sessions), Is.Empty);
        Assert.That(await FindDifferencesAsync<User>(client, ExportStream.Users), Is.Empty);
    }

    [Test]
    public void Keeps_an_unknown_type_of_event_with_all_its_fields()
    {
        const string Json = """{"payload":{"@type":"teleported","to":{"x":1},"since":"2024-01-01T00:00:00Z"}}""";

        var read = JsonConvert.DeserializeObject<Event>(Json)!;

        Assert.That(read.Payload!.GetType(), Is.EqualTo(typeof(EventPayload)));
        Assert.That(read.Payload.Type, Is.EqualTo(new EventType("teleported")));
        Assert.That(Write(read)["payload"], Is.EqualTo(JToken.Parse(Json)["payload"]!).Using<JToken>(JToken.DeepEquals));
    }

    [Test]
    public void Finds_the_discriminator_in_any_position()
    {
        var read = JsonConvert.DeserializeObject<Event>("""{"payload":{"order":{"total":59.90},"@type":"orderPlaced"}}""")!;

        Assert.That((read.Payload as OrderPlaced)?.Order?.Total, Is.EqualTo(59.90m));
    }

    [TestCase("59.90")]
    [TestCase("1E+300")]
    [TestCase("1e400")]
    [TestCase("0.1234567890123456789012345678901234567890")]
    [TestCase("123456789012345678901234567890")]
    [TestCase("0")]
    [TestCase("-0")]
    public async Task Keeps_the_digits_of_any_number_in_a_free_form_value(string number)
    {
        var payload = """{"@type":"eventOccurred","details":{"n":NUMBER,"s":"2024-02-29T12:00:00.000Z"}}""".Replace("NUMBER", number, StringComparison.Ordinal);
        var api = new Wire.Api(() => Wire.Responses.Json("{\"items\":[{\"payload\":" + payload + "}],\"nextCursor\":\"c\"}"));
        using var client = api.Client();

        var page = await client.ExportEventsAsync();

        Assert.That(JsonConvert.SerializeObject(page.Items[0].Payload), Is.EqualTo(payload));
    }

    [Test]
    public async Task Keeps_a_number_of_millions_of_digits_without_parsing_it()
    {
        var payload = $$$"""{"@type":"eventOccurred","details":{"n":{{{new string('9', 5_000_000)}}}}}""";
        using var client = new Wire.Api(() => Wire.Responses.Json($$"""{"items":[{"payload":{{payload}}}],"nextCursor":"c"}""")).Client();

        var details = ((EventOccurred)(await client.ExportEventsAsync()).Items[0].Payload!).Details!;

        Assert.That(details["n"], Is.TypeOf<JRaw>());
        Assert.That(JsonConvert.SerializeObject(details), Has.Length.EqualTo(5_000_006));
    }

    [Test]
    public void Accepts_a_single_string_for_a_list_of_strings() =>
        Assert.That(JsonConvert.DeserializeObject<User>("""{"interests":"music"}""")!.Interests.Single(), Is.EqualTo("music"));

    [Test]
    public void Accepts_every_field_absent_or_null()
    {
        foreach (var model in typeof(Event).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(ExportModel))))
        {
            var nulls = string.Join(",", model.GetProperties().Select(property => $"\"{char.ToLowerInvariant(property.Name[0])}{property.Name[1..]}\":null"));
            Assert.That(() => JsonConvert.DeserializeObject("{}", WithType(model)), Throws.Nothing, model.Name);
            Assert.That(() => JsonConvert.DeserializeObject($$"""{{{TypeOf(model)}}{{nulls}}}""", model), Throws.Nothing, model.Name);
        }

        // A payload needs its discriminator; without it, it is read as the base class.
        static Type WithType(Type model) =>
            typeof(EventPayload).IsAssignableFrom(model)
                ? typeof(EventPayload)
                : typeof(EventContext).IsAssignableFrom(model) ? typeof(EventContext)
                : model;
        static string TypeOf(Type model) =>
            model.IsSubclassOf(typeof(EventPayload))
                ? $"\"@type\":\"{((EventPayload)Activator.CreateInstance(model)!).Type}\","
                : model == typeof(WebContext) ? "\"type\":\"web\","
                : "";
    }

    private static JToken Write(object model) => JToken.Parse(JsonConvert.SerializeObject(model));

    /// <summary>The items that differ after a round trip.</summary>
    private static async Task<List<string>> FindDifferencesAsync<T>(ExportClient client, ExportStream stream)
    {
        var lost = new List<string>();
        await foreach (var page in client.ExportRawPagesAsync(stream))
        {
            foreach (var item in page.Items)
            {
                var json = System.Text.Encoding.UTF8.GetString(item.Span);
                if (!JToken.DeepEquals(Parsed(json), Parsed(JsonConvert.SerializeObject(JsonConvert.DeserializeObject<T>(json))))) lost.Add(json);
            }
        }

        return lost;
    }

    private static JToken Parsed(string json)
    {
        using var reader = new JsonTextReader(new StringReader(json))
        {
            DateParseHandling = DateParseHandling.None,
            FloatParseHandling = FloatParseHandling.Decimal,
        };
        return Sorted(JToken.ReadFrom(reader));
    }

    private static JToken Sorted(JToken token) => token switch
    {
        JObject obj => new JObject(
            obj.Properties()
                .OrderBy(property => property.Name, StringComparer.Ordinal)
                .Select(property => new JProperty(property.Name, Sorted(property.Value)))),
        JArray array => new JArray(array.Select(Sorted)),
        JValue { Type: JTokenType.Integer or JTokenType.Float } number => new JValue(number.ToObject<decimal>()),
        _ => token.DeepClone(),
    };

    [TestCase("""{"payload":{"@type":"cartViewed","cart":{"currency":"EUR"}}}""", false)]
    [TestCase("""{"payload":{"@type":"cartViewed","cart":{"currency":"EUR","items":[]}}}""", true)]
    public void Reading_an_absent_list_does_not_create_it(string json, bool isThere)
    {
        var item = JsonConvert.DeserializeObject<Event>(json)!;

        Assert.That(((CartViewed)item.Payload!).Cart!.Items, Is.Empty);
        Assert.That(JObject.FromObject(item).SelectToken("payload.cart.items") is JArray, Is.EqualTo(isThere));
    }

    [Test]
    public void Items_added_to_an_absent_list_are_written()
    {
        var cart = new Cart();
        cart.Items.Add(new CartItem { Quantity = 2 });

        Assert.That(JsonConvert.SerializeObject(cart), Does.Contain("""[{"quantity":2"""));
    }

    [TestCase("""{"context":null,"payload":{"@type":"cartViewed","cart":{"items":null,"total":null}}}""")]
    [TestCase("""{"id":null,"payload":{"@type":null}}""")]
    [TestCase("""{"payload":{"@type":"","x":1}}""")]
    public void A_null_stays_null_and_an_absent_member_stays_absent(string json) =>
        Assert.That(JsonConvert.SerializeObject(JsonConvert.DeserializeObject<Event>(json)), Is.EqualTo(json));

    [Test]
    public void No_model_has_more_members_than_there_are_bits_for_their_nulls() => Assert.That(
        typeof(Event).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(ExportModel)))
            .Where(type => type.GetProperties(Declared).Count(property => property.CanWrite)
                > (type.BaseType == typeof(ExportModel) && type.IsSealed ? 32 : 16)),
        Is.Empty);

    [TestCase("""{"payload":{}}""")]
    [TestCase("""{"payload":{"color":"red"}}""")]
    [TestCase("""{"context":{"tab":1}}""")]
    public void A_discriminator_that_is_absent_is_not_made_up(string json) =>
        Assert.That(JsonConvert.SerializeObject(JsonConvert.DeserializeObject<Event>(json)), Is.EqualTo(json));
}
