using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Cli.Items;
using Croct.Export.Models;

namespace Croct.Export.Cli.Formats;

/// <summary>NDJSON: the items as received.</summary>
internal sealed class NdjsonFormat(ExportStream stream, Compression? compression) : Format<ReadOnlyMemory<byte>>(compression)
{
    private readonly (byte[] Id, byte[] Time, Type Model) _item = stream switch
    {
        ExportStream.Events => ("id"u8.ToArray(), "timestamp"u8.ToArray(), typeof(Event)),
        ExportStream.Sessions => ("sessionId"u8.ToArray(), "closeTime"u8.ToArray(), typeof(Session)),
        _ => ("userId"u8.ToArray(), "lastModifiedTime"u8.ToArray(), typeof(User)),
    };

    public override bool IsResumable => true;

    protected override IAsyncEnumerable<ExportPage<ReadOnlyMemory<byte>>> PagesAsync(ExportClient client, ExportOptions options, CancellationToken cancellationToken) =>
        client.ExportRawPagesAsync(stream, options, cancellationToken);

    protected override ItemWriter<ReadOnlyMemory<byte>> WriterTo(Stream stream, bool isBegun) => new NdjsonWriter(stream);

    protected override ItemKey KeyOf(ReadOnlyMemory<byte> item, long? time)
    {
        var id = ReaderAt(item.Span, _item.Id, JsonTokenType.String) is { TokenType: JsonTokenType.String } reader ? ItemContent.TextOf(ref reader) : "";

        // A UUID is the same in any case, as it is for tables.
        if (stream != ExportStream.Events && Guid.TryParseExact(id, "D", out var uuid)) id = uuid.ToString();
        return ItemKey.Of(id.Length > 0 ? id : ItemContent.Of(item), time);
    }

    protected override long? TimeOf(ReadOnlyMemory<byte> item)
    {
        var time = ReaderAt(item.Span, _item.Time, JsonTokenType.Number).ValueSpan;
        if (Utf8Parser.TryParse(time, out long number, out var length) && length == time.Length) return number;

        // Another spelling of a whole number, such as 1.7040672e12.
        return decimal.TryParse(time, NumberStyles.Float, CultureInfo.InvariantCulture, out var other) && other == decimal.Truncate(other) && other is >= long.MinValue and <= long.MaxValue ? (long)other : null;
    }

    protected override IReadOnlyList<Finding> FindingsIn(IReadOnlyList<ReadOnlyMemory<byte>> items)
    {
        var findings = new List<Finding>();
        var shape = KnownShape.Of(_item.Model);
        foreach (var item in items)
        {
            if (!shape.IsShapeOf(item.Span)) findings.AddRange(Strangers.In(JsonSerializer.Deserialize(item.Span, _item.Model, ItemContent.Options)!));
        }

        return findings;
    }

    /// <summary>A reader at the value of a member of an item; one at the end of the item if it has no such member, or one of another type.</summary>
    private static Utf8JsonReader ReaderAt(ReadOnlySpan<byte> item, ReadOnlySpan<byte> name, JsonTokenType type)
    {
        var reader = new Utf8JsonReader(item, new JsonReaderOptions { MaxDepth = ItemContent.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Names are looked at as they stand there: unescaped, half a surrogate pair would be no text.
            var isIt = reader.ValueSpan.SequenceEqual(name);
            reader.Read();
            if (isIt && reader.TokenType == type) return reader;
            reader.Skip();
        }

        return reader;
    }
}
