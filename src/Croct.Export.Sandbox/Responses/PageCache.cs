using Croct.Export.Sandbox.Data;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Croct.Export.Sandbox.Responses;

/// <summary>
/// Bodies of pages as they are sent, for those who ask for the same pages again, as benchmarks do: compressing a page takes several times as long
/// as writing it. Only pages with others behind them, which stay what they are whatever comes. Bounded, so that a long export needs no more memory than a short one.
/// </summary>
internal sealed class PageCache : IDisposable
{
    private const long MostBytes = 32 * 1024 * 1024;

    private readonly MemoryCache _bodies = new(Options.Create(new MemoryCacheOptions { SizeLimit = MostBytes }));

    public byte[]? Find(PageKey page, ContentCoding? coding) => _bodies.Get<byte[]>((page, coding?.Name));

    public void Keep(PageKey page, ContentCoding? coding, ReadOnlySpan<byte> body) =>
        _bodies.Set((page, coding?.Name), body.ToArray(), new MemoryCacheEntryOptions { Size = body.Length });

    public void Dispose() => _bodies.Dispose();
}

/// <summary>All that the body of a page follows from when it is not the last.</summary>
/// <param name="Window">What it is a page of.</param>
/// <param name="Begin">Where it begins.</param>
/// <param name="PageSize">The most items.</param>
internal sealed record PageKey(Window Window, long Begin, int PageSize);
