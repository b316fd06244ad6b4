using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// The flat form of the items of a stream for CSV and Parquet: fixed columns in a fixed order, as the contract has them. Whoever loads the files relies on
/// them, so new ones are only ever appended.
/// </summary>
internal sealed class Table
{
    private Table(ContractStream stream, IReadOnlyList<ContractColumn> columns)
    {
        (Stream, Columns) = (stream, columns);
        RestColumn = columns.Index().Where(column => column.Item.Form == "rest").Select(column => (int?)column.Index).SingleOrDefault();
        var definition = string.Concat(columns.Select(column => $"{column.Name} {column.Type}\n"));
        Version = string.Create(CultureInfo.InvariantCulture, $"{columns.Count}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(definition)))[..8]}");
    }

    public ContractStream Stream { get; }

    public IReadOnlyList<ContractColumn> Columns { get; }

    /// <summary>The number of the column for what no other one holds; null if there is none.</summary>
    public int? RestColumn { get; }

    /// <summary>The version of the columns, which follows from them: how many there are, and a hash of their names and types.</summary>
    public string Version { get; }

    public static Table Of(ContractStream stream) => new(stream, stream.Columns);

    /// <summary>The table with the columns of a file that an earlier version began: the first ones of today. What was appended since goes to its last one of then, <c>extra</c>.</summary>
    /// <param name="version">The version of the columns of the file; null for those before versions were kept, the last of which was <c>extra</c>.</param>
    /// <exception cref="UsageException">Today's first columns are others.</exception>
    public Table WithColumnsOf(string? version)
    {
        var count = version is null ? Columns.TakeWhile(column => column.Form != "rest").Count() + 1 : CountOf(version);
        if (count <= Columns.Count && new Table(Stream, [.. Columns.Take(count)]) is { } table && (version is null || table.Version == version)) return table;
        throw new UsageException(
            $"The file that is to be continued has columns of another version of croct-export ({version}; this one has {Version}). Use that version, or start over with another --state and another --output.");
    }

    private static int CountOf(string version) =>
        int.TryParse(version.Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : int.MaxValue;
}
