using System.Text;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// The flat form of the items of a stream for CSV and Parquet: fixed columns in a fixed order. Whoever loads the files relies on them, so a column
/// is added at the end or not at all, and <see cref="Version"/> goes up with every change. What has no column of its own is in one of the JSON columns.
/// </summary>
internal abstract class Table<T>(string name, IReadOnlyList<Column<T>> columns)
{
    /// <summary>The version of the columns of all tables; written into Parquet files.</summary>
    public const int Version = 1;

    public string Name => name;

    public IReadOnlyList<Column<T>> Columns => columns;

    /// <summary>The columns as a table of Markdown, as README shows them.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("| column | type | what it is |\n| --- | --- | --- |\n");
        foreach (var column in columns) text.Append("| `").Append(column.Name).Append("` | ").Append(NameOf(column.Type)).Append(" | ").Append(column.Description).Append(" |\n");
        return text.ToString();
    }

    private static string NameOf(ColumnType type) => type switch
    {
        ColumnType.Decimal => $"decimal({ParquetTableWriter<T>.DecimalPrecision},{ParquetTableWriter<T>.DecimalScale})",
        _ => type.ToString().ToLowerInvariant(),
    };
}
