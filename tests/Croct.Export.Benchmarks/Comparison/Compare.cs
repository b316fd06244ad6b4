using System.Diagnostics;
using System.Globalization;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>
/// All comparisons: the contenders take turns in rounds, each after a warm-up, and medians are compared. Ends with one line
/// <c>ratio name number</c> for each figure that the project promises.
/// </summary>
internal static class Compare
{
    private const int Events = 100_000;

    public static async Task RunAsync(TextWriter output)
    {
        var report = new Report(output);
        await using var server = await PageServer.StartAsync();
        await ParseAsync(report);
        await OddAsync(report);
        await EndToEndAsync(report, server);
        await LatencyAsync(report, server);
        await MemoryAsync(report, server);
        await Tables.RunAsync(report, server);
        await Slices.RunAsync(report, server);
        await Stores.RunAsync(report, server);
        await Databases.RunAsync(report, server);
        report.WriteRatios();
    }

    private static async Task ParseAsync(Report report)
    {
        var body = await SandboxPage.FetchAsync(PageServer.EventsPerPage);
        using var client = Contenders.ClientInMemory(body);
        var nswag = Contenders.NSwagInMemory(body);
        report.Section(string.Create(
            CultureInfo.InvariantCulture,
            $"parse: one page of {PageServer.EventsPerPage} mixed events, {body.Length / 1000.0:F0} KB, typed"));

        var medians = await Rounds.MediansAsync(
            rounds: 9,
            () => MeanTimeAsync(100, () => Contenders.ParseAsync(client)),
            () => MeanTimeAsync(4, () => Contenders.ParseAsync(nswag)),
            () => MeanTimeAsync(50, () => Task.FromResult(Contenders.ParseSystemTextJson(body))));

        var (own, byNSwag, bySystemTextJson) = (medians[0], medians[1], medians[2]);
        var allocated = await AllocatedPerEventAsync(client);
        report.Row("Croct.Export", MegabytesPerSecond(own), "MB/s", FormattableString.Invariant($"{allocated:F0} bytes allocated per event"));
        report.Row("NSwag, default settings", MegabytesPerSecond(byNSwag), "MB/s");
        report.Row("System.Text.Json, reflection", MegabytesPerSecond(bySystemTextJson), "MB/s");
        report.Ratio("parse-vs-nswag-default", byNSwag / own);
        report.Ratio("parse-vs-system-text-json", bySystemTextJson / own);
        report.Ratio("alloc-per-event-bytes", allocated);

        double MegabytesPerSecond(TimeSpan time) => body.Length / 1e6 / time.TotalSeconds;
    }

    private static async Task OddAsync(Report report)
    {
        report.Section("unexpected values: pages whose events have values of other types than the contract says, typed");
        var page = await SandboxPage.FetchAsync(PageServer.EventsPerPage);
        await CompareAsync(1, "odd-vs-clean");
        await CompareAsync(10, "odd-ten-vs-clean");

        async Task CompareAsync(int oddValues, string ratio)
        {
            var (cleanPage, oddPage) = OddPage.Of(page, oddValues);
            using var clean = Contenders.ClientInMemory(cleanPage);
            using var odd = Contenders.ClientInMemory(oddPage);
            if ((await odd.ExportEventsAsync()).UnexpectedValues != oddValues * PageServer.EventsPerPage)
                throw new InvalidOperationException("The page has a different number of unexpected values.");

            var times = await Rounds.MediansAsync(
                rounds: 9,
                () => MeanTimeAsync(50, () => Contenders.ParseAsync(clean)),
                () => MeanTimeAsync(50, () => Contenders.ParseAsync(odd)));

            report.Row($"none, in events with at least {oddValues}", PageServer.EventsPerPage / times[0].TotalSeconds, "events/s");
            report.Row($"{oddValues} per event", PageServer.EventsPerPage / times[1].TotalSeconds, "events/s");
            report.Ratio(ratio, times[0] / times[1]);
        }
    }

