using System.Text;
using System.Text.Json.Nodes;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>A page whose events each have a number of values of unexpected types, and the same page with correct values.</summary>
/// <remarks>Only events with at least that many values are used, repeated until the page is full.</remarks>
internal static class OddPage
{
    /// <summary>Members whose values may be of any type.</summary>
    private static readonly string[] FreeForm = ["details", "taxes", "costs", "metadata"];

    public static (byte[] Clean, byte[] Odd) Of(byte[] page, int oddValues)
    {
        var events = JsonNode.Parse(page)!["items"]!.AsArray().Select(item => item!.ToJsonString()).ToList();
        var (clean, odd) = (new List<string>(), new List<string>());
        foreach (var json in events)
        {
            var item = JsonNode.Parse(json)!.AsObject();
            var members = Members(item).Take(oddValues).ToList();
            if (members.Count < oddValues) continue;
            foreach (var (parent, name) in members) parent[name] = parent[name]!.GetValueKind() == System.Text.Json.JsonValueKind.String ? 7 : "x";
            clean.Add(json);
            odd.Add(item.ToJsonString());
        }

        return (CreatePage(clean), CreatePage(odd));

        byte[] CreatePage(List<string> items)
        {
            var repeated = Enumerable.Range(0, events.Count).Select(index => items[index % items.Count]);
            return Encoding.UTF8.GetBytes($"{{\"items\":[{string.Join(',', repeated)}],\"nextCursor\":null}}");
        }
    }

    /// <summary>The scalars of an event, except its discriminators, which determine its type.</summary>
    private static IEnumerable<(JsonObject Parent, string Name)> Members(JsonObject item)
    {
        foreach (var (name, value) in item.ToList())
        {
            if (name is "@type" or "type" || FreeForm.Contains(name)) continue;
            if (value is JsonValue) yield return (item, name);
            IEnumerable<JsonObject> inner = value is JsonArray array ? array.OfType<JsonObject>() : value is JsonObject one ? [one] : [];
            foreach (var member in inner.SelectMany(Members)) yield return member;
        }
    }
}
