using System.Diagnostics;
using System.Globalization;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>
/// The exporter, a process that writes a file: its tables compared with its NDJSON and with a Parquet file made by DuckDB, its allocations per row, and its
/// peak memory.
/// </summary>
internal static class Tables
{
    public const string InsideCommand = "export-inside";

    private const int Events = 300_000;
    public static readonly string Exporter = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "croct-export.exe" : "croct-export");

    public static async Task RunAsync(Report report, PageServer server)
    {
        var folder = Directory.CreateTempSubdirectory("croct-export-compare-").FullName;
        try
        {
            await SpeedAsync(report, server.Of(Events), folder);
            await AllocationAsync(report, server, folder);
            await PeakAsync(report, server, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// The child process of the allocation comparison: the exporter inside this program, so that its allocations can be read when it has ended.
    /// </summary>
    public static int ExportInside(string[] arguments)
    {
        var exitCode = AppDomain.CurrentDomain.ExecuteAssemblyByName("croct-export", arguments);
        Console.Out.WriteLine(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture));
        return exitCode;
    }

    private static async Task SpeedAsync(Report report, Uri address, string folder)
    {
        report.Section(string.Create(CultureInfo.InvariantCulture, $"tables: {Events} events written to a file by a process, including its start"));

        var times = await Rounds.MediansAsync(
            rounds: 3,
            () => TimeAsync("ndjson"),
            () => TimeAsync("csv"),
            () => TimeAsync("parquet"),
            TimeDuckDbAsync);
        var (ndjson, csv, parquet, duckDb) = (times[0], times[1], times[2], times[3]);

        report.Row("croct-export --format ndjson", Events / ndjson.TotalSeconds, "rows/s");
        report.Row("croct-export --format csv", Events / csv.TotalSeconds, "rows/s");
        report.Row("croct-export --format parquet", Events / parquet.TotalSeconds, "rows/s");
        report.Row("raw pages, converted to Parquet by DuckDB", Events / duckDb.TotalSeconds, "rows/s");
        report.Ratio("parquet-vs-duckdb", duckDb / parquet);
        report.Ratio("csv-vs-ndjson", ndjson / csv);

        async Task<TimeSpan> TimeAsync(string format)
        {
            var file = NewFile(folder, $"exporter.{format}");
            var time = await MeasureAsync(Exporter, Arguments(address, format, file));
            if (format == "parquet") CheckRows(file, Events);
            return time;
        }

        async Task<TimeSpan> TimeDuckDbAsync()
        {
            var (lines, file) = (NewFile(folder, "duckdb.ndjson"), NewFile(folder, "duckdb.parquet"));
            var time = await MeasureAsync(Environment.ProcessPath!, [DuckDbExport.Command, address.AbsoluteUri, lines, file]);
            CheckRows(file, Events);
            return time;
        }
    }

    /// <summary>The difference between two exports, so that the start of the program does not count.</summary>
    private static async Task AllocationAsync(Report report, PageServer server, string folder)
    {
        const int FewEvents = 100_000;
        report.Section("tables: managed bytes that the exporter allocates per row");

        var (csv, parquet) = (await PerRowAsync("csv"), await PerRowAsync("parquet"));

        report.Row("--format csv", csv, "bytes");
        report.Row("--format parquet", parquet, "bytes");
        report.Ratio("table-alloc-per-row-bytes", Math.Max(csv, parquet));

        async Task<double> PerRowAsync(string format) =>
            (await AllocatedAsync(format, Events) - await AllocatedAsync(format, FewEvents)) / (double)(Events - FewEvents);

        async Task<long> AllocatedAsync(string format, int events)
        {
            var arguments = Arguments(server.Of(events), format, NewFile(folder, $"allocation.{format}"));
            using var process = Start(Environment.ProcessPath!, [InsideCommand, .. arguments], redirectsOutput: true);
            var output = await process.StandardOutput.ReadToEndAsync();
            await EndAsync(process);
            return long.Parse(output, CultureInfo.InvariantCulture);
        }
    }

    private static async Task PeakAsync(Report report, PageServer server, string folder)
    {
        const int ManyEvents = 1_000_000;
        report.Section(string.Create(CultureInfo.InvariantCulture, $"tables: peak resident memory of croct-export --format parquet, {ManyEvents} events"));

        var file = NewFile(folder, "peak.parquet");
        var peak = await MeasurePeakAsync(Arguments(server.Of(ManyEvents), "parquet", file));
        CheckRows(file, ManyEvents);

        report.Row("croct-export --format parquet", peak / 1e6, "MB");
        report.Ratio("parquet-peak-mb", peak / 1e6);
    }

    /// <summary>The peak of the resident memory of an export, in bytes.</summary>
    public static async Task<long> MeasurePeakAsync(string[] arguments)
    {
        using var process = Start(Exporter, arguments);
        var peak = 0L;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(20)))
        {
            // The system forgets the peak of a process that has ended.
            try
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64);
            }
            catch (InvalidOperationException) when (process.HasExited)
            {
            }
        }

        await EndAsync(process);
        return peak;
    }

    public static string[] Arguments(Uri address, string format, string file) =>
    [
        "events", "--base-address", address.AbsoluteUri, "--page-size", PageServer.EventsPerPage.ToString(CultureInfo.InvariantCulture),
        "--format", format, "--output", file, "--quiet",
    ];

    /// <summary>A path without a file: the output of another export must not be mistaken for that of this one.</summary>
    private static string NewFile(string folder, string name)
    {
        var file = Path.Combine(folder, name);
        File.Delete(file);
        return file;
    }

    public static async Task<TimeSpan> MeasureAsync(string program, string[] arguments)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Start(program, arguments);
        await EndAsync(process);
        return Stopwatch.GetElapsedTime(started);
    }

    public static async Task<string> ReadAsync(string program, string[] arguments)
    {
        using var process = Start(program, arguments, redirectsOutput: true);
        var output = await process.StandardOutput.ReadToEndAsync();
        await EndAsync(process);
        return output;
    }

    private static Process Start(string program, string[] arguments, bool redirectsOutput = false) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardOutput = redirectsOutput,
        Environment = { ["CROCT_API_KEY"] = Contenders.Key },
    })!;

    private static async Task EndAsync(Process process)
    {
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(
                $"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} ended with exit code {process.ExitCode}.");
    }

    private static void CheckRows(string parquet, int events)
    {
        var rows = DuckDbExport.CountRows(parquet);
        if (rows != events) throw new InvalidOperationException($"{parquet} has {rows} rows, not {events}.");
    }
}
