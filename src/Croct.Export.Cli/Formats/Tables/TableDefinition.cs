using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>Renders the columns of a table as Markdown, SQL and JSON Schema.</summary>
internal static class TableDefinition
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string ToMarkdown(Table table)
    {
        var text = new StringBuilder("| column | type | description |\n| --- | --- | --- |\n");
        foreach (var column in table.Columns)
        {
            var description = Inline(GetDescription(column)).Replace("|", "\\|", StringComparison.Ordinal);
            text.Append("| `").Append(column.Name).Append("` | ").Append(GetTypeName(column)).Append(" | ").Append(description).Append(" |\n");
        }

        return text.ToString();
    }

    /// <summary>The statements that create the table in PostgreSQL or DuckDB, with a comment on each column.</summary>
    public static string ToSql(Table table)
    {
        var text = new StringBuilder().Append("CREATE TABLE ").Append(table.Stream.Name).Append(" (\n");
        text.AppendJoin(",\n", table.Columns.Select(column => $"    {Quote(column.Name)} {GetSqlType(column)}")).Append("\n);\n\n");
        foreach (var column in table.Columns)
        {
            text.Append("COMMENT ON COLUMN ").Append(table.Stream.Name).Append('.').Append(Quote(column.Name)).Append(" IS '")
                .Append(Inline(GetDescription(column)).Replace("'", "''", StringComparison.Ordinal)).Append("';\n");
        }

        return text.ToString();
    }

    /// <summary>A JSON Schema (2020-12) of a row: an object with a member for each column. Any member may be null.</summary>
    public static string ToJsonSchema(Table table)
    {
        var properties = new JsonObject();
        foreach (var column in table.Columns)
        {
            var property = new JsonObject();
            if (column.Type != "json") property["type"] = new JsonArray(GetJsonType(column), "null");
            if (column.Type is "uuid" or "timestamp") property["format"] = column.Type == "uuid" ? "uuid" : "date-time";
            property["description"] = Inline(GetDescription(column));
            properties[column.Name] = property;
        }

        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = table.Stream.Name,
            ["$comment"] = $"Columns {table.Version}",
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
        return schema.ToJsonString(Indented) + "\n";
    }

    /// <summary>The description of a column, followed by the types of event that have it, unless all do.</summary>
    private static string GetDescription(ContractColumn column)
    {
        var kinds = column.Paths.Select(GetKind).Distinct().ToList();
        return kinds.Count > 0 && kinds.TrueForAll(kind => kind is not null)
            ? $"{column.Description.TrimEnd().TrimEnd('.')} ({string.Join(", ", kinds)})."
            : column.Description;

        static string? GetKind(string path) =>
            path.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket && path.StartsWith("payload", StringComparison.Ordinal)
                ? path[(bracket + 1)..path.IndexOf(']', StringComparison.Ordinal)]
                : null;
    }

    private static string GetTypeName(ContractColumn column) => column.Type == "decimal" ? $"decimal({Decimals.Precision},{Decimals.Scale})" : column.Type;

    private static string GetJsonType(ContractColumn column) => column.Type switch
    {
        "boolean" => "boolean",
        "int32" or "int64" => "integer",
        "double" or "decimal" => "number",
        _ => "string",
    };

    private static string GetSqlType(ContractColumn column) => column.Type switch
    {
        "int32" => "integer",
        "int64" => "bigint",
        "double" => "double precision",
        "decimal" => $"numeric({Decimals.Precision},{Decimals.Scale})",
        "timestamp" => "timestamp with time zone",
        var type => type,
    };

    private static string Quote(string name) => $"\"{name}\"";

    private static string Inline(string description) => description.ReplaceLineEndings(" ").Trim();
}
