using System.Text;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// Identifies rows by the cells of an item's id and time. An id or a time that a cell cannot hold, such as a session id that is not a UUID, is null there,
/// and null in the key of the item too. So rows without an id can only be counted: all with the same time have the same key.
/// </summary>
/// <param name="table">The columns.</param>
/// <param name="safe">Whether formulas are escaped, as by <see cref="CsvTableWriter"/>.</param>
internal sealed class RowKey(Table table, bool safe)
{
    // The cells are filled as they are for a file, so that a key follows every rule of a cell.
    private readonly ItemReader _reader = new(table.Stream, table.Key);
    private readonly TableRows _cells = new(table.Key);

    /// <summary>The key of a row.</summary>
    /// <param name="id">The text of the id's cell; null or empty if there is none.</param>
    /// <param name="time">The time in milliseconds; null if there is none.</param>
    public static ItemKey Of(string? id, long? time) => ItemKey.Of(id ?? "", time);

    /// <summary>The key of the row that an item becomes.</summary>
    public ItemKey Of(ReadOnlyMemory<byte> item)
    {
        _reader.Read(item, _cells);
        _reader.TakeFindings();
        var (ids, times) = (_cells.Columns[0], (ValueColumn<long>)_cells.Columns[1]);
        var key = Of(ids.Count > 0 ? GetId(ids) : null, times.Count > 0 ? times.Values[0] : null);
        _cells.Reset();
        return key;
    }

    private string GetId(ColumnBuffer cells) => cells switch
    {
        ValueColumn<Guid> uuids => uuids.Values[0].ToString(),
        TextColumn texts when safe && CsvTableWriter.IsFormula(texts.TextAt(0)) => "'" + Encoding.UTF8.GetString(texts.TextAt(0)),
        TextColumn texts => Encoding.UTF8.GetString(texts.TextAt(0)),
        _ => throw new InvalidOperationException($"The id of {table.Stream.Name} is neither a text nor a UUID."),
    };
}
