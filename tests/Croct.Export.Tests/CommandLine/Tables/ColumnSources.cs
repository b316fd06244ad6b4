using System.Text.Json;
using System.Text.Json.Nodes;
using Croct.Export.SpecTool;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>The source of each column in the JSON of an item according to the contract, as an expression of another program.</summary>
internal static class ColumnSources
{
    private static readonly Lazy<JsonNode> Contract = new(() => JsonNode.Parse(ContractJson.Of(Repository.Read("openapi/croct-export.yaml")))!);

    /// <summary>The columns of a stream in the contract.</summary>
    public static IEnumerable<JsonObject> ColumnsOf(string stream) =>
        Contract.Value["streams"]!.AsArray().Single(entry => (string)entry!["name"]! == stream)!["columns"]!.AsArray().Select(column => column!.AsObject());

    /// <summary>The DuckDB expression that selects the cell in <c>item</c>, as JSON.</summary>
    public static string Expression(string stream, string name)
    {
        var column = ColumnsOf(stream).Single(column => (string)column["name"]! == name);
        var values = column["paths"]!.AsArray().Select(path => ValueAt((string)path!, isCount: (string?)column["as"] == "count"));
        return $"coalesce({string.Join(", ", values)}, NULL)";
    }

    /// <summary>The JSON of a cell as it is in the item; null if the item does not have it.</summary>
    public static string? JsonOf(JsonElement item, string stream, string name) =>
        ColumnsOf(stream).Single(column => (string)column["name"]! == name)["paths"]!.AsArray()
            .Select(path => JsonAt(item, (string)path!))
            .FirstOrDefault(json => json is not null);

    /// <summary>The properties of an item that no single column contains; their unknown fields are therefore in <c>extra</c>.</summary>
    public static IEnumerable<string> WithoutJsonColumn(string stream)
    {
        var columns = ColumnsOf(stream).SelectMany(column => column["paths"]!.AsArray()).Select(path => (string)path!).ToHashSet(StringComparer.Ordinal);
        var schema = (string)Contract.Value["streams"]!.AsArray().Single(entry => (string)entry!["name"]! == stream)!["schema"]!;
        return Contract.Value["schemas"]![schema]!["properties"]!.AsArray()
            .Select(property => (string)property!["name"]!)
            .Where(name => !columns.Contains(name));
    }

    private static string? JsonAt(JsonElement value, string path)
    {
        foreach (var step in path.Split('.'))
        {
            var parts = step.Split('[', ']');
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(parts[0], out value)) return null;
            if (parts.Length > 1
                && (value.ValueKind != JsonValueKind.Object || value.GetProperty(parts[0] == "payload" ? "@type" : "type").GetString() != parts[1]))
            {
                return null;
            }
        }

        return value.ValueKind == JsonValueKind.Null ? null : value.GetRawText();
    }

    private static string ValueAt(string path, bool isCount)
    {
        var (json, conditions) = ("$", new List<string>());
        foreach (var step in path.Split('.'))
        {
            var parts = step.Split('[', ']');
            json += $".\"{parts[0]}\"";
            if (parts.Length > 1) conditions.Add($"(item->>'{json}.\"{(parts[0] == "payload" ? "@type" : "type")}\"') = '{parts[1]}'");
        }

        var value = isCount ? $"to_json(json_array_length(item->'{json}'))" : $"nullif(item->'{json}', 'null'::JSON)";
        return conditions.Count == 0 ? value : $"CASE WHEN {string.Join(" AND ", conditions)} THEN {value} END";
    }
}
