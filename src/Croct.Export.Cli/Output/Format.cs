using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Croct.Export.Cli.Output.Tables;
using Newtonsoft.Json;

namespace Croct.Export.Cli.Output;

/// <summary>How the items of a stream become the bytes of a file.</summary>
internal abstract class Format
{
    /// <summary>Whether a file can be gone on with behind any page; if not, it is made as a whole.</summary>
    public abstract bool IsResumable { get; }

    /// <summary>Gets the pages and writes them, and tells of each. Whoever stops between two of them has whole pages in the file.</summary>
    /// <param name="client">Where the pages come from.</param>
    /// <param name="options">Which ones.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="most">The most items to write.</param>
    /// <param name="cancellationToken">Ends the waiting for a page, not the writing of one.</param>
    public abstract IAsyncEnumerable<WrittenPage> WriteAsync(ExportClient client, ExportOptions options, Destination to, long most, CancellationToken cancellationToken);
}

/// <summary>How items of one form are written.</summary>
/// <param name="compression">How the file as a whole is compressed.</param>
internal abstract class Format<T>(Compression? compression) : Format
{
    public sealed override async IAsyncEnumerable<WrittenPage> WriteAsync(
        ExportClient client, ExportOptions options, Destination to, long most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var compressed = compression is { } kind ? new CompressedStream(to.Stream, kind, to.IsBegun) : null;
        await using var writer = WriterTo(compressed ?? to.Stream, to.IsBegun);

        // Of two items with the same JSON, both come again.
        var repeating = to.Repeating.GroupBy(fingerprint => fingerprint).ToDictionary(group => group.Key, group => group.Count());
        await foreach (var page in PagesAsync(client, options, cancellationToken))
        {
            var items = page.Items.Take((int)Math.Min(most, page.Count)).ToList();
            var keys = new List<ItemKey>();

            // Pages are in the order in which things came, and late ones come behind newer ones.
            var times = items.ConvertAll(TimeOf);
            var fresh = items.Where((item, index) => !IsRepeated(item) && IsNew(item, times[index])).ToList();
            await writer.WriteAsync(fresh);
            if (compressed is not null) await compressed.EndPartAsync();
            most -= items.Count;

            var understood = times.ConvertAll(Understood);
            yield return new WrittenPage
            {
                Rows = fresh.Count,
                Duplicates = items.Count - fresh.Count,
                Cursor = page.Cursor,
                ResumeCursor = page.ResumeCursor,
                TimeUnit = page.TimeUnit,
                OutsideWindow = page.OutsideWindow,
                IsEndUnconfirmed = page.IsEndUnconfirmed,
                Repeating = page.NextCursor is null ? [.. page.Items.Select(FingerprintOf)] : [.. repeating.SelectMany(pair => Enumerable.Repeat(pair.Key, pair.Value))],
                Keys = keys,
                Times = (understood.Min(), understood.Max()),
                Unknown = UnknownOf(items),
            };
            if (most == 0) break;

            bool IsRepeated(T item)
            {
                if (repeating.Count == 0) return false;
                var fingerprint = FingerprintOf(item);
                if (!repeating.TryGetValue(fingerprint, out var times)) return false;
                if (times == 1) repeating.Remove(fingerprint);
                else repeating[fingerprint] = times - 1;
                return true;
            }

            bool IsNew(T item, long? time)
            {
                if (!to.WantsKeys) return true;
                var key = KeyOf(item, time);
                if (to.HasSeen(key)) return false;
                keys.Add(key);
                return true;
            }
        }

        await writer.CompleteAsync();
    }

    protected abstract IAsyncEnumerable<ExportPage<T>> PagesAsync(ExportClient client, ExportOptions options, CancellationToken cancellationToken);

    /// <param name="stream">Where to write to.</param>
    /// <param name="isBegun">Whether there are rows already, behind which it goes on.</param>
    protected abstract ItemWriter<T> WriterTo(Stream stream, bool isBegun);

    /// <summary>Equal for equal items only.</summary>
    protected abstract string FingerprintOf(T item);

    protected abstract ItemKey KeyOf(T item, long? time);

    /// <summary>The time that windows are about, in milliseconds; null where there is none.</summary>
    protected abstract long? TimeOf(T item);

    /// <summary>What in the items this version does not know; null where nobody looks.</summary>
    protected virtual IReadOnlyList<string>? UnknownOf(IReadOnlyList<T> items) => null;

