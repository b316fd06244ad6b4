using System.Globalization;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>
/// A database, whose address (as of libpq, without a schema) an environment variable gives: the exporter compared with <c>\copy</c> of psql, which loads a CSV
/// file with the same rows into a table with the same definition.
/// </summary>
internal static class Databases
{
    public const string Variable = "CROCT_COMPARE_DATABASE";

    private const string Schema = "croct_compare";

    private const int Events = 300_000;

    public static async Task RunAsync(Report report, PageServer server)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } database)
        {
            report.Section($"database: not compared; {Variable} names none");
            return;
        }

        report.Section(string.Create(
            CultureInfo.InvariantCulture, $"database: {Events} events into a new table, by a process including its start, and by \\copy of psql"));
        var folder = Directory.CreateTempSubdirectory("croct-export-compare-").FullName;
        try
        {
            var csv = Path.Combine(folder, "events.csv");
            await Tables.MeasureAsync(Tables.Exporter, Tables.Arguments(server.Of(Events), "csv", csv));
            var times = await Rounds.MediansAsync(rounds: 5, () => ExportAsync(Events), () => CopyAsync(csv));
            report.Row("croct-export", Events / times[0].TotalSeconds, "rows/s", "indexes included");
            report.Row("psql \\copy of the CSV", Events / times[1].TotalSeconds, "rows/s");
            report.Ratio("database-vs-psql", times[1] / times[0]);

            var (few, many) = (await PeakAsync(Events / 3), await PeakAsync(Events * 10 / 3));
            report.Row("peak memory, 100,000 events", few / 1e6, "MB");
            report.Row("peak memory, 1,000,000 events", many / 1e6, "MB");
            report.Ratio("database-memory-flat", (double)many / few);
        }
        finally
        {
            await DropAsync();
            Directory.Delete(folder, recursive: true);
        }

        async Task<TimeSpan> ExportAsync(int events)
        {
            await DropAsync();
            return await Tables.MeasureAsync(Tables.Exporter, Arguments(events));
        }

        async Task<long> PeakAsync(int events)
        {
            await DropAsync();
            return await Tables.MeasurePeakAsync(Arguments(events));
        }

        async Task<TimeSpan> CopyAsync(string csv)
        {
            await DropAsync();
            await PsqlAsync($"create schema {Schema}");
            var definition = Path.Combine(Path.GetDirectoryName(csv)!, "events.sql");
            await File.WriteAllTextAsync(definition, await Tables.ReadAsync(Tables.Exporter, ["schema", "events", "--format", "sql"]));
            await PsqlAsync($"set search_path = {Schema}", $"\\i {definition}");
            return await PsqlAsync($"set search_path = {Schema}", $"\\copy events from {csv} csv header");
        }

        Task<TimeSpan> DropAsync() => PsqlAsync($"drop schema if exists {Schema} cascade");

        Task<TimeSpan> PsqlAsync(params string[] commands)
        {
            string[] all = ["set client_min_messages = warning", .. commands];
            return Tables.MeasureAsync("psql", [database, "-q", "-v", "ON_ERROR_STOP=1", .. all.SelectMany(command => (string[])["-c", command])]);
        }

        string[] Arguments(int events) =>
        [
            "events", "--base-address", server.Of(events).AbsoluteUri, "--page-size", PageServer.EventsPerPage.ToString(CultureInfo.InvariantCulture),
            "--output", $"{database}{(database.Contains('?', StringComparison.Ordinal) ? '&' : '?')}schema={Schema}", "--quiet",
        ];
    }
}
