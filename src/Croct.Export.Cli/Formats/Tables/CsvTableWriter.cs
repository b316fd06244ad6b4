using System.Buffers;
using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// Writes CSV as RFC 4180 has it: a header, commas, CRLF, quotes where they are needed; UTF-8 without a byte order mark. An empty cell is a null,
/// and an empty text is a pair of quotes. Once a call is done, its rows are in the stream as a whole, so that a file can be cut there and gone on with.
/// </summary>
/// <param name="table">The columns.</param>
/// <param name="stream">Where to write to.</param>
/// <param name="header">Whether to begin with the header: not when rows are appended to a file that has one.</param>
/// <param name="safe">
/// Whether to put an apostrophe before a text that begins like a formula, which spreadsheets would run: with = + - @, a tab, CR or LF. Numbers,
/// timestamps and JSON, none of which is a formula, stay as they are.
/// </param>
internal sealed class CsvTableWriter<T>(Table<T> table, Stream stream, bool header, bool safe) : ItemWriter<T>
{
    private const string FormulaStarts = "=+-@\t\r\n";

    // CsvHelper by itself quotes a line break only if it is the whole CRLF of its own lines.
    private static readonly SearchValues<char> QuotedCharacters = SearchValues.Create("\",\r\n");

    private readonly CsvWriter _csv = new(
        new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 64 * 1024, leaveOpen: true),
        new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\r\n" });

    private bool _headerIsDue = header;

    public override async Task WriteAsync(IReadOnlyList<T> items)
    {
        await WriteHeaderAsync();
        foreach (var item in items)
        {
            foreach (var column in table.Columns) WriteCell(column, column.Get(item));
            await _csv.NextRecordAsync();
        }

        await _csv.FlushAsync();
    }

    public override async Task CompleteAsync()
    {
        await WriteHeaderAsync();
        await _csv.FlushAsync();
    }

    public override ValueTask DisposeAsync() => _csv.DisposeAsync();

    private async Task WriteHeaderAsync()
    {
        if (!_headerIsDue) return;
        _headerIsDue = false;
        foreach (var column in table.Columns) _csv.WriteField(column.Name);
        await _csv.NextRecordAsync();
    }

    private void WriteCell(Column<T> column, object? value)
    {
        switch (value)
        {
            case null:
                _csv.WriteField("", shouldQuote: false);
                break;
            case "":
                _csv.WriteField("", shouldQuote: true);
                break;
            case string text:
                if (safe && column.Type == ColumnType.Text && FormulaStarts.Contains(text[0])) text = "'" + text;
                _csv.WriteField(text, shouldQuote: text.AsSpan().ContainsAny(QuotedCharacters) || text[0] == ' ' || text[^1] == ' ');
                break;
            case DateTime time:
                _csv.WriteField(time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), shouldQuote: false);
                break;
            default:
                _csv.WriteField(Convert.ToString(value, CultureInfo.InvariantCulture), shouldQuote: false);
                break;
        }
    }
}
