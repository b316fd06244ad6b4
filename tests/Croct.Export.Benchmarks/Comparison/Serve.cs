using System.Diagnostics;
using System.Globalization;
using System.Text;
using Croct.Export.Sandbox;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>
/// How fast the sandbox makes pages: ten million events in a separate process, drained by a plain HTTP client and exported by the typed one. Pages near the
/// end show that a page takes the same time at any position.
/// </summary>
internal static class Serve
{
    /// <summary>Serves a sandbox until the standard input ends: the child process of <see cref="RunAsync"/>.</summary>
    public const string Command = "serve-sandbox";

    private const int Events = 10_000_000;
    private const int EventsPerPage = 1000;
    private static readonly byte[] CursorMember = [.. "\"nextCursor\":"u8];

    public static async Task RunAsync(TextWriter output)
    {
        var report = new Report(output);
        using var process = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, Command) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var address = new Uri(await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The sandbox did not start."));
        var key = (await process.StandardOutput.ReadLineAsync())!;

        // The last 500,000 events: there is one every ten seconds.
        var nearTheEnd = $"&start={new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() + ((Events - 500_000) * 10L)}";
        await DrainAsync(address, key, "&events=tabOpened", pages: 100);

        report.Section(string.Create(
            CultureInfo.InvariantCulture, $"the sandbox: {Events} events, pages of {EventsPerPage}, one after the other, uncompressed"));
        var fresh = await DrainAsync(address, key, "", pages: 4000);
        Row(report, "the first 4000 pages", fresh);
        Row(report, "500 pages at the end", await DrainAsync(address, key, nearTheEnd, pages: 500));
        const string Few = "&end=1704100000";
        await DrainAsync(address, key, Few, pages: 4);
        var again = new List<Rate>();
        for (var time = 0; time < 200; time++) again.Add(await DrainAsync(address, key, Few, pages: 4));
        Row(report, "the same 4 pages, 200 times", new Rate(again.Sum(rate => rate.Pages), again.Sum(rate => rate.Events), again.Sum(rate => rate.Seconds)));
        process.Refresh();
        report.Row("peak working set of the sandbox", process.PeakWorkingSet64 / 1e6, "MB");

        report.Section("the typed client over the same sandbox, with the compression it requests");
        Row(report, "ExportEventPagesAsync", await ExportAsync(address, key, pages: 500));

        report.Section("the capacity of the typed client: one of these pages from memory, repeatedly");
        await ConsumeAsync(address, key, pages: 500);
        var consumed = await ConsumeAsync(address, key, pages: 1000);
        Row(report, "ExportEventsAsync", consumed);
        report.Ratio("sandbox-vs-client", fresh.EventsPerSecond / consumed.EventsPerSecond);
        report.WriteRatios();

        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }

    public static async Task ServeUntilInputEndsAsync()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = Events });
        await Console.Out.WriteLineAsync($"{sandbox.BaseAddress}\n{sandbox.ApiKey}");
        await Console.In.ReadToEndAsync();
    }

    private static void Row(Report report, string name, Rate rate) =>
        report.Row(name, rate.EventsPerSecond, "events/s", string.Create(CultureInfo.InvariantCulture, $"{rate.Pages / rate.Seconds:N0} pages/s"));

    private static async Task<Rate> DrainAsync(Uri address, string key, string query, int pages)
    {
        using var http = new HttpClient { BaseAddress = address, DefaultRequestHeaders = { { "X-Api-Key", key } } };
        var (buffer, cursor, page) = (new byte[1024 * 1024], "", 0);
        var started = Stopwatch.GetTimestamp();
        for (; page < pages; page++)
        {
            using var response = await http.GetAsync(
                new Uri($"events?pageSize={EventsPerPage}{query}{cursor}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            await using var body = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
            var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
            cursor = $"&cursor={GetCursor(buffer.AsSpan(0, length))}";
        }

        return new Rate(page, (long)page * EventsPerPage, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static string GetCursor(ReadOnlySpan<byte> body) =>
        Encoding.ASCII.GetString(body[(body.LastIndexOf(CursorMember) + CursorMember.Length)..]).Trim('"', '}');

    private static async Task<Rate> ExportAsync(Uri address, string key, int pages)
    {
        using var client = new ExportClient(new ExportClientOptions { ApiKey = key, BaseAddress = address, DefaultPageSize = EventsPerPage });
        var (count, events) = (0, 0L);
        var started = Stopwatch.GetTimestamp();
        await foreach (var page in client.ExportEventPagesAsync())
        {
            events += page.Count;
            if (++count == pages) break;
        }

        return new Rate(count, events, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static async Task<Rate> ConsumeAsync(Uri address, string key, int pages)
    {
        using var http = new HttpClient { BaseAddress = address, DefaultRequestHeaders = { { "X-Api-Key", key } } };
        using var client = Contenders.ClientInMemory(await http.GetByteArrayAsync(new Uri($"events?pageSize={EventsPerPage}", UriKind.Relative)));
        var (started, events) = (Stopwatch.GetTimestamp(), 0L);
        for (var page = 0; page < pages; page++) events += await Contenders.ParseAsync(client);
        return new Rate(pages, events, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private readonly record struct Rate(long Pages, long Events, double Seconds)
    {
        public double EventsPerSecond => Events / Seconds;
    }
}
