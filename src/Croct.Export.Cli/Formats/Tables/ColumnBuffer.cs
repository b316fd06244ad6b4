using System.Buffers;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>The cells of a column for a group of rows. A cell that is not set is null, and takes no space except for its level.</summary>
internal abstract class ColumnBuffer
{
    // The definition levels of Parquet: 1 for each row whose cell is set.
    private short[] _levels = [];
    private int _read;

    /// <summary>The number of cells that are set.</summary>
    public int Count { get; private set; }

    /// <summary>For each row, 1 if its cell is set, otherwise 0.</summary>
    public ReadOnlySpan<short> GetLevels(int rows)
    {
        if (_levels.Length < rows) Array.Resize(ref _levels, rows);
        return _levels.AsSpan(0, rows);
    }

    /// <summary>Makes the cell of the current row null again.</summary>
    public void Clear(int row)
    {
        if (!IsSet(row)) return;
        _levels[row] = 0;
        Count--;
    }

    /// <summary>Whether a row's cell is set.</summary>
    public bool IsSet(int row) => row < _levels.Length && _levels[row] != 0;

    /// <summary>The position of a row's value among the values that are set; -1 if the cell is null. Must be called for the rows in order.</summary>
    public int Next(int row) => IsSet(row) ? _read++ : -1;

    /// <summary>Removes all rows.</summary>
    public void Reset()
    {
        Array.Clear(_levels);
        (Count, _read) = (0, 0);
    }

    /// <summary>Marks the cell of the current row as set, and returns the position of its value.</summary>
    protected int Claim(int row)
    {
        if (row >= _levels.Length) Array.Resize(ref _levels, Math.Max(1024, row * 2));
        if (_levels[row] != 0) return Count - 1;
        _levels[row] = 1;
        return Count++;
    }
}

/// <summary>Cells of a type without references.</summary>
internal sealed class ValueColumn<T> : ColumnBuffer
    where T : struct
{
    private T[] _values = [];

    public ReadOnlySpan<T> Values => _values.AsSpan(0, Count);

    public void Set(int row, T value)
    {
        var position = Claim(row);
        if (position >= _values.Length) Array.Resize(ref _values, Math.Max(64, position * 2));
        _values[position] = value;
    }
}

/// <summary>Cells of text or JSON, in UTF-8, stored one after the other.</summary>
internal sealed class TextColumn : ColumnBuffer, IBufferWriter<byte>
{
    private byte[] _bytes = [];
    private int[] _ends = [];
    private int _written;

    /// <summary>The bytes of all cells, followed by unused space.</summary>
    public byte[] Buffer => _bytes;

    /// <summary>The number of bytes of all cells.</summary>
    public int Length => GetEnd(Count - 1);

    /// <summary>For each cell, the end of its text in <see cref="Buffer"/>.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    public ReadOnlySpan<byte> TextAt(int position) => _bytes.AsSpan(GetEnd(position - 1), _ends[position] - GetEnd(position - 1));

    /// <summary>Begins the text of a cell, which may then be written in parts.</summary>
    public void Begin(int row)
    {
        Clear(row);
        _written = GetEnd(Count - 1);
    }

    public void End(int row)
    {
        var position = Claim(row);
        if (position >= _ends.Length) Array.Resize(ref _ends, Math.Max(64, position * 2));
        _ends[position] = _written;
    }

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsSpan(_written);
    }

    private int GetEnd(int position) => position < 0 ? 0 : _ends[position];

    private void Grow(int size)
    {
        if (_bytes.Length - _written >= Math.Max(size, 1)) return;
        Array.Resize(ref _bytes, Math.Max(1024, (_written + size) * 3 / 2));
    }
}