    private static async Task EndToEndAsync(Report report, PageServer server)
    {
        var address = server.Of(Events);
        report.Section(string.Create(CultureInfo.InvariantCulture, $"end to end: {Events} events over loopback, pages of {PageServer.EventsPerPage}"));

        var times = await Rounds.MediansAsync(
            rounds: 7,
            () => MeanTimeAsync(2, () => Contenders.ExportAsync(address)),
            () => MeanTimeAsync(4, () => Contenders.ExportRawAsync(address)),
            () => MeanTimeAsync(8, () => Contenders.DrainAsync(address, Events)),
            () => TimeAsync(() => Contenders.ExportNSwagAsync(address)),
            () => TimeAsync(() => Contenders.ExportAsync(server.Of(Events, coding: "gzip"))),
            () => TimeAsync(() => Contenders.ExportAsync(server.Of(Events, coding: "br"))));
        var (typed, raw, drain, byNSwag) = (times[0], times[1], times[2], times[3]);

        report.Row("ExportAllEventsAsync", Events / typed.TotalSeconds, "items/s");
        report.Row("ExportAllEventsAsync, gzip", Events / times[4].TotalSeconds, "items/s");
        report.Row("ExportAllEventsAsync, Brotli", Events / times[5].TotalSeconds, "items/s");
        report.Row("ExportRawPagesAsync to a null stream", Events / raw.TotalSeconds, "items/s");
        report.Row("HttpClient that only drains", Events / drain.TotalSeconds, "items/s");
        report.Row("NSwag, default settings", Events / byNSwag.TotalSeconds, "items/s");
        report.Ratio("end-to-end-vs-drain", drain / typed);
        report.Ratio("end-to-end-vs-nswag-default", byNSwag / typed);
        report.Ratio("raw-vs-drain", drain / raw);
    }

    /// <summary>Server and consumer take 20 ms per page each: a serial loop adds them up; with reading ahead they overlap.</summary>
    private static async Task LatencyAsync(Report report, PageServer server)
    {
        const int Pages = 30;
        var address = server.Of(Pages * PageServer.EventsPerPage, latencyMilliseconds: 20);
        report.Section(string.Create(
            CultureInfo.InvariantCulture, $"latency: {Pages} pages, each with 20 ms in the server and 20 ms of busy work in the consumer"));

        var times = await Rounds.MediansAsync(
            rounds: 5, () => TimeAsync(() => ConsumeAsync(readAhead: 1)), () => TimeAsync(() => ConsumeAsync(readAhead: 0)));

        report.Row("reading ahead, the default", times[0].TotalMilliseconds, "ms");
        report.Row("serial loop", times[1].TotalMilliseconds, "ms");
        report.Ratio("latency-hidden", times[1] / times[0]);

        async Task<int> ConsumeAsync(int readAhead)
        {
            using var client = Contenders.Client(address, readAhead);
            var events = 0;
            await foreach (var page in client.ExportEventPagesAsync())
            {
                for (var work = Stopwatch.StartNew(); page.Count > 0 && work.Elapsed.TotalMilliseconds < 20;) Thread.SpinWait(100);
                events += page.Count;
            }

            return events;
        }
    }

    private static async Task MemoryAsync(Report report, PageServer server)
    {
        report.Section("memory: peak managed heap during an export, including uncollected garbage, and live memory at its end");

        var peaks = await Rounds.MediansAsync(rounds: 3, () => PeakAsync(Events), () => PeakAsync(10 * Events));

        report.Row("100,000 events", peaks[0].Highest / 1e6, "MB", Alive(peaks[0].Live));
        report.Row("1,000,000 events", peaks[1].Highest / 1e6, "MB", Alive(peaks[1].Live));
        report.Ratio("memory-flat", (double)peaks[1].Highest / peaks[0].Highest);

        static string Alive(long bytes) => FormattableString.Invariant($"{bytes / 1e6:F1} MB live");

        async Task<(long Highest, long Live)> PeakAsync(int events)
        {
            GC.Collect();
            using var client = Contenders.Client(server.Of(events));
            var peak = 0L;
            await foreach (var page in client.ExportEventPagesAsync()) peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
            return (peak, GC.GetTotalMemory(forceFullCollection: true));
        }
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task<int>> job)
    {
        var started = Stopwatch.GetTimestamp();
        if (await job() == 0) throw new InvalidOperationException("No event was read.");
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>
    /// The mean time of a job run several times, so that the samples of all contenders take about as long and other load on the machine affects them equally.
    /// </summary>
    private static async Task<TimeSpan> MeanTimeAsync(int times, Func<Task<int>> job) => await TimeAsync(async () =>
    {
        var events = 0;
        for (var time = 0; time < times; time++) events = await job();
        return events;
    }) / times;

    private static async Task<double> AllocatedPerEventAsync(ExportClient client)
    {
        const int Times = 20;
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var time = 0; time < Times; time++) await Contenders.ParseAsync(client);
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(Times * PageServer.EventsPerPage);
    }
}
