using System.Runtime.CompilerServices;
using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Formats;

/// <summary>How the items of a stream become bytes.</summary>
internal abstract class Format
{
    /// <summary>Whether a file can be continued after any page; if not, it is made as a whole.</summary>
    public abstract bool IsResumable { get; }

    /// <summary>Gets the pages and writes them, and tells of each. Whoever stops between two of them has whole pages in the stream.</summary>
    /// <param name="client">Where the pages come from.</param>
    /// <param name="options">Which ones.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="maxItems">The maximum number of items to write.</param>
    /// <param name="cancellationToken">Ends the waiting for a page, not the writing of one.</param>
    public abstract IAsyncEnumerable<WrittenPage> WriteAsync(ExportClient client, ExportOptions options, PageTarget to, long maxItems, CancellationToken cancellationToken);
}

/// <summary>How items of one form are written.</summary>
/// <param name="compression">How the file as a whole is compressed.</param>
internal abstract class Format<T>(Compression? compression) : Format
{
    public sealed override async IAsyncEnumerable<WrittenPage> WriteAsync(
        ExportClient client, ExportOptions options, PageTarget to, long maxItems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var compressed = compression is { } kind ? new CompressedStream(to.Stream, kind, to.IsBegun) : null;
        await using var writer = WriterTo(compressed ?? to.Stream, to.IsBegun);

        // An item that is twice in a page comes again twice.
        var repeating = to.Repeating.GroupBy(key => key).ToDictionary(group => group.Key, group => group.Count());
        await foreach (var page in PagesAsync(client, options, cancellationToken))
        {
            var items = page.Items.Take((int)Math.Min(maxItems, page.Count)).ToList();
            var keys = new List<ItemKey>();

            // Pages are in the order in which things came, and late ones come after newer ones.
            var times = items.ConvertAll(TimeOf);
            var fresh = items.Where((item, index) => IsNew(item, times[index])).ToList();
            await writer.WriteAsync(fresh);
            if (compressed is not null) await compressed.EndPartAsync();
            maxItems -= items.Count;

            var understood = times.ConvertAll(Understood);
            yield return new WrittenPage
            {
                Rows = fresh.Count,
                Duplicates = items.Count - fresh.Count,
                Cursor = page.Cursor,
                // After a page that the maximum cuts, the way back to the rest of it is the page itself.
                ResumeCursor = items.Count < page.Count ? page.Cursor : page.ResumeCursor,
                TimeUnit = page.TimeUnit,
                OutsideWindow = page.OutsideWindow,
                IsEndUnconfirmed = page.IsEndUnconfirmed,

                // A page that leads to itself comes again as well.
                Repeating = page.NextCursor is null || page.NextCursor == page.Cursor
                    ? [.. page.Items.Select(item => KeyOf(item, TimeOf(item)).Text)]
                    : [.. repeating.SelectMany(pair => Enumerable.Repeat(pair.Key, pair.Value))],
                Keys = keys,
                Times = (understood.Min(), understood.Max()),
                Findings = FindingsIn(fresh),
            };
            if (maxItems == 0) break;

            bool IsNew(T item, long? time)
            {
                if (repeating.Count == 0 && to.HasSeen is null) return true;
                var key = KeyOf(item, time);
                if (repeating.TryGetValue(key.Text, out var times))
                {
                    if (times == 1) repeating.Remove(key.Text);
                    else repeating[key.Text] = times - 1;
                    return false;
                }

                if (to.HasSeen is null) return true;
                if (to.HasSeen(key)) return false;
                keys.Add(key);
                return true;
            }
        }

        await writer.CompleteAsync();
    }

    protected abstract IAsyncEnumerable<ExportPage<T>> PagesAsync(ExportClient client, ExportOptions options, CancellationToken cancellationToken);

    /// <param name="stream">Where to write to.</param>
    /// <param name="isBegun">Whether there are rows already, which the new ones come after.</param>
    protected abstract ItemWriter<T> WriterTo(Stream stream, bool isBegun);

    protected abstract ItemKey KeyOf(T item, long? time);

    /// <summary>The time that windows are about, in milliseconds; null if there is none.</summary>
    protected abstract long? TimeOf(T item);

    /// <summary>What in the items is not as the contract of this version says.</summary>
    protected abstract IReadOnlyList<Finding> FindingsIn(IReadOnlyList<T> items);

    /// <summary>A time in milliseconds as a date; null for none, and for one that no calendar has.</summary>
    private static DateTimeOffset? Understood(long? time) =>
        time is { } milliseconds and >= -62135596800000 and < 253402300800000 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}
