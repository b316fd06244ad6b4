using DuckDB.NET.Data;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>DuckDB: a reader of CSV and Parquet that shares nothing with the libraries that wrote them.</summary>
internal static class Duck
{
    /// <summary>The rows of a query, with the values as DuckDB returns them and null for NULL.</summary>
    public static List<object?[]> Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SET TimeZone = 'UTC'; " + sql;
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        do
        {
            while (reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }
        while (reader.NextResult());
        return rows;
    }

    /// <summary>The only value of the only row.</summary>
    public static object? Value(string sql) => Query(sql).Single().Single();

    /// <summary>The values of the first column.</summary>
    public static List<object?> Values(string sql) => [.. Query(sql).Select(row => row[0])];

    /// <summary>A Parquet file as an SQL table.</summary>
    public static string Parquet(string file) => $"read_parquet('{file}')";

    /// <summary>A CSV file as an SQL table: every cell is its text, and only an empty cell without quotes is NULL.</summary>
    public static string Csv(string file) => $"read_csv('{file}', all_varchar = true, {Dialect})";

    /// <summary>A CSV file whose cells are converted to the types of the documented columns.</summary>
    public static string Csv(string file, IEnumerable<DocumentedColumn> columns)
    {
        var types = string.Join(", ", columns.Select(column => $"'{column.Name}': '{column.SqlType}'"));
        return $"read_csv('{file}', auto_detect = false, columns = {{{types}}}, {Dialect})";
    }

    /// <summary>RFC 4180, without detection.</summary>
    private const string Dialect =
        """header = true, delim = ',', quote = '"', escape = '"', new_line = '\r\n', allow_quoted_nulls = false, max_line_size = 10000000""";
}
