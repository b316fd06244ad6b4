using System.Diagnostics.CodeAnalysis;
using System.Net;
using Croct.Export.Http;

namespace Croct.Export.Paging;

/// <summary>
/// Detects the unit in which the server expects the start and end of windows. A wrong unit would go unnoticed: a server that expects milliseconds
/// interprets seconds as January 1970 and returns an empty page.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "An operation that waits while the client is disposed must fail as any other operation does; a disposed semaphore prevents that.")]
internal sealed class TimeUnitDetector(ExportTransport transport, TimeUnit configured)
{
    /// <summary>
    /// The start of the window of the detection requests. Sent in seconds, it is in the first day of 1970 for a server that expects milliseconds.
    /// </summary>
    private static readonly DateTimeOffset Start = new(1971, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SemaphoreSlim _detecting = new(1);

    // Detect until the unit is known.
    private volatile TimeUnit _found = configured;

    /// <summary>
    /// Returns the unit, which is detected once for all exports of a client; null if the stream has no data, in which case it remains unknown.
    /// </summary>
    /// <param name="stream">The stream to request items of.</param>
    /// <param name="end">The end of the window that needs the unit.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <exception cref="ExportException">The server refuses both units, or detection fails.</exception>
    public async ValueTask<TimeUnit?> FindAsync(StreamDescription stream, DateTimeOffset? end, CancellationToken cancellationToken)
    {
        if (_found is var known && known != TimeUnit.Detect) return known;
        await _detecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_found is var other && other != TimeUnit.Detect) return other;
            var asked = await AskAsync(stream, end, cancellationToken).ConfigureAwait(false);
            if (asked is { } unit) _found = unit;
            return asked;
        }
        finally
        {
            _detecting.Release();
        }
    }

    private async Task<TimeUnit?> AskAsync(StreamDescription stream, DateTimeOffset? end, CancellationToken cancellationToken)
    {
        var tomorrow = transport.TimeProvider.GetUtcNow().AddDays(1);
        var last = end > tomorrow ? end.Value : tomorrow;
        var inSeconds = new Probe(stream, new RequestWindow(Start, last, TimeUnit.Seconds));
        var inMilliseconds = new Probe(stream, new RequestWindow(Start, last, TimeUnit.Milliseconds));
        for (var page = 0; page < EmptyPages.Max && !(inSeconds.IsAtEnd && inMilliseconds.IsAtEnd); page++)
        {
            foreach (var probe in (Probe[])[inSeconds, inMilliseconds])
            {
                if (await probe.AskAsync(transport, cancellationToken).ConfigureAwait(false)) return Told(GetUnit(probe));
            }
        }

        if (inSeconds.Refusal is not null && inMilliseconds.Refusal is { } refusal) throw refusal;

        // There is no data only if both probes reached the end of it.
        var hasItems = inSeconds.HasItemWithoutTime || inMilliseconds.HasItemWithoutTime;
        if (!hasItems && inSeconds.IsAtEnd && inMilliseconds.IsAtEnd) return null;
        var reason = hasItems ? "an item without a time" : $"{EmptyPages.Max} empty pages in a row";
        throw new ExportException(
            $"The unit of time windows could not be detected: the API returned {reason}. "
            + $"Set {nameof(ExportClientOptions.TimeUnit)} to the unit that the API expects.");
    }

    /// <summary>An item from before the window shows that the server interpreted the seconds as milliseconds, in January 1970.</summary>
    private static TimeUnit GetUnit(Probe probe) =>
        probe.Unit == TimeUnit.Seconds && probe.Time < Start.ToUnixTimeMilliseconds() ? TimeUnit.Milliseconds : probe.Unit;

    private static TimeUnit Told(TimeUnit unit)
    {
        Telemetry.TimeUnitFound(unit);
        return unit;
    }

    /// <summary>Requests one item with a window in one unit, page by page as long as pages are empty.</summary>
    private sealed class Probe(StreamDescription stream, RequestWindow window)
    {
        private string? _cursor;

        public TimeUnit Unit => window.Unit;

        public long? Time { get; private set; }

        public bool IsAtEnd { get; private set; }

        /// <summary>Whether an item without a time was returned: it does not reveal the unit.</summary>
        public bool HasItemWithoutTime { get; private set; }

        public ExportApiException? Refusal { get; private set; }

        /// <summary>Requests the next page, unless there is none; returns whether it has an item with a time.</summary>
        public async Task<bool> AskAsync(ExportTransport transport, CancellationToken cancellationToken)
        {
            if (IsAtEnd) return false;
            try
            {
                var (operation, url) = stream.Request(new PageQuery(window.Start, window.End, PageSize: 1, _cursor, Events: null));
                var (hasItem, time, nextCursor) = await transport
                    .SendAsync(operation, url, body => ReadFirstItem(body, stream), cancellationToken)
                    .ConfigureAwait(false);
                (Time, HasItemWithoutTime) = (time, hasItem && time is null);
                IsAtEnd = hasItem || string.IsNullOrWhiteSpace(nextCursor) || nextCursor == _cursor;
                _cursor = nextCursor;
                return time is not null;
            }
            catch (ExportApiException exception) when (exception.StatusCode == HttpStatusCode.BadRequest)
            {
                (Refusal, IsAtEnd) = (exception, true);
                return false;
            }
        }
    }

    private static (bool HasItem, long? Time, string? NextCursor) ReadFirstItem(ResponseBody body, StreamDescription stream)
    {
        using (body)
        {
            var (items, nextCursor) = RawPageParser.Parse(body);
            return items.Count == 0 ? (false, null, nextCursor) : (true, Json.ModelReader.FindInt64(items[0].Span, stream.TimeName), nextCursor);
        }
    }
}
