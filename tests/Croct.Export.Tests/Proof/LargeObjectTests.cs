using System.Globalization;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>A page is a large object, and the large object heap is rarely collected, so its buffers are reused.</summary>
[NonParallelizable]
[Proof]
public class LargeObjectTests
{
    private const int Pages = 150;
    private const int WarmUpPages = 20;

    /// <summary>More than the body of one page, and far less than those of a few.</summary>
    private const long OneBuffer = 1024 * 1024;

    [Test]
    public async Task The_large_object_heap_does_not_grow_from_page_to_page()
    {
        // A compressed body has no known length, so its buffer has to grow. Its end is a separate gzip member.
        var items = Responses.Gzip(Responses.PageJson(3500, null)[..^1]);
        using var client = new Api((_, index, _) => Task.FromResult(Responses.Encoded("gzip", [.. items, .. Responses.Gzip(Cursor(index))]))).Client();
        var (pages, settled, most) = (0, 0L, 0L);

        await foreach (var page in client.ExportEventPagesAsync())
        {
            if (++pages < WarmUpPages) continue;
            if (pages == Pages) break;

            // Collects what others left over. From then on, every collection that happens reports the size of the heap, including garbage.
            if (pages == WarmUpPages) GC.Collect();
            var size = GC.GetGCMemoryInfo(GCKind.Any).GenerationInfo[3].SizeAfterBytes;
            if (settled == 0) settled = size;
            most = Math.Max(most, size);
        }

        await TestContext.Out.WriteLineAsync($"{settled} bytes after page {WarmUpPages}, {most} at most");
        Assert.That(most, Is.LessThan(settled + OneBuffer));
    }

    private static string Cursor(int index) => string.Create(CultureInfo.InvariantCulture, $",\"nextCursor\":\"c{index}\"}}");
}
