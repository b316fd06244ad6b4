using System.Text.Json;

namespace Croct.Export.Cli.Output;

/// <summary>Brings the pages of one stream to where they go.</summary>
internal sealed class ExportRunner(ExportClient client, NdjsonWriter writer, ProgressDisplay progress)
{
    public Task RunAsync(ExportStream stream, ExportOptions options, long maxItems, CancellationToken cancellationToken) =>
        progress.RunAsync(() => RunCoreAsync(stream, options, maxItems, cancellationToken));

    private async Task RunCoreAsync(ExportStream stream, ExportOptions options, long maxItems, CancellationToken cancellationToken)
    {
        var left = maxItems;
        await foreach (var page in client.ExportRawPagesAsync(stream, options, cancellationToken))
        {
            var count = (int)Math.Min(left, page.Count);
            for (var i = 0; i < count; i++) await writer.WriteAsync(page.Items[i], cancellationToken);
            left -= count;
            progress.PageWritten(count, writer.Bytes, count == 0 ? null : TimeOf(stream, page.Items[count - 1].Span));
            if (left == 0) break;
        }
    }

    /// <summary>The time of an item that windows are about, for the eyes of who watches; null where there is none.</summary>
    private static DateTimeOffset? TimeOf(ExportStream stream, ReadOnlySpan<byte> item)
    {
        var name = stream switch
        {
            ExportStream.Events => "timestamp"u8,
            ExportStream.Sessions => "closeTime"u8,
            _ => "lastModifiedTime"u8,
        };
        var reader = new Utf8JsonReader(item);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            if (found) return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var time) && time is > -62135596800000 and < 253402300800000 ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
            reader.Skip();
        }

        return null;
    }
}
