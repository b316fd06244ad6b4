using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// The flat form of a stream's items for CSV and Parquet: the columns of the contract, in its order. Programs that load the files rely on them, so new
/// columns are only ever appended.
/// </summary>
internal sealed class Table
{
    /// <summary>The maximum length in bytes of a text in an index of PostgreSQL, whose entries must fit into a third of a page.</summary>
    private const int MaxIndexedText = 1024;

    private Table(ContractStream stream, IReadOnlyList<ContractColumn> columns)
    {
        (Stream, Columns) = (stream, columns);
        RestColumn = columns.Index().Where(column => column.Item.Form == "rest").Select(column => (int?)column.Index).SingleOrDefault();
        var definition = string.Concat(columns.Select(column => $"{column.Name} {column.Type}\n"));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(definition)));
        Version = string.Create(CultureInfo.InvariantCulture, $"{columns.Count}-{hash[..8]}");
    }

    public ContractStream Stream { get; }

    public IReadOnlyList<ContractColumn> Columns { get; }

    /// <summary>The index of the column for values that no other column holds; null if there is none.</summary>
    public int? RestColumn { get; }

    /// <summary>The version of the columns, derived from them: their number, and a hash of their names and types.</summary>
    public string Version { get; }

    /// <summary>
    /// For PostgreSQL, the maximum length in bytes of a text in each column; no text in it contains U+0000 either. Null for a file, which holds every text.
    /// </summary>
    public IReadOnlyList<int>? TextLimits { get; private init; }

    /// <summary>The columns that identify a row: those of the id and the time of an item.</summary>
    public Table Key => new(Stream, [SqlTable.ColumnOf(Stream, Stream.Id), SqlTable.ColumnOf(Stream, Stream.Time)]);

    public static Table Of(ContractStream stream) => new(stream, stream.Columns);

    /// <summary>The same table in PostgreSQL. What a column there cannot hold goes to <c>extra</c>.</summary>
    public static Table ForPostgres(ContractStream stream)
    {
        var indexed = SqlTable.GetIndexes(stream).SelectMany(columns => columns).Concat(SqlTable.Of(stream).Key).ToHashSet(StringComparer.Ordinal);
        return new Table(stream, stream.Columns)
        {
            TextLimits = [.. stream.Columns.Select(column => indexed.Contains(column.Name) ? MaxIndexedText : int.MaxValue)],
        };
    }

    /// <summary>
    /// The table with the columns of a file that an earlier version began: the first columns of this version. The values of columns appended since then go
    /// to <c>extra</c>.
    /// </summary>
    /// <param name="version">The version of the file's columns; null for files from before versions were recorded, whose last column was <c>extra</c>.</param>
    /// <exception cref="UsageException">The first columns of this version are not those of the file.</exception>
    public Table WithVersion(string? version)
    {
        var count = version is null ? Columns.TakeWhile(column => column.Form != "rest").Count() + 1 : ParseCount(version);
        if (count <= Columns.Count && new Table(Stream, [.. Columns.Take(count)]) is { } table && (version is null || table.Version == version)) return table;
        throw new UsageException(
            $"The file to be continued has the columns of another version of croct-export ({version}; this version has {Version}). " +
            "Use that version, or start over with another --state and another --output.");
    }

    private static int ParseCount(string version) =>
        int.TryParse(version.Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : int.MaxValue;
}
