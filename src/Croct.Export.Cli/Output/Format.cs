using System.Runtime.CompilerServices;
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

    /// <summary>A time in milliseconds as a date; null for none, and for one that no calendar has.</summary>
    protected static DateTimeOffset? Understood(long? time) =>
        time is { } milliseconds and >= -62135596800000 and < 253402300800000 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    /// <summary>Whether an item is to be written, and notes its key then.</summary>
    protected static bool Keep(ItemKey key, Destination to, List<ItemKey> keys)
    {
        if (to.HasSeen(key)) return false;
        keys.Add(key);
        return true;
    }
}

/// <summary>NDJSON: the items as received.</summary>
internal sealed class NdjsonFormat(ExportStream stream, Compression? compression) : Format
{
    public override bool IsResumable => true;

    public override async IAsyncEnumerable<WrittenPage> WriteAsync(
        ExportClient client, ExportOptions options, Destination to, long most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var compressed = compression is { } kind ? new CompressedStream(to.Stream, kind, to.IsBegun) : null;
        var writer = new NdjsonWriter(compressed ?? to.Stream);
        var repeating = to.Repeating.ToHashSet();
        await foreach (var page in client.ExportRawPagesAsync(stream, options, cancellationToken))
        {
            var rows = 0;
            var items = page.Items.Take((int)Math.Min(most, page.Count)).ToList();
            var keys = new List<ItemKey>();
            foreach (var item in items)
            {
                if (repeating.Count > 0 && repeating.Remove(Destination.FingerprintOf(item.Span))) continue;
                if (to.WantsKeys && !Keep(KeyOf(item.Span), to, keys)) continue;
                await writer.WriteAsync(item, CancellationToken.None);
                rows++;
            }

            if (compressed is not null) await compressed.EndPartAsync();
            most -= items.Count;
            yield return new WrittenPage
            {
                Rows = rows,
                Duplicates = items.Count - rows,
                Cursor = page.Cursor,
                ResumeCursor = page.ResumeCursor,
                Repeating = page.NextCursor is null ? [.. page.Items.Select(item => Destination.FingerprintOf(item.Span))] : [.. repeating],
                Keys = keys,
                Times = items.Count == 0 ? default : (TimeOf(items[0].Span), TimeOf(items[^1].Span)),
            };
            if (most == 0) break;
        }
    }

    private DateTimeOffset? TimeOf(ReadOnlySpan<byte> item) => Understood(Read(item).Time);

    private ItemKey KeyOf(ReadOnlySpan<byte> item)
    {
        var (id, time) = Read(item);
        return ItemKey.Of(id ?? System.Text.Encoding.UTF8.GetString(item), time);
    }

    /// <summary>The id of an item and the time that windows are about; null where there is none.</summary>
    private (string? Id, long? Time) Read(ReadOnlySpan<byte> item)
    {
        var (idName, timeName) = stream switch
        {
            ExportStream.Events => ("id", "timestamp"),
            ExportStream.Sessions => ("sessionId", "closeTime"),
            _ => ("userId", "lastModifiedTime"),
        };
        var (id, time) = (default(string), default(long?));
        var reader = new Utf8JsonReader(item);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName && (id is null || time is null))
        {
            var (isId, isTime) = (reader.ValueTextEquals(idName), reader.ValueTextEquals(timeName));
            reader.Read();
            if (isId && reader.TokenType == JsonTokenType.String) id = reader.GetString();
            else if (isTime && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number)) time = number;
            else reader.Skip();
        }

        return (id, time);
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
    bool safe) : Format
    where T : class
{
    public override bool IsResumable => !isParquet;

    public override async IAsyncEnumerable<WrittenPage> WriteAsync(
        ExportClient client, ExportOptions options, Destination to, long most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var compressed = compression is { } kind && !isParquet ? new CompressedStream(to.Stream, kind, to.IsBegun) : null;
        await using TableWriter<T> writer = isParquet
            ? new ParquetTableWriter<T>(table, to.Stream, compression)
            : new CsvTableWriter<T>(table, compressed ?? to.Stream, header: !to.IsBegun, safe);
        var repeating = to.Repeating.ToHashSet();
        await foreach (var page in pages(client, options, cancellationToken))
        {
            var items = page.Items.Take((int)Math.Min(most, page.Count)).ToList();
            var keys = new List<ItemKey>();
            var fresh = items.FindAll(item =>
                !(repeating.Count > 0 && repeating.Remove(FingerprintOf(item)))
                && (!to.WantsKeys || Keep(ItemKey.Of(idOf(item) ?? JsonConvert.SerializeObject(item), timeOf(item)), to, keys)));
            await writer.WriteAsync(fresh, CancellationToken.None);
            if (compressed is not null) await compressed.EndPartAsync();
            most -= items.Count;
            yield return new WrittenPage
            {
                Rows = fresh.Count,
                Duplicates = items.Count - fresh.Count,
                Cursor = page.Cursor,
                ResumeCursor = page.ResumeCursor,
                Repeating = page.NextCursor is null ? [.. page.Items.Select(FingerprintOf)] : [.. repeating],
                Keys = keys,
                Times = items.Count == 0 ? default : (Understood(timeOf(items[0])), Understood(timeOf(items[^1]))),
                Unknown = [.. items.SelectMany(item => Unknown.Of(item!))],
            };
            if (most == 0) break;
        }

        await writer.CompleteAsync(CancellationToken.None);
    }

    private static string FingerprintOf(T item) => Destination.FingerprintOf(System.Text.Encoding.UTF8.GetBytes(JsonConvert.SerializeObject(item)));
}
