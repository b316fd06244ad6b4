using System.Buffers;
using System.Globalization;
using System.Text;
using Croct.Export.Cli.Items;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// Reads the keys of a CSV file as <see cref="CsvTableWriter"/> writes it, with the columns of any version. Only the cells of the key are kept, one row at a
/// time.
/// </summary>
/// <remarks>The library Sep reads rows of up to 16 MiB, but an item can be larger.</remarks>
/// <param name="table">The columns of this version.</param>
/// <param name="file">The file.</param>
internal sealed class CsvTableReader(Table table, DecompressedFile file)
{
    private const int CutFile = -1;

    private static readonly SearchValues<byte> Quote = SearchValues.Create("\""u8);
    private static readonly SearchValues<byte> CellEnds = SearchValues.Create("\",\r\n"u8);

    private readonly ContractColumn _idColumn = table.Key.Columns[0];
    private readonly ContractColumn _timeColumn = table.Key.Columns[1];
    private readonly ArrayBufferWriter<byte> _id = new();
    private readonly ArrayBufferWriter<byte> _time = new();

    /// <summary>Returns the key of each row after the header.</summary>
    /// <exception cref="InvalidDataException">The file is cut, or is not such a file.</exception>
    public IEnumerable<ItemKey> ReadKeys()
    {
        var names = ReadHeader();
        var (id, time) = (IndexOf(_idColumn), IndexOf(_timeColumn));
        for (var row = 1L; file.Peek() >= 0; row++)
        {
            ReadRow(row, names.Count, id, time);
            yield return RowKey.Of(ParseId(row), ParseTime(row));
        }

        int IndexOf(ContractColumn column) =>
            names.IndexOf(column.Name) is >= 0 and var index ? index : throw file.CreateError($"The header has no column '{column.Name}'.");
    }

    private List<string> ReadHeader()
    {
        var (names, name) = (new List<string>(), new ArrayBufferWriter<byte>());
        for (var end = (int)','; end == ',';)
        {
            name.ResetWrittenCount();
            end = ReadCell(name);
            if (end is not (',' or '\n')) throw CreateError("The header", end);
            names.Add(Encoding.UTF8.GetString(name.WrittenSpan));
        }

        return names;
    }

    private void ReadRow(long row, int columns, int id, int time)
    {
        _id.ResetWrittenCount();
        _time.ResetWrittenCount();
        var cells = 0;
        for (var end = (int)','; end == ','; cells++)
        {
            end = ReadCell(cells == id ? _id : cells == time ? _time : null);
            if (end is not (',' or '\n')) throw CreateError($"Row {row}", end);
        }

        if (cells != columns) throw file.CreateError($"Row {row} has {cells} cells, but the header has {columns}.");
    }

    /// <summary>
    /// Reads a cell, and returns what is after it: a comma, a line feed for the end of a row, <see cref="CutFile"/> for that of the file, or a byte that cannot
    /// be there; any other line break is a CR.
    /// </summary>
    private int ReadCell(ArrayBufferWriter<byte>? text)
    {
        var end = file.Peek() == '"' ? ReadQuoted(text) : file.ReadTo(CellEnds, text);
        return end switch
        {
            '\r' => file.Read() switch { '\n' => '\n', CutFile => CutFile, _ => '\r' },
            '\n' => '\r',
            _ => end,
        };
    }

    private int ReadQuoted(ArrayBufferWriter<byte>? text)
    {
        file.Read();
        while (file.ReadTo(Quote, text) >= 0)
        {
            // Two quotes stand for one.
            if (file.Read() is not '"' and var end) return end;
            text?.Write("\""u8);
        }

        return CutFile;
    }

    private string ParseId(long row)
    {
        var text = Encoding.UTF8.GetString(_id.WrittenSpan);
        if (_idColumn.Type != "uuid" || text.Length == 0) return text;
        return Guid.TryParseExact(text, "D", out var uuid) ? uuid.ToString() : throw CreateTypeError(row, _idColumn);
    }

    private long? ParseTime(long row)
    {
        if (_time.WrittenCount == 0) return null;
        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        var text = Encoding.UTF8.GetString(_time.WrittenSpan);
        return DateTimeOffset.TryParseExact(text, CsvTableWriter.TimeFormat, CultureInfo.InvariantCulture, Styles, out var time)
            ? time.ToUnixTimeMilliseconds()
            : throw CreateTypeError(row, _timeColumn);
    }

    private InvalidDataException CreateError(string row, int end) => file.CreateError(end switch
    {
        CutFile => $"{row} is not complete: the file is cut.",
        '\r' => $"{row} has a line break other than CR LF outside of quotes.",
        _ => $"{row} has a cell whose quotes are not as in RFC 4180.",
    });

    private InvalidDataException CreateTypeError(long row, ContractColumn column) =>
        file.CreateError($"Row {row} has a value in column '{column.Name}' that is not of type {column.Type}.");
}
