using System.Buffers;
using System.Globalization;
using System.Text;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// Writes CSV according to RFC 4180: a header, commas, CRLF, quotes where they are needed; UTF-8 without a byte order mark. Null is an empty cell, and an
/// empty text is a pair of quotes. At the end of each page, all of its rows are written to the stream, so that a file can be cut there and continued.
/// </summary>
/// <remarks>No library distinguishes an empty text from null without a string for each cell, which would take most of the time and all of the memory.</remarks>
/// <param name="table">The columns.</param>
/// <param name="stream">The stream to write to.</param>
/// <param name="header">Whether to begin with the header; false to append rows to a file that has one.</param>
/// <param name="safe">
/// Whether to put an apostrophe before a text that begins like a formula, which spreadsheets would run: with = + - @, a tab, CR or LF. Numbers,
/// timestamps and JSON cannot be formulas and are not changed.
/// </param>
internal sealed class CsvTableWriter(Table table, Stream stream, bool header, bool safe) : ItemWriter(table.Stream, table)
{
    /// <summary>The format of a time, in UTC.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private const int MaxValueLength = 64;

    private static readonly SearchValues<byte> QuotedBytes = SearchValues.Create("\",\r\n"u8);
    private static readonly SearchValues<byte> FormulaStarts = SearchValues.Create("=+-@\t\r\n"u8);

    private readonly Table _table = table;
    private readonly TableRows _rows = new(table);
    private readonly ArrayBufferWriter<byte> _page = new();
    private bool _headerIsDue = header;

    /// <summary>Whether a text begins like a formula. If the file is made safe, an apostrophe precedes it.</summary>
    public static bool IsFormula(ReadOnlySpan<byte> text) => text.Length > 0 && FormulaStarts.Contains(text[0]);

    public override ValueTask<long?> WriteAsync(ReadOnlyMemory<byte> item)
    {
        Reader.Read(item, _rows);
        return ValueTask.FromResult(Reader.Time);
    }

    public override async Task EndPageAsync()
    {
        WriteHeader();
        for (var row = 0; row < _rows.Count; row++) WriteRow(row);
        _rows.Reset();
        await stream.WriteAsync(_page.WrittenMemory);
        _page.ResetWrittenCount();
    }

    public override Task CompleteAsync() => EndPageAsync();

    private void WriteHeader()
    {
        if (!_headerIsDue) return;
        _headerIsDue = false;
        _page.Write(Encoding.UTF8.GetBytes(string.Join(',', _table.Columns.Select(column => column.Name)) + "\r\n"));
    }

    private void WriteRow(int row)
    {
        for (var column = 0; column < _rows.Columns.Count; column++)
        {
            if (column > 0) _page.Write(","u8);
            var cells = _rows.Columns[column];
            if (cells.Next(row) is >= 0 and var position) WriteCell(_table.Columns[column].Type, cells, position);
        }

        _page.Write("\r\n"u8);
    }

    private void WriteCell(string type, ColumnBuffer cells, int position)
    {
        switch (cells)
        {
            case TextColumn texts:
                WriteText(texts.TextAt(position), isChecked: safe && type == "text");
                break;
            case ValueColumn<bool> booleans:
                _page.Write(booleans.Values[position] ? "true"u8 : "false"u8);
                break;
            case ValueColumn<long> times when type == "timestamp":
                Write(DateTimeOffset.FromUnixTimeMilliseconds(times.Values[position]).UtcDateTime, TimeFormat);
                break;
            case ValueColumn<long> integers:
                Write(integers.Values[position]);
                break;
            case ValueColumn<int> integers:
                Write(integers.Values[position]);
                break;
            case ValueColumn<double> numbers:
                Write(numbers.Values[position]);
                break;
            case ValueColumn<decimal> numbers:
                Write(numbers.Values[position]);
                break;
            case ValueColumn<Guid> uuids:
                Write(uuids.Values[position]);
                break;
        }
    }

    private void Write<T>(T value, string? format = null)
        where T : IUtf8SpanFormattable
    {
        value.TryFormat(_page.GetSpan(MaxValueLength), out var written, format, CultureInfo.InvariantCulture);
        _page.Advance(written);
    }

    private void WriteText(ReadOnlySpan<byte> text, bool isChecked)
    {
        var isFormula = isChecked && IsFormula(text);
        if (text.Length > 0 && !text.ContainsAny(QuotedBytes) && text[0] != ' ' && text[^1] != ' ')
        {
            if (isFormula) _page.Write("'"u8);
            _page.Write(text);
            return;
        }

        _page.Write(isFormula ? "\"'"u8 : "\""u8);
        while (text.IndexOf((byte)'"') is >= 0 and var quote)
        {
            _page.Write(text[..(quote + 1)]);
            _page.Write("\""u8);
            text = text[(quote + 1)..];
        }

        _page.Write(text);
        _page.Write("\""u8);
    }
}