    /// <summary>A time in milliseconds as a date; null for none, and for one that no calendar has.</summary>
    private static DateTimeOffset? Understood(long? time) =>
        time is { } milliseconds and >= -62135596800000 and < 253402300800000 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}

/// <summary>NDJSON: the items as received.</summary>
internal sealed class NdjsonFormat(ExportStream stream, Compression? compression) : Format<ReadOnlyMemory<byte>>(compression)
{
    /// <summary>As deep as the client lets JSON be.</summary>
    private const int MaxDepth = 512;

    private readonly (byte[] Id, byte[] Time) _names = stream switch
    {
        ExportStream.Events => ("id"u8.ToArray(), "timestamp"u8.ToArray()),
        ExportStream.Sessions => ("sessionId"u8.ToArray(), "closeTime"u8.ToArray()),
        _ => ("userId"u8.ToArray(), "lastModifiedTime"u8.ToArray()),
    };

    public override bool IsResumable => true;

    protected override IAsyncEnumerable<ExportPage<ReadOnlyMemory<byte>>> PagesAsync(ExportClient client, ExportOptions options, CancellationToken cancellationToken) =>
        client.ExportRawPagesAsync(stream, options, cancellationToken);

    protected override ItemWriter<ReadOnlyMemory<byte>> WriterTo(Stream stream, bool isBegun) => new NdjsonWriter(stream);

    protected override string FingerprintOf(ReadOnlyMemory<byte> item) => Destination.FingerprintOf(item.Span);

    protected override ItemKey KeyOf(ReadOnlyMemory<byte> item, long? time) =>
        ItemKey.Of(ValueOf(item.Span, _names.Id, JsonTokenType.String) is { Length: > 0 } id ? id : item.Span, time);

    protected override long? TimeOf(ReadOnlyMemory<byte> item)
    {
        var time = ValueOf(item.Span, _names.Time, JsonTokenType.Number);
        return Utf8Parser.TryParse(time, out long number, out var length) && length == time.Length ? number : null;
    }

    /// <summary>
    /// The value of a member of an item, the bytes of a text between its quotes; nothing where there is none of that type. Names and texts are looked at
    /// as they stand there: unescaped, half a surrogate pair would be no text.
    /// </summary>
    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> item, ReadOnlySpan<byte> name, JsonTokenType type)
    {
        var reader = new Utf8JsonReader(item, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueSpan.SequenceEqual(name);
            reader.Read();
            if (isIt && reader.TokenType == type) return reader.ValueSpan;
            reader.Skip();
        }

        return default;
    }
}

/// <summary>CSV and Parquet: one row an item, in the columns of a table.</summary>
/// <param name="table">The columns.</param>
/// <param name="pages">Gets the pages.</param>
/// <param name="idOf">The id of an item.</param>
/// <param name="timeOf">The time of an item that windows are about.</param>
/// <param name="compression">How the file is compressed, or within a Parquet file its columns.</param>
/// <param name="isParquet">Whether it is Parquet and not CSV.</param>
/// <param name="safe">Whether CSV is made safe for spreadsheets.</param>
internal sealed class TableFormat<T>(
    Table<T> table,
    Func<ExportClient, ExportOptions, CancellationToken, IAsyncEnumerable<ExportPage<T>>> pages,
    Func<T, string?> idOf,
    Func<T, long?> timeOf,
    Compression? compression,
    bool isParquet,
    bool safe) : Format<T>(isParquet ? null : compression)
    where T : class
{
    private readonly Compression? _compression = compression;

    public override bool IsResumable => !isParquet;

    protected override IAsyncEnumerable<ExportPage<T>> PagesAsync(ExportClient client, ExportOptions options, CancellationToken cancellationToken) =>
        pages(client, options, cancellationToken);

    protected override ItemWriter<T> WriterTo(Stream stream, bool isBegun) =>
        isParquet ? new ParquetTableWriter<T>(table, stream, _compression) : new CsvTableWriter<T>(table, stream, header: !isBegun, safe);

    protected override string FingerprintOf(T item) => Destination.FingerprintOf(JsonOf(item));

    protected override ItemKey KeyOf(T item, long? time) => ItemKey.Of(idOf(item) is { Length: > 0 } id ? Encoding.UTF8.GetBytes(id) : JsonOf(item), time);

    protected override long? TimeOf(T item) => timeOf(item);

    protected override IReadOnlyList<string> UnknownOf(IReadOnlyList<T> items) => [.. items.SelectMany(item => Unknown.Of(item))];

    private static byte[] JsonOf(T item) => Encoding.UTF8.GetBytes(JsonConvert.SerializeObject(item));
}
