using System.Buffers;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>Rows of a table, stored by column. Each column has a typed buffer, so that cells are not boxed.</summary>
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
            var type => throw new InvalidOperationException($"Unknown column type '{type}'."),
        }))];

    public IReadOnlyList<ColumnBuffer> Columns => _columns;

    public int Count { get; private set; }

    /// <summary>The number of bytes of text in all cells.</summary>
    public long TextLength { get; private set; }

    private int Current => Count - 1;

    /// <summary>Begins a row with all cells null.</summary>
    public void Begin() => Count++;

    /// <summary>Makes a cell of the current row null again.</summary>
    public void Clear(int column)
    {
        var text = _columns[column] as TextColumn;
        TextLength -= text?.Length ?? 0;
        _columns[column].Clear(Current);
        TextLength += text?.Length ?? 0;
    }

    /// <summary>Sets a cell of the current row.</summary>
    public void Set<T>(int column, T value)
        where T : struct => ((ValueColumn<T>)_columns[column]).Set(Current, value);

    /// <summary>Sets a text cell of the current row.</summary>
    public void SetText(int column, ReadOnlySpan<byte> text)
    {
        var cells = Begin(column);
        cells.Write(text);
        End(cells);
    }

    /// <summary>Sets a cell of the current row to JSON as received, without the whitespace between tokens.</summary>
    public void SetJson(int column, ReadOnlySpan<byte> json, bool isListOfOne = false)
    {
        var cells = Begin(column);
        if (isListOfOne) cells.Write("["u8);
        JsonBytes.AppendCompact(json, cells);
        if (isListOfOne) cells.Write("]"u8);
        End(cells);
    }

    /// <summary>Removes all rows.</summary>
    public void Reset()
    {
        foreach (var column in _columns) column.Reset();
        (Count, TextLength) = (0, 0);
    }

    private TextColumn Begin(int column)
    {
        var cells = (TextColumn)_columns[column];
        TextLength -= cells.Length;
        cells.Begin(Current);
        return cells;
    }

    private void End(TextColumn cells)
    {
        cells.End(Current);
        TextLength += cells.Length;
    }
}
