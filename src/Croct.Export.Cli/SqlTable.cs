using System.Text;
using Croct.Export.Contract;

namespace Croct.Export.Cli;

/// <summary>A table of a database. The statements that create it are understood by PostgreSQL and DuckDB.</summary>
/// <param name="Name">The name.</param>
/// <param name="Columns">The columns in order.</param>
/// <param name="Key">The columns whose values together occur once; rows in which one of them is null are exempt.</param>
internal sealed record SqlTable(string Name, IReadOnlyList<SqlColumn> Columns, IReadOnlyList<string> Key)
{
    /// <summary>The table of a stream: the columns of the contract, and each id once.</summary>
    public static SqlTable Of(ContractStream stream) => new(
        stream.Name,
        [.. stream.Columns.Select(column => new SqlColumn(column.Name, GetType(column), Describe(column)))],
        [ColumnOf(stream, stream.Id).Name]);

    /// <summary>The column with the member of an item that is its id or its time.</summary>
    public static ContractColumn ColumnOf(ContractStream stream, string member) => stream.Columns.Single(column => column.Paths.SequenceEqual([member]));

    /// <summary>The columns of the indexes for the usual questions: about a time, and about the events of a type or of a user.</summary>
    public static IEnumerable<IReadOnlyList<string>> GetIndexes(ContractStream stream)
    {
        var (id, time) = (ColumnOf(stream, stream.Id).Name, ColumnOf(stream, stream.Time).Name);
        var first = stream.Columns.Select(column => column.Name).Where(name => name is "type" or "user_id" && name != id);
        return [[time], .. first.Select(name => (string[])[name, time])];
    }

    /// <summary>The description of a column in one line, followed by the types of event that have it, unless all do.</summary>
    public static string Describe(ContractColumn column)
    {
        var kinds = column.Paths.Select(GetKind).Distinct().ToList();
        var description = column.Description.ReplaceLineEndings(" ").Trim();
        return kinds.Count > 0 && kinds.TrueForAll(kind => kind is not null) ? $"{description.TrimEnd('.')} ({string.Join(", ", kinds)})." : description;

        static string? GetKind(string path) =>
            path.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket && path.StartsWith("payload", StringComparison.Ordinal)
                ? path[(bracket + 1)..path.IndexOf(']', StringComparison.Ordinal)]
                : null;
    }

    /// <summary>The statements that create the table, with a comment on each column.</summary>
    /// <param name="name">Its name, with a schema if it is to be created in one.</param>
    public string ToSql(string name)
    {
        var text = new StringBuilder("CREATE TABLE ").Append(name).Append(" (\n");
        text.AppendJoin(",\n", Columns.Select(column => $"    {column.ToSql()}"));
        text.Append(",\n    UNIQUE (").AppendJoin(", ", Key.Select(Quote)).Append(")\n);\n\n");
        foreach (var column in Columns) text.Append(column.ToComment(name)).Append('\n');
        return text.ToString();
    }

    /// <summary>A name in quotes.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The type of a column, as PostgreSQL writes it.</summary>
    private static string GetType(ContractColumn column) => column.Type switch
    {
        "int32" => "integer",
        "int64" => "bigint",
        "double" => "double precision",
        "decimal" => $"numeric({Decimals.Precision},{Decimals.Scale})",
        "timestamp" => "timestamp with time zone",
        var type => type,
    };
}

/// <summary>A column of a table.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The type, as PostgreSQL writes it.</param>
/// <param name="Description">What it contains, in one line.</param>
/// <param name="IsRequired">Whether it cannot be null.</param>
internal sealed record SqlColumn(string Name, string Type, string Description, bool IsRequired = false)
{
    /// <summary>The definition in a statement.</summary>
    public string ToSql() => $"{SqlTable.Quote(Name)} {Type}{(IsRequired ? " NOT NULL" : "")}";

    /// <summary>The statement that comments on the column.</summary>
    /// <param name="table">The name of the table, with a schema if it is in one.</param>
    public string ToComment(string table) =>
        $"COMMENT ON COLUMN {table}.{SqlTable.Quote(Name)} IS '{Description.Replace("'", "''", StringComparison.Ordinal)}';";
}
