using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.Sandbox;

/// <summary>Objects made only from their schema and its examples. The contract of the build may have none of them.</summary>
public class SampleTests
{
    private const long Time = 1_700_000_000_000;
    private const int Samples = 300;

    [TestCase("""{"kind":"boolean"}""", "^(True|False)$")]
    [TestCase("""{"kind":"uuid"}""", "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    [TestCase("""{"kind":"enum","values":["A","B"]}""", "^[AB]$")]
    [TestCase("""{"kind":"decimal"}""", @"^\d+\.\d\d$")]
    [TestCase("""{"kind":"text"}""", @"^is paid \d+$")]
    [TestCase("""{"kind":"text","example":"W-1001"}""", @"^W-[1-9]\d\d\d$")]
    [TestCase("""{"kind":"text","example":"19.05"}""", @"^[1-9]\d\.0\d$")]
    [TestCase("""{"kind":"text","example":"Gold plan"}""", @"^Gold plan( \d+)?$")]
    [TestCase("""{"kind":"text","pattern":"^[a-z]{2}-\\d$","example":"ab-1"}""", "^ab-1$", 1)]
    [TestCase("""{"kind":"text","example":"EUR"}""", "^EUR$", 1)]
    [TestCase("""{"kind":"text","minLength":20,"maxLength":22}""", "^is paid .{12,14}$")]
    [TestCase("""{"kind":"text","maxLength":4,"example":"abc1234"}""", @"^abc\d$")]
    [TestCase("""{"kind":"text","format":"date"}""", @"^2023-1[01]-\d\d$")]
    [TestCase("""{"kind":"text","format":"date-time"}""", @"^2023-1[01]-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
    [TestCase("""{"kind":"text","format":"uri"}""", @"^https://shop\.example/is-paid/\d+$")]
    [TestCase("""{"kind":"text","format":"uri","example":"https://a.example/?b"}""", @"^https://a\.example/\?b&sample=\d+$")]
    [TestCase("""{"kind":"text","format":"email"}""", @"^is\.paid\d+@mail\.example$")]
    [TestCase("""{"kind":"json","example":[1,null]}""", @"^\[1,null\]$", 1)]
    [TestCase("""{"kind":"json"}""", """^{"name":"is paid","number":\d+}$""")]
    [TestCase("""{"kind":"texts"}""", @"^\[(""is paid \d+"",?){0,3}\]$")]
    [TestCase("""{"kind":"texts","example":["b1","c2"]}""", @"^\[(""[bc]\d"",?){0,3}\]$")]
    [TestCase("""{"kind":"textMap"}""", """^{"name":"is paid \d+"}$""")]
    [TestCase("""{"kind":"textMap","example":{"a":"b1"}}""", """^{("a":"b\d")?}$""")]
    [TestCase("""{"kind":"object","schema":"Part"}""", """^{"size":\d+}$""")]
    [TestCase("""{"kind":"object","schema":"Part","example":{"size":-70}}""", """^{"size":-(3[5-9]|[4-9]\d|10[0-5])}$""")]
    [TestCase("""{"kind":"list","schema":"Part"}""", """^\[({"size":\d+},?){0,3}\]$""")]
    [TestCase("""{"kind":"object","schema":"Base"}""", """^{"is":"(first|second)","size":\d+}$""")]
    public void Writes_varying_values_that_fit(string property, string expected, int least = 2)
    {
        var written = Values(property)
            .Select(value => value is JValue { Value: decimal or bool or string } plain
                ? Convert.ToString(plain.Value, CultureInfo.InvariantCulture)!
                : value.ToString(Formatting.None))
            .ToList();

        Assert.That(written, Has.Count.EqualTo(Samples).And.All.Matches(expected));
        Assert.That(written.Distinct().Count(), Is.GreaterThanOrEqualTo(least));
    }

    [TestCase("int32", "", 0, 1000)]
    [TestCase("int32", ",\"minimum\":1,\"maximum\":5", 1, 5)]
    [TestCase("int64", ",\"minimum\":5000000000", 5_000_000_000, 5_000_001_000)]
    [TestCase("int32", ",\"maximum\":-3", -1003, -3)]
    [TestCase("int32", ",\"minimum\":2147483000", 2_147_483_000, int.MaxValue)]
    [TestCase("int32", ",\"example\":20", 10, 30)]
    [TestCase("int64", ",\"example\":4,\"minimum\":3", 3, 15)]
    [TestCase("decimal", ",\"minimum\":0.5,\"maximum\":2.25", 0.5, 2.25)]
    [TestCase("decimal", ",\"maximum\":9.99", 0, 9.99)]
    [TestCase("decimal", ",\"example\":12.50", 6.25, 18.75)]
    [TestCase("double", ",\"minimum\":0,\"maximum\":0.5", 0, 0.5)]
    [TestCase("double", ",\"minimum\":-90,\"maximum\":90", -90, 90)]
    [TestCase("time", "", Time - 3_600_000, Time)]
    public void Keeps_numbers_within_limits_and_near_the_example(string kind, string limits, double least, double most)
    {
        var written = Values($$"""{"kind":"{{kind}}"{{limits}}}""").Select(value => (double)value).ToList();

        Assert.That(written, Has.Count.EqualTo(Samples).And.All.InRange(least, most));
        Assert.That(written.Distinct().Count(), Is.GreaterThanOrEqualTo(5));
    }

    [TestCase("", true, false)]
    [TestCase(",\"nullable\":true", true, true)]
    [TestCase(",\"required\":true,\"nullable\":true", false, true)]
    [TestCase(",\"required\":true", false, false)]
    public void Omits_or_nulls_only_what_allows_it(string flags, bool isAbsent, bool isNull)
    {
        var written = Objects($$$"""{"Thing":{"properties":[{"name":"isPaid","kind":"int32"{{{flags}}}}]}}""").Select(thing => thing["isPaid"]).ToList();

        Assert.That((written.Contains(null), written.Any(value => value?.Type == JTokenType.Null)), Is.EqualTo((isAbsent, isNull)));
        Assert.That(written, Has.Some.Matches<JToken?>(value => value?.Type == JTokenType.Integer));
    }

    [TestCase("""{"properties":[{"name":"code","kind":"text","required":true}],"example":{"code":"A-1"}}""", TestName = "{m}: the schema")]
    [TestCase(
        """{"properties":[{"name":"code","kind":"text","required":true,"example":"A-1"}],"example":{"code":"B-1"}}""",
        TestName = "{m}: the property, before the schema")]
    [TestCase(
        """{"properties":[{"name":"code","kind":"text","required":true}]}""" +
        ""","Outer":{"properties":[{"name":"all","kind":"list","schema":"Thing"}],"example":{"all":[{"code":null},{"code":"A-1"}]}}""",
        TestName = "{m}: another schema")]
    public void Takes_the_example_from(string thing) =>
        Assert.That(Objects($$"""{"Thing":{{thing}}}""").Select(written => (string)written["code"]!), Has.All.Matches(@"^A-\d$"));

    [Test]
    public void Terminates_if_a_schema_contains_itself()
    {
        const string Itself = """{"name":"all","kind":"list","required":true,"schema":"Thing"},{"name":"one","kind":"object","schema":"Thing"}""";

        var depths = Objects($$$"""{"Thing":{"properties":[{{{Itself}}}]}}""").Select(thing => thing.Descendants()
            .OfType<JObject>()
            .Select(inner => inner.Ancestors().OfType<JObject>().Count())
            .DefaultIfEmpty()
            .Max());
        Assert.That(depths, Has.All.LessThan(10));
    }

    [Test]
    public void Another_property_changes_no_other_value()
    {
        const string Some = """{"name":"a","kind":"text","nullable":true},{"name":"b","kind":"list","schema":"Part"}""";
        const string Part = "\"Part\":{\"properties\":[{\"name\":\"size\",\"kind\":\"int32\"}]}";

        var before = Objects($$"""{"Thing":{"properties":[{{Some}}]},{{Part}}}""");
        var after = Objects($$"""{"Thing":{"properties":[{"name":"c","kind":"decimal"},{{Some}}]},{{Part}}}""");

        Assert.That(after.Count(thing => thing.Remove("c")), Is.GreaterThan(Samples / 2));
        Assert.That(after.Select(thing => thing.ToString()), Is.EqualTo(before.Select(thing => thing.ToString())));
    }

    /// <summary>Values of a property that is always present.</summary>
    private static IEnumerable<JToken> Values(string property)
    {
        const string Schemas = """
            "Part":{"properties":[{"name":"size","kind":"int32","required":true}]},
            "Base":{"properties":[{"name":"is","kind":"text","required":true}],"discriminator":"is","kinds":{"first":"Kind","second":"Kind"}},
            "Kind":{"properties":[{"name":"is","kind":"text","required":true},{"name":"size","kind":"int32","required":true}]}
            """;
        return Objects($$"""{"Thing":{"properties":[{"name":"isPaid","required":true,{{property[1..]}}]},{{Schemas}}}""").Select(thing => thing["isPaid"]!);
    }

    /// <summary>Objects of the schema <c>Thing</c>.</summary>
    private static List<JObject> Objects(string schemas)
    {
        var all = Inside.Schemas(schemas);
        var sample = Inside.New("Sandbox.Data.Sample", all);
        var thing = all.GetType().GetProperty("Item")!.GetValue(all, ["Thing"]);
        return [.. Enumerable.Range(0, Samples).Select(key => JsonConvert.DeserializeObject<JObject>(
            Inside.WriteJson(writer =>
            {
                writer.WriteStartObject();
                Inside.Call(sample, "WriteProperties", writer, thing, Inside.New("Sandbox.Data.SampleOrigin", (ulong)key, Time, null, 0), null);
                writer.WriteEndObject();
            }),
            new JsonSerializerSettings { FloatParseHandling = FloatParseHandling.Decimal, DateParseHandling = DateParseHandling.None })!)];
    }
}
