using System.Text.Json.Nodes;
using Croct.Export.Sandbox.Data;

namespace Croct.Export.Sandbox.Faults;

/// <summary>Changes to the JSON of a page.</summary>
internal static class Changes
{
    private const string UnknownName = "sandboxUnknown";

    /// <summary>Fields that contain an enum, each with the field that contains its object: elsewhere, some of these names are free text.</summary>
    private static readonly HashSet<(string? Owner, string Field)> EnumFields =
    [
        (null, "gender"), ("location", "continent"), ("location", "source"), ("browser", "type"), ("device", "category"), ("order", "status"),
        ("payload", "visibility"),
    ];

    private static readonly string[] TimeFields = ["timestamp", "closeTime", "lastModifiedTime"];

    public static bool UnknownType(JsonObject page, FaultHit hit)
    {
        var draw = hit.Draw;
        if (DrawItem(page, ref draw)?["payload"] is not JsonObject payload) return false;
        payload["@type"] = UnknownName;
        payload[UnknownName] = Something();
        return true;
    }

    public static bool UnknownEnum(JsonObject page, FaultHit hit)
    {
        var enums = FieldsIn(page["items"]).Where(field => field.Owner[field.Name] is JsonValue && EnumFields.Contains((field.OwnerName, field.Name))).ToList();
        if (enums.Count == 0) return false;
        var draw = hit.Draw;
        var drawn = enums[draw.Below(enums.Count)];
        drawn.Owner[drawn.Name] = "SANDBOX_UNKNOWN";
        return true;
    }

    public static bool UnknownField(JsonObject page, FaultHit hit)
    {
        page[UnknownName] = Something();
        foreach (var item in page["items"]!.AsArray()) item![UnknownName] = Something();
        return true;
    }

    public static bool MissingField(JsonObject page, FaultHit hit)
    {
        var draw = hit.Draw;
        var fields = FieldsIn(DrawItem(page, ref draw)).ToList();
        if (fields.Count == 0) return false;
        var drawn = fields[draw.Below(fields.Count)];
        return drawn.Owner.Remove(drawn.Name);
    }

    public static bool WrongType(JsonObject page, FaultHit hit)
    {
        var draw = hit.Draw;
        if (DrawItem(page, ref draw) is not { } item || TimeFields.FirstOrDefault(item.ContainsKey) is not { } time) return false;
        item[time] = "yesterday";
        return true;
    }

    private static JsonObject? DrawItem(JsonObject page, ref Draw draw)
    {
        var items = page["items"]!.AsArray();
        return items.Count == 0 ? null : items[draw.Below(items.Count)]!.AsObject();
    }

    private static JsonObject Something() => new() { ["nested"] = new JsonArray(1, "x", null) };

    /// <summary>Every field in a value, each with its object and the name of the field that contains the object.</summary>
    private static IEnumerable<(JsonObject Owner, string? OwnerName, string Name)> FieldsIn(JsonNode? node, string? ownerName = null) => node switch
    {
        JsonArray array => array.SelectMany(element => FieldsIn(element)),
        JsonObject owner => owner.SelectMany(field => FieldsIn(field.Value, field.Key).Prepend((owner, ownerName, field.Key))),
        _ => [],
    };
}
