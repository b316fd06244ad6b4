using System.Text;
using System.Text.Json;
using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Cli.Items;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats;

/// <summary>The format of a file.</summary>
internal enum FileFormat
{
    Ndjson,
    Csv,
    Parquet,

    /// <summary>Rows for PostgreSQL, which are never in a file.</summary>
    Postgres,
}

/// <summary>Writes the items of a stream in a file format, and reads which items a file has.</summary>
/// <param name="stream">The stream of the items.</param>
/// <param name="form">The format of the file.</param>
/// <param name="compression">The compression of the file, or of the columns within a Parquet file; null for none.</param>
/// <param name="isCsvSafe">Whether CSV is made safe for spreadsheets.</param>
internal sealed class Format(ExportStream stream, FileFormat form, Compression? compression, bool isCsvSafe)
{
    private readonly ContractStream _contract = GetContract(stream);
    private byte[] _scratch = new byte[256];
    private RowKey? _rowKey;

    public ExportStream Stream => stream;

    /// <summary>Whether a file can be continued after any page; if not, it is always written as a whole.</summary>
    public static bool IsResumable(FileFormat form) => form != FileFormat.Parquet;

    /// <summary>The version of the columns of a new file; null for a format without columns.</summary>
    public static string? GetColumnsVersion(ExportStream stream, FileFormat form) => form == FileFormat.Ndjson ? null : Table.Of(GetContract(stream)).Version;

    /// <summary>Checks that a file with columns of the given version can be continued.</summary>
    /// <exception cref="UsageException">This version does not have these columns.</exception>
    public static void CheckColumns(ExportStream stream, FileFormat form, string? version)
    {
        if (form == FileFormat.Csv) Table.Of(GetContract(stream)).WithVersion(version);
    }

    /// <summary>Begins or continues a file.</summary>
    /// <exception cref="UsageException">The file to be continued has columns that this version does not have.</exception>
    public PageWriter Open(PageTarget target) => new(this, target, form == FileFormat.Parquet ? null : compression);

    /// <summary>
    /// The key of the row that an item becomes in a file of this format, as <see cref="ReadRowKeys"/> returns it. A table does not hold the whole item: see
    /// <see cref="RowKey"/>.
    /// </summary>
    public ItemKey ReadRowKey(ReadOnlyMemory<byte> item) =>
        form == FileFormat.Ndjson ? ReadKey(item) : (_rowKey ??= new RowKey(Table.Of(_contract), safe: isCsvSafe)).Of(item);

    /// <summary>Reads the keys of all rows of a file of this format, in order. The memory that this takes does not depend on the number of rows.</summary>
    /// <param name="file">A stream at the beginning of the file that supports seeking. It stays open.</param>
    /// <exception cref="InvalidDataException">While the keys are enumerated: the file is cut or damaged, or is not a file of this format.</exception>
    public IEnumerable<ItemKey> ReadRowKeys(Stream file)
    {
        if (form == FileFormat.Parquet) return ParquetTableReader.ReadKeys(Table.Of(_contract), file);
        return ReadKeys();

        IEnumerable<ItemKey> ReadKeys()
        {
            using var decompressed = new DecompressedFile(file, compression);
            var keys = form == FileFormat.Csv
                ? new CsvTableReader(Table.Of(_contract), decompressed).ReadKeys()
                : NdjsonReader.Read(decompressed).Select(ReadKey);
            foreach (var key in keys) yield return key;
        }
    }

    /// <summary>The writer of the items, without the compression of the file.</summary>
    public ItemWriter CreateWriter(Stream output, PageTarget target)
    {
        if (form == FileFormat.Ndjson) return new NdjsonWriter(_contract, output);
        var table = Table.Of(_contract);
        if (form == FileFormat.Parquet) return new ParquetTableWriter(table, output, compression);
        if (form == FileFormat.Postgres) return new PostgresTableWriter(Table.ForPostgres(_contract), output, target.WithoutId!, ReadKey);
        return new CsvTableWriter(target.IsBegun ? table.WithVersion(target.Columns) : table, output, header: !target.IsBegun, isCsvSafe);
    }

    /// <summary>Identifies an item that was received.</summary>
    public ItemKey ReadKey(ReadOnlyMemory<byte> item)
    {
        var id = TryFind(item, _contract.Id, JsonTokenType.String, out var reader) ? ItemContent.GetText(ref reader) : "";

        // UUIDs are not case-sensitive.
        if (stream != ExportStream.Events && Guid.TryParseExact(id, "D", out var uuid)) id = uuid.ToString();
        return ItemKey.Of(id.Length > 0 ? id : ItemContent.Of(item), ReadTime(item));
    }

    /// <summary>The time by which windows select an item, in milliseconds; null if it has none.</summary>
    public long? ReadTime(ReadOnlyMemory<byte> item) =>
        TryFind(item, _contract.Time, JsonTokenType.Number, out var reader) && JsonBytes.TryParse(reader.ValueSpan, out var time) ? time : null;

    private static ContractStream GetContract(ExportStream stream) => ContractDocument.Current.StreamNamed(stream.ToString());

    /// <summary>Finds the value of an item's member with the given name and type.</summary>
    private bool TryFind(ReadOnlyMemory<byte> item, string name, JsonTokenType type, out Utf8JsonReader reader)
    {
        reader = new Utf8JsonReader(JsonBytes.AsUtf8(item).Span, new JsonReaderOptions { MaxDepth = ItemContent.MaxDepth });
        reader.Read();
        return JsonBytes.TryMoveTo(ref reader, Encoding.UTF8.GetBytes(name), type, ref _scratch);
    }
}
