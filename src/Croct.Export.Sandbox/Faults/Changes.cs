using System.Text.Json.Nodes;

namespace Croct.Export.Sandbox.Faults;

/// <summary>Changes to the JSON of a page, each at an item that is drawn.</summary>
internal static class Changes
{
    private const string UnknownName = "sandboxUnknown";

    /// <summary>Fields that hold an enum, and the field in which their object stands: elsewhere, some of these names are for free text.</summary>
    private static readonly HashSet<(string? Owner, string Field)> EnumFields =
    [
        (null, "gender"), ("location", "continent"), ("location", "source"), ("browser", "type"), ("device", "category"), ("order", "status"), ("payload", "visibility"),
    ];

    private static readonly string[] TimeFields = ["timestamp", "closeTime", "lastModifiedTime"];

    public static void UnknownType(JsonObject page, FaultHit hit)
    {
        if (DrawnItem(page, hit)?["payload"] is not JsonObject payload) return;
        payload["@type"] = UnknownName;
        payload[UnknownName] = Something();
    }

    public static void UnknownEnum(JsonObject page, FaultHit hit)
    {
        var enums = new List<(JsonObject Owner, string Field)>();
        Collect(page["items"], name: null, enums);
        if (enums.Count == 0) return;
        var draw = hit.Draw;
        var (owner, field) = enums[draw.Below(enums.Count)];
        owner[field] = "SANDBOX_UNKNOWN";
    }

    public static void UnknownField(JsonObject page, FaultHit hit)
    {
        page[UnknownName] = Something();
        foreach (var item in page["items"]!.AsArray()) item![UnknownName] = Something();
    }

    public static void MissingField(JsonObject page, FaultHit hit)
    {
        if (DrawnItem(page, hit) is not { } item) return;
        var draw = hit.Draw;
        item.Remove(item.Select(field => field.Key).ElementAt(draw.Below(item.Count)));
    }

    public static void WrongType(JsonObject page, FaultHit hit)
    {
        if (DrawnItem(page, hit) is { } item) item[TimeFields.First(item.ContainsKey)] = "yesterday";
    }

    private static JsonObject? DrawnItem(JsonObject page, FaultHit hit)
    {
        var (items, draw) = (page["items"]!.AsArray(), hit.Draw);
        return items.Count == 0 ? null : items[draw.Below(items.Count)]!.AsObject();
    }

    private static JsonObject Something() => new() { ["nested"] = new JsonArray(1, "x", null) };

    private static void Collect(JsonNode? node, string? name, List<(JsonObject, string)> enums)
    {
        if (node is JsonArray array)
        {
            foreach (var element in array) Collect(element, name: null, enums);
        }
        else if (node is JsonObject owner)
        {
            foreach (var (field, value) in owner)
            {
                if (value is JsonValue && EnumFields.Contains((name, field))) enums.Add((owner, field));
                else Collect(value, field, enums);
            }
        }
    }
}
