using System.Buffers;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>Rows of a table, column by column. Each column has a buffer of its type, so that no cell is an object.</summary>
internal sealed class TableRows
{
    private readonly ColumnBuffer[] _columns;

    public TableRows(Table table) =>
        _columns = [.. table.Columns.Select(column => (ColumnBuffer)(column.Type switch
        {
            "text" or "json" => new TextColumn(),
            "uuid" => new ValueColumn<Guid>(),
            "boolean" => new ValueColumn<bool>(),
            "int32" => new ValueColumn<int>(),
            "int64" or "timestamp" => new ValueColumn<long>(),
            "double" => new ValueColumn<double>(),
            "decimal" => new ValueColumn<decimal>(),
            var type => throw new InvalidOperationException($"There is no column of the type '{type}'."),
        }))];

    public IReadOnlyList<ColumnBuffer> Columns => _columns;

    public int Count { get; private set; }

    /// <summary>The row that is being filled.</summary>
    public int Current => Count - 1;

    /// <summary>The bytes of the texts of all cells.</summary>
    public long TextLength => _columns.Sum(column => column is TextColumn text ? (long)text.Length : 0);

    /// <summary>Begins a row, all of whose cells are null.</summary>
    public void Begin() => Count++;

    public void Clear(int column) => _columns[column].Clear(Current);

    public ValueColumn<T> Of<T>(int column)
        where T : struct => (ValueColumn<T>)_columns[column];

    public TextColumn Text(int column) => (TextColumn)_columns[column];

    /// <summary>Sets a cell of the current row to JSON as it was received, but for the whitespace between its tokens.</summary>
    public void SetJson(int column, ReadOnlySpan<byte> json, bool isListOfOne = false)
    {
        var text = Text(column);
        text.Begin(Current);
        if (isListOfOne) text.Write("["u8);
        JsonBytes.AppendCompact(json, text);
        if (isListOfOne) text.Write("]"u8);
        text.End(Current);
    }

    /// <summary>Forgets all rows.</summary>
    public void Reset()
    {
        foreach (var column in _columns) column.Reset();
        Count = 0;
    }
}
