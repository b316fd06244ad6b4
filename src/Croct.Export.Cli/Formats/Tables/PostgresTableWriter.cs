using System.Buffers;
using System.Numerics;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// Writes rows as <c>COPY … (FORMAT BINARY)</c> of PostgreSQL reads them (https://www.postgresql.org/docs/current/sql-copy.html), without a header and a
/// trailer. Rows without an id are kept apart, each followed by a key of the item's content.
/// </summary>
/// <remarks>The importer of Npgsql takes a call for each cell, most of which are null, and takes texts as strings, which they are not here.</remarks>
/// <param name="table">The columns.</param>
/// <param name="stream">The stream for rows with an id.</param>
/// <param name="withoutId">The stream for the others.</param>
/// <param name="readKey">The key of an item's content.</param>
internal sealed class PostgresTableWriter(Table table, Stream stream, Stream withoutId, Func<ReadOnlyMemory<byte>, ItemKey> readKey)
    : ItemWriter(table.Stream, table)
{
    private const int Null = -1;

    /// <summary>2000-01-01, from which PostgreSQL counts microseconds.</summary>
    private const long Epoch = 946_684_800_000;

    private const int UuidLength = 16;

    /// <summary>The digits of a number are in base 10,000: eight before the point and three after it hold every <see cref="decimal"/>.</summary>
    private const int MaxDigits = 11;

    private const int DigitsAfterPoint = 3;
    private const int DigitBase = 10_000;
    private const short Negative = 0x4000;

    private readonly Table _table = table;
    private readonly TableRows _rows = new(table);
    private readonly ValueColumn<Guid> _keys = new();
    private readonly int _id = table.Columns.Index().Single(column => column.Item == SqlTable.ColumnOf(table.Stream, table.Stream.Id)).Index;
    private readonly ArrayBufferWriter<byte> _rowsWithId = new();
    private readonly ArrayBufferWriter<byte> _rowsWithoutId = new();

    /// <summary>The one of the two that the current row goes to.</summary>
    private ArrayBufferWriter<byte> _output = new();

    public override ValueTask<long?> WriteAsync(ReadOnlyMemory<byte> item)
    {
        Reader.Read(item, _rows);
        var row = _rows.Count - 1;
        if (!_rows.Columns[_id].IsSet(row)) _keys.Set(row, readKey(item).ToUuid());
        return ValueTask.FromResult(Reader.Time);
    }

    public override async Task EndPageAsync()
    {
        for (var row = 0; row < _rows.Count; row++) WriteRow(row);
        _rows.Reset();
        _keys.Reset();
        await WriteToAsync(_rowsWithId, stream);
        await WriteToAsync(_rowsWithoutId, withoutId);
    }

    private static async Task WriteToAsync(ArrayBufferWriter<byte> rows, Stream stream)
    {
        await stream.WriteAsync(rows.WrittenMemory);
        rows.ResetWrittenCount();
    }

    private void WriteRow(int row)
    {
        var key = _keys.Next(row);
        _output = key < 0 ? _rowsWithId : _rowsWithoutId;
        Write((short)(_rows.Columns.Count + (key < 0 ? 0 : 1)));
        for (var column = 0; column < _rows.Columns.Count; column++)
        {
            var cells = _rows.Columns[column];
            if (cells.Next(row) is >= 0 and var position) WriteCell(_table.Columns[column].Type, cells, position);
            else Write(Null);
        }

        if (key >= 0) WriteUuid(_keys.Values[key]);
    }

    private void WriteCell(string type, ColumnBuffer cells, int position)
    {
        switch (cells)
        {
            case TextColumn texts:
                var text = texts.TextAt(position);
                Write(text.Length);
                _output.Write(text);
                break;
            case ValueColumn<Guid> uuids:
                WriteUuid(uuids.Values[position]);
                break;
            case ValueColumn<long> times when type == "timestamp":
                Write(sizeof(long));
                Write((times.Values[position] - Epoch) * 1000);
                break;
            case ValueColumn<long> integers:
                Write(sizeof(long));
                Write(integers.Values[position]);
                break;
            case ValueColumn<int> integers:
                Write(sizeof(int));
                Write(integers.Values[position]);
                break;
            case ValueColumn<bool> booleans:
                Write(sizeof(byte));
                _output.Write([booleans.Values[position] ? (byte)1 : (byte)0]);
                break;
            case ValueColumn<double> numbers:
                Write(sizeof(double));
                Write(BitConverter.DoubleToInt64Bits(numbers.Values[position]));
                break;
            case ValueColumn<decimal> numbers:
                WriteNumeric(numbers.Values[position]);
                break;
        }
    }

    private void WriteUuid(Guid uuid)
    {
        Write(UuidLength);
        uuid.TryWriteBytes(_output.GetSpan(UuidLength), bigEndian: true, out _);
        _output.Advance(UuidLength);
    }

    /// <summary>The number of digits, the weight of the first of them, the sign, the number of decimal places, and the digits.</summary>
    private void WriteNumeric(decimal number)
    {
        var unscaled = Decimals.ToUnscaled(number);
        Span<short> digits = stackalloc short[MaxDigits];

        // Of the nine decimal places, the last digit has one, and the two before it have four each.
        var (rest, digit) = Int128.DivRem(Int128.Abs(unscaled), 10);
        digits[^1] = (short)(digit * (DigitBase / 10));
        for (var i = MaxDigits - 2; i >= 0; i--)
        {
            (rest, digit) = Int128.DivRem(rest, DigitBase);
            digits[i] = (short)digit;
        }

        var zeros = digits.IndexOfAnyExcept((short)0) is >= 0 and var first ? first : MaxDigits;
        digits = digits[zeros..];
        Write((4 + digits.Length) * sizeof(short));
        Write((short)digits.Length);
        Write((short)(MaxDigits - DigitsAfterPoint - 1 - zeros));
        Write(unscaled < 0 ? Negative : (short)0);
        Write((short)Decimals.Scale);
        foreach (var one in digits) Write(one);
    }

    private void Write<T>(T number)
        where T : struct, IBinaryInteger<T>
    {
        var length = number.GetByteCount();
        number.WriteBigEndian(_output.GetSpan(length));
        _output.Advance(length);
    }
}
