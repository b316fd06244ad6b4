using System.Globalization;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>Datasets in object storage, such as <c>az://container/prefix/</c>, which an environment variable names, compared with one in a folder.</summary>
internal static class Stores
{
    public const string Variable = "CROCT_COMPARE_STORE";

    public static async Task RunAsync(Report report, PageServer server)
    {
        const int Events = 300_000;
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } store)
        {
            report.Section($"stores: not compared; {Variable} names none");
            return;
        }

        report.Section(string.Create(CultureInfo.InvariantCulture, $"stores: {Events} events as NDJSON, by a process, including its start"));
        var folder = Directory.CreateTempSubdirectory("croct-export-compare-").FullName;
        try
        {
            var address = server.Of(Events);
            var medians = await Rounds.MediansAsync(
                rounds: 5,
                () => ExportAsync(address, $"{folder}/{Guid.NewGuid():N}/"),
                () => ExportAsync(address, $"{store}{Guid.NewGuid():N}/"));

            report.Row("a folder", Events / medians[0].TotalSeconds, "events/s");
            report.Row(store, Events / medians[1].TotalSeconds, "events/s");
            report.Ratio("store-vs-folder", medians[0] / medians[1]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<TimeSpan> ExportAsync(Uri address, string output) => Tables.MeasureAsync(Tables.Exporter, Tables.Arguments(address, "ndjson", output));
}
