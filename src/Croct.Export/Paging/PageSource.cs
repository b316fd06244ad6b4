using System.Globalization;
using Croct.Export.Http;
using Croct.Export.Json;
using Croct.Export.Models;

namespace Croct.Export.Paging;

/// <summary>
/// Fetches the pages of one export: detects the unit of its window, sends the request, finds the cursor of the next page early, parses the page, and
/// compares the items with the window.
/// </summary>
internal sealed class PageSource(ExportTransport transport, TimeUnitDetector units, StreamDescription stream, ExportOptions options)
{
    public async Task<TPage> FetchAsync<TResponse, TItem, TPage>(
        StreamDescription<TResponse, TItem, TPage> typed, string? cursor, Action<string> reportNextCursor, CancellationToken cancellationToken)
        where TResponse : ExportModel
        where TItem : IStreamItem
        where TPage : ExportPage
    {
        if (await FindWindowAsync(cancellationToken).ConfigureAwait(false) is not { } window) return typed.Page(default, [], NoData(cursor));
        var request = typed.TypedRequest(Query(window, cursor));
        var parsed = await transport.SendAsync(
            request.Operation,
            request.Url,
            body =>
            {
                using (body)
                {
                    NextCursorFinder.Report(body, cursor, reportNextCursor);
                    RawPageParser.ThrowIfNotPage(body);
                    return ResponseReader.Read(body, request.Read);
                }
            },
            cancellationToken).ConfigureAwait(false);

        Telemetry.ValuesUnexpected(request.Operation, parsed.Unexpected);
        var (items, nextCursor) = typed.Content(parsed.Root);
        var facts = Check(request.Operation, window, items, item => item.Time, cursor, nextCursor, parsed.Unexpected.Count);
        return typed.Page(parsed.Root, (IReadOnlyList<TItem>)items, facts);
    }

    public async Task<RawPage> FetchRawAsync(string? cursor, Action<string> reportNextCursor, CancellationToken cancellationToken)
    {
        if (await FindWindowAsync(cancellationToken).ConfigureAwait(false) is not { } window) return new RawPage(body: null, NoData(cursor));
        var (operation, url) = stream.Request(Query(window, cursor));
        var (body, items, nextCursor) = await transport.SendAsync(
            operation,
            url,
            body =>
            {
                try
                {
                    NextCursorFinder.Report(body, cursor, reportNextCursor);
                    var (items, nextCursor) = RawPageParser.Parse(body);
                    return (body, items, nextCursor);
                }
                catch
                {
                    body.Dispose();
                    throw;
                }
            },
            cancellationToken).ConfigureAwait(false);
        try
        {
            var facts = Check(operation, window, items, item => ModelReader.FindInt64(item.Span, stream.TimeName), cursor, nextCursor, unexpectedValues: 0);
            return new RawPage(body, facts) { Items = items };
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Returns the window in the unit of the server; null if the stream has no data to detect the unit from.</summary>
    private async ValueTask<RequestWindow?> FindWindowAsync(CancellationToken cancellationToken)
    {
        if (options.Start is null && options.End is null) return default(RequestWindow);
        var unit = options.TimeUnit is TimeUnit.Seconds or TimeUnit.Milliseconds
            ? options.TimeUnit
            : await units.FindAsync(stream, options.End, cancellationToken).ConfigureAwait(false);
        return unit is { } known ? new RequestWindow(options.Start, options.End, known) : null;
    }

    private PageQuery Query(RequestWindow window, string? cursor) =>
        new(window.Start, window.End, options.PageSize, cursor, (options as EventExportOptions)?.Events);

    private static PageFacts NoData(string? cursor) => new(cursor, NextCursor: null, HasNoData: true);

    /// <summary>Drops the items that only the rounded window includes, and counts those that are further outside.</summary>
    /// <exception cref="ExportException">No item is inside the window: the server did not apply it.</exception>
    private PageFacts Check<TItem>(
        string operation, RequestWindow window, IList<TItem> items, Func<TItem, long?> timeOf, string? cursor, string? nextCursor, int unexpectedValues)
    {
        var (inside, outside, received, first) = (0, 0, items.Count, default(long?));
        if (window.Unit != TimeUnit.Detect)
        {
            var kept = 0;
            for (var i = 0; i < items.Count; i++)
            {
                var time = timeOf(items[i]);
                var place = window.GetPosition(time);
                if (place == WindowPosition.Inside) inside++;
                if (place == WindowPosition.Outside)
                {
                    outside++;
                    first ??= time;
                }

                if (place != WindowPosition.Rounded) items[kept++] = items[i];
            }

            while (items.Count > kept) items.RemoveAt(items.Count - 1);
            if (outside > 0 && inside == 0 && items.Count == received) throw WindowNotApplied(window, received, first);
        }

        Telemetry.ItemsReceived(operation, items.Count, outside);
        return new PageFacts(
            cursor,
            string.IsNullOrWhiteSpace(nextCursor) ? null : nextCursor,
            window.Unit == TimeUnit.Detect ? null : window.Unit,
            unexpectedValues,
            outside,
            Dropped: received - items.Count);
    }

    private ExportException WindowNotApplied(RequestWindow window, int items, long? time)
    {
        var date = UnixTime.ToDateTimeOffset(time) is { } at ? FormattableString.Invariant($" ({at:yyyy-MM-dd'T'HH:mm:ss'Z'})") : "";
        var start = options.Start?.ToString("O", CultureInfo.InvariantCulture) ?? "the beginning";
        var end = options.End?.ToString("O", CultureInfo.InvariantCulture) ?? "the end of the data";
        return new ExportException(
            $"The server did not apply the time window, which was sent in {window.Unit.ToString().ToLowerInvariant()}: "
            + FormattableString.Invariant($"no item of a page of {items} is inside. One has the time {time}{date}. ")
            + $"The window was from {start} to {end}. Check which unit the server expects, or export without a window.")
        { Attempts = 1 };
    }
}
