using System.Collections.Concurrent;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>A column as <c>croct-export schema</c> documents it.</summary>
internal sealed record DocumentedColumn(string Name, string Type)
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<List<DocumentedColumn>>>> Columns = [];

    /// <summary>The type that DuckDB must report for a Parquet file.</summary>
    public string SqlType => Type switch
    {
        "text" => "VARCHAR",
        "json" => "JSON",
        "uuid" => "UUID",
        "boolean" => "BOOLEAN",
        "int64" => "BIGINT",
        "int32" => "INTEGER",
        "double" => "DOUBLE",
        "decimal(38,9)" => "DECIMAL(38,9)",
        "timestamp" => "TIMESTAMP WITH TIME ZONE",
        _ => throw new ArgumentException($"'{Type}' is not a documented type."),
    };

    /// <summary>The columns that the exporter documents. It runs once per stream.</summary>
    public static Task<List<DocumentedColumn>> OfAsync(string stream) => Columns.GetOrAdd(stream, _ => new(() => ReadSchemaAsync(stream))).Value;

    private static async Task<List<DocumentedColumn>> ReadSchemaAsync(string stream)
    {
        using var exporter = new Exporter();
        var markdown = await exporter.RunAsync("schema", stream);
        var rows = markdown.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(line => line.Split(" | "));
        return [.. rows.Select(cells => new DocumentedColumn(cells[0][3..^1], cells[1]))];
    }
}
