using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Formats;

/// <summary>Writes pages to a file. Between two pages, the stream of the file has only whole pages.</summary>
internal sealed class PageWriter : IAsyncDisposable
{
    private readonly Format _format;
    private readonly PageTarget _target;
    private readonly CompressedStream? _compressed;
    private readonly ItemWriter _writer;

    /// <summary>The number of times that each existing item will be delivered again. An item that is in a page twice is delivered again twice.</summary>
    private readonly Dictionary<string, int> _repeating;

    /// <param name="format">The format of the items.</param>
    /// <param name="target">The file.</param>
    /// <param name="compression">The compression of the file; null for none.</param>
    public PageWriter(Format format, PageTarget target, Compression? compression)
    {
        (_format, _target) = (format, target);
        _compressed = compression is { } kind ? new CompressedStream(target.Stream, kind, target.IsBegun) : null;
        _writer = format.CreateWriter(_compressed ?? target.Stream, target);
        _repeating = target.Repeating.GroupBy(key => key).ToDictionary(group => group.Key, group => group.Count());
    }

    /// <summary>Writes the items of a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="maxItems">The maximum number of items to write.</param>
    public async Task<WrittenPage> WriteAsync(RawPage page, long maxItems)
    {
        var count = (int)Math.Min(maxItems, page.Count);
        var (rows, keys) = (0, new List<ItemKey>());
        var (first, last) = ((long?)null, (long?)null);
        for (var i = 0; i < count; i++)
        {
            var item = page.Items[i];
            var isNew = IsNew(item, keys);
            if (isNew) rows++;

            // Pages are in order of arrival, so late items follow newer ones.
            var time = isNew ? await _writer.WriteAsync(item) : _format.ReadTime(item);
            if (time is null || !Timestamps.IsInCalendar(time.Value)) continue;
            (first, last) = (first < time ? first : time, last > time ? last : time);
        }

        await _writer.EndPageAsync();
        if (_compressed is not null) await _compressed.EndPartAsync();
        return new WrittenPage
        {
            Rows = rows,
            Duplicates = count - rows,
            Cursor = page.Cursor,

            // If the maximum cuts a page, getting the same page again is the only way to the rest of it.
            ResumeCursor = count < page.Count ? page.Cursor : page.ResumeCursor,
            TimeUnit = page.TimeUnit,
            OutsideWindow = page.OutsideWindow,
            IsEndUnconfirmed = page.IsEndUnconfirmed,

            // A page whose next cursor is its own is returned again too.
            Repeating = page.NextCursor is null || page.NextCursor == page.Cursor
                ? [.. page.Items.Select(item => _format.ReadKey(item).Text)]
                : [.. _repeating.SelectMany(pair => Enumerable.Repeat(pair.Key, pair.Value))],
            Keys = keys,
            Times = new TimeRange(Timestamps.ToDate(first), Timestamps.ToDate(last)),
            Findings = _writer.TakeFindings(),
        };
    }

    /// <summary>Writes everything that is left; only then is the file complete.</summary>
    public Task CompleteAsync() => _writer.CompleteAsync();

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        if (_compressed is not null) await _compressed.DisposeAsync();
    }

    /// <summary>Whether the file does not have an item yet.</summary>
    private bool IsNew(ReadOnlyMemory<byte> item, List<ItemKey> keys)
    {
        if (_repeating.Count == 0 && _target.HasSeen is null) return true;
        var key = _format.ReadKey(item);
        if (_repeating.TryGetValue(key.Text, out var times))
        {
            if (times == 1) _repeating.Remove(key.Text);
            else _repeating[key.Text] = times - 1;
            return false;
        }

        if (_target.HasSeen?.Invoke(key) == true) return false;
        if (_target.HasSeen is not null) keys.Add(key);
        return true;
    }
}
