using Croct.Export.Sandbox.Data;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Croct.Export.Sandbox.Responses;

/// <summary>
/// Bodies of pages as sent, for clients that request the same pages again, such as benchmarks: compressing a page takes several times as long as
/// writing it. Only pages that are followed by others are kept, because these never change. The size is limited, so that a long export needs no
/// more memory than a short one.
/// </summary>
internal sealed class PageCache : IDisposable
{
    private const long MaxBytes = 32 * 1024 * 1024;

    private readonly MemoryCache _bodies = new(Options.Create(new MemoryCacheOptions { SizeLimit = MaxBytes }));

    public byte[]? Find(PageKey page, ContentCoding? coding) => _bodies.Get<byte[]>((page, coding?.Name));

    public void Keep(PageKey page, ContentCoding? coding, ReadOnlySpan<byte> body) =>
        _bodies.Set((page, coding?.Name), body.ToArray(), new MemoryCacheEntryOptions { Size = body.Length });

    public void Dispose() => _bodies.Dispose();
}

/// <summary>Determines the body of a page, unless it is the last one.</summary>
/// <param name="Window">The window of the page.</param>
/// <param name="Begin">The index at which the page begins.</param>
/// <param name="PageSize">The maximum number of items.</param>
internal sealed record PageKey(Window Window, long Begin, int PageSize);
