using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>Renders the columns of a table as Markdown and JSON Schema.</summary>
internal static class TableDefinition
{
    private const string JsonSchemaVersion = "https://json-schema.org/draft/2020-12/schema";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string ToMarkdown(Table table)
    {
        var text = new StringBuilder("| column | type | description |\n| --- | --- | --- |\n");
        foreach (var column in table.Columns)
        {
            var description = SqlTable.Describe(column).Replace("|", "\\|", StringComparison.Ordinal);
            text.Append("| `").Append(column.Name).Append("` | ").Append(GetTypeName(column)).Append(" | ").Append(description).Append(" |\n");
        }

        return text.ToString();
    }

    /// <summary>A JSON Schema (2020-12) of a row: an object with a member for each column. Any member may be null.</summary>
    public static string ToJsonSchema(Table table) => CreateJsonSchema(table).ToJsonString(Indented) + "\n";

    /// <summary>A JSON Schema (2020-12) with the definitions of the rows of several tables.</summary>
    public static string ToJsonSchema(IReadOnlyList<Table> tables) => new JsonObject
    {
        ["$schema"] = JsonSchemaVersion,
        ["$defs"] = new JsonObject(tables.Select(table => KeyValuePair.Create(table.Stream.Name, (JsonNode?)CreateJsonSchema(table)))),
    }.ToJsonString(Indented) + "\n";

    private static JsonObject CreateJsonSchema(Table table)
    {
        var properties = new JsonObject();
        foreach (var column in table.Columns)
        {
            var property = new JsonObject();
            if (column.Type != "json") property["type"] = new JsonArray(GetJsonType(column), "null");
            if (column.Type is "uuid" or "timestamp") property["format"] = column.Type == "uuid" ? "uuid" : "date-time";
            property["description"] = SqlTable.Describe(column);
            properties[column.Name] = property;
        }

        return new JsonObject
        {
            ["$schema"] = JsonSchemaVersion,
            ["title"] = table.Stream.Name,
            ["$comment"] = $"Columns {table.Version}",
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
    }

    private static string GetTypeName(ContractColumn column) => column.Type == "decimal" ? $"decimal({Decimals.Precision},{Decimals.Scale})" : column.Type;

    private static string GetJsonType(ContractColumn column) => column.Type switch
    {
        "boolean" => "boolean",
        "int32" or "int64" => "integer",
        "double" or "decimal" => "number",
        _ => "string",
    };
}
