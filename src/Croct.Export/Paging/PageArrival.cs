using Croct.Export.Http;

namespace Croct.Export.Paging;

/// <summary>What becomes known of a page on its way: the cursor behind it, before it is parsed, and the items that cannot be read.</summary>
/// <param name="stream">The stream of the page.</param>
/// <param name="cursor">The cursor that the page was asked with.</param>
/// <param name="setsAside">Whether items that cannot be read are set aside; otherwise the page fails.</param>
internal sealed class PageArrival(ExportStream stream, string? cursor, bool setsAside)
{
    // Whoever waits goes on at once, on the thread that is about to parse the page: queued, the next request would wait until a busy pool takes it up,
    // and that may be when the page has been parsed.
    private readonly TaskCompletionSource<string> _nextCursor = new();
    private readonly List<InvalidItem> _invalid = [];

    public string? Cursor => cursor;

    /// <summary>The next cursor as soon as it is plain to see. It is good unless the page turns out to have another; it may never come.</summary>
    public Task<string> NextCursor => _nextCursor.Task;

    public bool SetsAside => setsAside;

    public IReadOnlyList<InvalidItem> Invalid => _invalid;

    /// <summary>A whole body is there; of an attempt that is not the first, too.</summary>
    public void Received(ResponseBody body)
    {
        _invalid.Clear();

        // A cursor that comes again is an error that the page brings to light, and nothing to ask for.
        if (CursorAhead.Find(body.Bytes.Span) is { } next && next != cursor) _nextCursor.TrySetResult(next);
    }

    public void SetAside(int index, ReadOnlySpan<byte> json, Exception exception) => _invalid.Add(new InvalidItem
    {
        Stream = stream,
        Cursor = cursor,
        Index = index,
        Json = json.ToArray(),
        Exception = new ExportException($"The item cannot be read: {exception.Message}"),
    });

    /// <summary>Takes the key out of what was said about the items.</summary>
    public void Redact(string key)
    {
        for (var i = 0; i < _invalid.Count; i++)
        {
            var item = _invalid[i];
            if (!Redaction.Holds(item.Exception!.Message, key)) continue;
            _invalid[i] = new InvalidItem
            {
                Stream = item.Stream,
                Cursor = item.Cursor,
                Index = item.Index,
                Json = item.Json,
                Exception = new ExportException(Redaction.Redact(item.Exception.Message, key)),
            };
        }
    }
}
