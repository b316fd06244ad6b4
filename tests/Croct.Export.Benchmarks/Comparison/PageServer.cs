using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using Croct.Export.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>
/// The server of all contenders: a separate process on loopback, which serves pages that it fetched from the sandbox in advance. The sandbox makes its
/// pages on request, which would dominate the measurement; here a page is bytes in memory, the same for every contender.
/// </summary>
/// <remarks>
/// <c>/{events}/{latency}/{coding}/events</c> serves that number of events, with that latency in milliseconds and in that content coding, whatever the client
/// accepts. After the last page of the sandbox, its first one is repeated with other ids; the cursors, which count the pages, continue.
/// With a <c>start</c>, which is taken in seconds, all events have that time.
/// </remarks>
internal sealed class PageServer : IAsyncDisposable
{
    public const string Command = "serve-pages";
    public const int EventsPerPage = 1000;

    private const int DistinctPages = 100;
    private static readonly byte[] CursorMember = [.. "\"nextCursor\":"u8];
    private static readonly byte[] IdMember = [.. "{\"id\":\""u8];
    private static readonly byte[] TimeMember = [.. "\"timestamp\":"u8];

    /// <summary>A compressed page contains its cursor, so it is made once for each cursor, in the warm-up.</summary>
    private static readonly ConcurrentDictionary<(string Coding, int Page, int Next), byte[]> Compressed = new();

    private readonly Process _process;
    private readonly Uri _root;

    private PageServer(Process process, Uri root)
    {
        _process = process;
        _root = root;
    }

    public static async Task<PageServer> StartAsync()
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, Command) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var address = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start.");
        return new PageServer(process, new Uri(address));
    }

    /// <summary>The base address of an export of this number of events, in a content coding: identity, gzip or br.</summary>
    public Uri Of(int events, int latencyMilliseconds = 0, string coding = "identity") =>
        new(_root, string.Create(CultureInfo.InvariantCulture, $"{events}/{latencyMilliseconds}/{coding}"));

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>The child process of <see cref="StartAsync"/>: writes its address to the standard output and serves until the standard input ends.</summary>
    public static async Task ServeUntilInputEndsAsync()
    {
        var pages = await FetchPagesAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.MapGet(
            "/{events:int}/{latency:int}/{coding}/events",
            (HttpContext http, int events, int latency, string coding, int? cursor, long? start) =>
                RespondAsync(http, pages, events, latency, coding, cursor ?? 0, start));
        await app.StartAsync();
        await Console.Out.WriteLineAsync(app.Urls.Single());
        await Console.In.ReadToEndAsync();
    }

    private static async Task RespondAsync(HttpContext http, byte[][] pages, int events, int latency, string coding, int index, long? start)
    {
        if (latency > 0) await Task.Delay(latency, http.RequestAborted);
        var (page, next) = index * EventsPerPage < events ? (index % DistinctPages, index + 1) : (DistinctPages, index);
        http.Response.ContentType = "application/json";
        var end = CreateEnd(next);
        if (coding == "identity")
        {
            var body = start is null ? pages[page] : WithTime(pages[page], start.Value * 1000);
            if (index >= DistinctPages) body = WithOtherIds(body, index / DistinctPages);
            http.Response.ContentLength = body.Length + end.Length;
            await http.Response.Body.WriteAsync(body);
            await http.Response.Body.WriteAsync(end);
            return;
        }

        var compressed = Compressed.GetOrAdd((coding, page, next), _ => Compress(coding, [.. pages[page], .. end]));
        http.Response.Headers.ContentEncoding = coding;
        http.Response.ContentLength = compressed.Length;
        await http.Response.Body.WriteAsync(compressed);
    }

    /// <summary>The page with other times, which have as many digits as its own.</summary>
    private static byte[] WithTime(byte[] page, long milliseconds)
    {
        var changed = page.ToArray();
        var digits = System.Text.Encoding.ASCII.GetBytes(milliseconds.ToString(CultureInfo.InvariantCulture).PadLeft(13));
        for (var position = 0; changed.AsSpan(position).IndexOf(TimeMember) is >= 0 and var offset; position += offset + TimeMember.Length)
        {
            digits.CopyTo(changed, position + offset + TimeMember.Length);
        }

        return changed;
    }

    /// <summary>The page with other ids, in which the number of the copy replaces the first digits.</summary>
    private static byte[] WithOtherIds(byte[] page, int number)
    {
        var changed = page.ToArray();
        var digits = System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"copy{number:x4}"));
        for (var position = 0; changed.AsSpan(position).IndexOf(IdMember) is >= 0 and var offset; position += offset + IdMember.Length)
        {
            digits.CopyTo(changed, position + offset + IdMember.Length);
        }

        return changed;
    }

    private static byte[] CreateEnd(int next) =>
        [.. CursorMember, .. System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"{next}\"}}"))];

    /// <summary>Compresses fast, as servers do with dynamic content.</summary>
    private static byte[] Compress(string coding, byte[] body)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = coding == "gzip" ? new GZipStream(compressed, CompressionLevel.Fastest) : new BrotliStream(compressed, CompressionLevel.Fastest))
        {
            stream.Write(body);
        }

        return compressed.ToArray();
    }

    /// <summary>The pages of the sandbox, including the empty one at the end, each up to its last member, the cursor.</summary>
    private static async Task<byte[][]> FetchPagesAsync()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = DistinctPages * EventsPerPage });
        var pages = new List<byte[]>();
        string? cursor = null;
        while (pages.Count <= DistinctPages)
        {
            var body = await SandboxPage.FetchAsync(sandbox, EventsPerPage, cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}");
            var last = body.AsSpan().LastIndexOf(CursorMember);
            pages.Add(body[..last]);
            cursor = System.Text.Json.JsonSerializer.Deserialize<string>(body.AsSpan(last + CursorMember.Length)[..^1]);
        }

        return [.. pages];
    }
}
