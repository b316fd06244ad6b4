using System.Globalization;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>Datasets written in slices side by side, compared with one chain of cursors, and the peak memory of eight slices of Parquet.</summary>
internal static class Slices
{
    private const int Count = 8;

    public static async Task RunAsync(Report report, PageServer server)
    {
        var folder = Directory.CreateTempSubdirectory("croct-export-compare-").FullName;
        try
        {
            await SpeedAsync(report, server, folder);
            await PeakAsync(report, server, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One round each: latency, not the machine, takes the time.</summary>
    private static async Task SpeedAsync(Report report, PageServer server, string folder)
    {
        const int PagesPerSlice = 40;
        const int Latency = 150;
        const int Events = Count * PagesPerSlice * PageServer.EventsPerPage;
        report.Section(string.Create(CultureInfo.InvariantCulture, $"slices: {Events} events, {Latency} ms per page, by a process, including its start"));

        var chain = await Tables.MeasureAsync(Tables.Exporter, Arguments(server.Of(Events, Latency), "ndjson", Path.Combine(folder, "chain/")));
        var slices = await Tables.MeasureAsync(
            Tables.Exporter, SliceArguments(server.Of(Events / Count, Latency), "ndjson", Path.Combine(folder, "slices/")));

        report.Row("one chain of cursors", Events / chain.TotalSeconds, "events/s");
        report.Row($"{Count} slices at a time", Events / slices.TotalSeconds, "events/s");
        report.Ratio("parallel-vs-chain", chain / slices);
    }

    private static async Task PeakAsync(Report report, PageServer server, string folder)
    {
        const int EventsPerSlice = 120_000;
        report.Section(string.Create(CultureInfo.InvariantCulture, $"slices: peak resident memory, {Count} at a time, each with {EventsPerSlice} events"));

        var arguments = SliceArguments(server.Of(EventsPerSlice), "parquet", Path.Combine(folder, "peak/"));
        var peak = await Tables.MeasurePeakAsync(arguments);

        report.Row("croct-export --format parquet", peak / 1048576d, "MiB");
        report.Ratio("slices-peak-mib", peak / 1048576d);
    }

    private static string[] Arguments(Uri address, string format, string output) =>
        [.. Tables.Arguments(address, format, output), "--start", "2024-01-01", "--end", "2024-01-09"];

    private static string[] SliceArguments(Uri address, string format, string output) =>
        [.. Arguments(address, format, output), "--slice-by", "1d", "--parallel", Count.ToString(CultureInfo.InvariantCulture)];
}
