using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Sandbox;

/// <summary>What the sandbox adds from the contract to its handwritten properties, and whether the list of these is correct.</summary>
public class AdditionsTests
{
    private const string ByHand = """{"x":1.50,"text":"\u00e9 \/","parts":[{"size":2},{"size":3}],"payload":{"@type":"a","free":{"y":1}},"none":null}""";

    private const string Schemas = """
        {
          "Thing":{"properties":[
            {"name":"x","kind":"decimal"},{"name":"new","kind":"int32","required":true},{"name":"text","kind":"text"},
            {"name":"parts","kind":"list","schema":"Part"},{"name":"none","kind":"object","schema":"Part"},{"name":"payload","kind":"object","schema":"Base"}]},
          "Part":{"properties":[{"name":"size","kind":"int32"},{"name":"weight","kind":"int32","required":true}]},
          "Base":{"properties":[{"name":"@type","kind":"text"}],"discriminator":"@type","kinds":{"a":"A","b":"B"}},
          "A":{"properties":[{"name":"@type","kind":"text"},{"name":"free","kind":"json"},{"name":"more","kind":"object","schema":"B","required":true}]},
          "B":{"properties":[{"name":"@type","kind":"text","required":true}]}
        }
        """;

    private static readonly Dictionary<string, FrozenSet<string>> Listed = new()
    {
        ["Thing"] = ["x", "text", "parts", "none", "payload"],
        ["Part"] = ["size"],
        ["Base"] = ["@type"],
        ["A"] = ["@type", "free"],
    };

    [Test]
    public void Adds_missing_properties_at_any_depth_and_changes_no_other_byte()
    {
        var added = Added(key: 1);

        var expected =
            """{"x":1.50,"text":"\u00e9 \/","parts":[{"size":2,"weight":#},{"size":3,"weight":#}]""" +
            ""","payload":{"@type":"a","free":{"y":1},"more":{"@type":"type #"}},"none":null,"new":#}""";
        Assert.That(System.Text.RegularExpressions.Regex.Replace(added, """(?<="(weight|new)":|type )\d+""", "#"), Is.EqualTo(expected));
        Assert.That(Added(key: 1), Is.EqualTo(added));
        Assert.That(Added(key: 2), Is.Not.EqualTo(added));
    }

    [TestCase("Thing", true)]
    [TestCase("Part", true)]
    [TestCase("Base", true)]
    [TestCase("B", false)]
    public void Applies_only_if_something_is_missing(string schema, bool isDue) =>
        Assert.That(Inside.Call(Inside.New("Sandbox.Data.Additions", Inside.Schemas(Schemas), Listed), "AreNeededIn", schema), Is.EqualTo(isDue));

    /// <summary>A handwritten property missing from the list would be written twice as soon as the contract has it.</summary>
    [Test]
    public async Task The_list_contains_exactly_the_handwritten_properties()
    {
        var listed = (FrozenDictionary<string, FrozenSet<string>>)Inside.Value(Inside.TypeOf("Sandbox.Data.Written"), "Properties")!;
        var served = await ServedAsync();

        Assert.That(served.Twice, Is.Empty);
        foreach (var (schema, seen) in served.Seen.Where(pair => listed.ContainsKey(pair.Key)))
            Assert.That(seen, Is.EquivalentTo(listed[schema].Union(served.Properties(schema))), schema);
        Assert.That(listed.Keys.Where(schema => served.Kinds(schema).Count == 0), Is.SubsetOf(served.Seen.Keys));
    }

    private static string Added(int key) => Inside.WriteJson(writer => Inside.Call(
        Inside.New("Sandbox.Data.Additions", Inside.Schemas(Schemas), Listed),
        "Write",
        writer,
        "Thing",
        (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(ByHand),
        Inside.New("Sandbox.Data.SampleOrigin", (ulong)key, 0L, null, 0)));

    private static async Task<Served> ServedAsync()
    {
        using var contract = JsonDocument.Parse(typeof(SandboxServer).Assembly.GetManifestResourceStream("contract.json")!);
        var served = new Served(contract.RootElement.GetProperty("schemas").Clone());
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions { Events = 10_000, Sessions = 1000, Users = 1000, EndOfData = SandboxEndOfData.NullCursor });
        using var http = sandbox.Http();
        foreach (var (path, schema) in new[] { ("events", "Event"), ("session", "Session"), ("user", "User") })
        {
            string? cursor = null;
            do
            {
                using var page = JsonDocument.Parse(await http.GetStringAsync(
                    new Uri($"{path}?pageSize=1000{(cursor is null ? "" : $"&cursor={cursor}")}", UriKind.Relative)));
                foreach (var item in page.RootElement.GetProperty("items").EnumerateArray()) served.Walk(item, schema);
                cursor = page.RootElement.GetProperty("nextCursor").GetString();
            }
            while (cursor is not null);
        }

        return served;
    }

    /// <summary>The served properties, by schema.</summary>
    private sealed class Served(JsonElement schemas)
    {
        public Dictionary<string, HashSet<string>> Seen { get; } = [];

        public HashSet<string> Twice { get; } = [];

        public List<string> Properties(string schema) =>
            [.. schemas.GetProperty(schema).GetProperty("properties").EnumerateArray().Select(property => property.GetProperty("name").GetString()!)];

        public List<JsonProperty> Kinds(string schema) =>
            schemas.TryGetProperty(schema, out var found) && found.TryGetProperty("kinds", out var kinds)
                ? [.. kinds.EnumerateObject()]
                : [];

        public void Walk(JsonElement value, string schema)
        {
            if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var element in value.EnumerateArray()) Walk(element, schema);
            }
            else if (value.ValueKind == JsonValueKind.Object)
            {
                WalkObject(value, schema);
            }
        }

        private void WalkObject(JsonElement value, string schema)
        {
            if (Kinds(schema) is [_, ..] kinds)
            {
                var type = value.GetProperty(schemas.GetProperty(schema).GetProperty("discriminator").GetString()!).GetString();
                schema = kinds.Single(kind => kind.Name == type).Value.GetString()!;
            }

            if (!Seen.TryGetValue(schema, out var seen)) Seen[schema] = seen = [];
            var names = value.EnumerateObject().Select(member => member.Name).ToList();
            seen.UnionWith(names);
            Twice.UnionWith(names.CountBy(name => name).Where(count => count.Value > 1).Select(count => $"{schema}.{count.Key}"));
            foreach (var property in schemas.GetProperty(schema).GetProperty("properties").EnumerateArray())
            {
                if (property.TryGetProperty("schema", out var inner)
                    && value.TryGetProperty(property.GetProperty("name").GetString()!, out var member))
                    Walk(member, inner.GetString()!);
            }
        }
    }
}
