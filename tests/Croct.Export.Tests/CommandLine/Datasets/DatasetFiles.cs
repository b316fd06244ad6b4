using System.Text.RegularExpressions;
using Croct.Export.Tests.CommandLine.Tables;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.CommandLine.Datasets;

/// <summary>The files of datasets, as other programs see them.</summary>
internal static class DatasetFiles
{
    public const string Folder = "data/";

    /// <summary>The part files below a folder, in order, relative to the folder of the exporter.</summary>
    public static IReadOnlyList<string> GetParts(Exporter exporter, string folder = Folder) =>
    [
        .. Directory.EnumerateFiles(exporter.PathOf(folder), "part-*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(exporter.PathOf("."), file).Replace('\\', '/'))
            .Where(file => !file.Contains("/_", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The names of the parts without their hashes.</summary>
    public static IEnumerable<string> GetNumbers(Exporter exporter, string folder = Folder) =>
        GetParts(exporter, folder).Select(part => Regex.Replace(part, "-[0-9a-f]{16}", ""));

    /// <summary>The lines of all NDJSON parts, in order.</summary>
    public static IReadOnlyList<string> ReadLines(Exporter exporter, string folder = Folder) =>
        [.. GetParts(exporter, folder).SelectMany(part => File.ReadAllLines(exporter.PathOf(part)))];

    /// <summary>The id and the time of all events, sorted, in any format.</summary>
    public static IReadOnlyList<string> ReadEvents(Exporter exporter, string format, string folder = Folder)
    {
        if (format == "ndjson")
        {
            return [.. ReadLines(exporter, folder).Select(JObject.Parse).Select(item => $"{item["id"]} {item["timestamp"]}").Order(StringComparer.Ordinal)];
        }

        var extension = GetParts(exporter, folder)[0].Split('.', 2)[1];
        var files = $"{exporter.PathOf(folder)}**/part-*.{extension}";
        var table = format == "csv" ? Duck.Csv(files) : Duck.Parquet(files);
        var events = Duck.Values($"SELECT id || ' ' || epoch_ms(timestamp::TIMESTAMPTZ) FROM {table}").Cast<string>();
        return [.. events.Order(StringComparer.Ordinal)];
    }

    /// <summary>The rows that every event of a sandbox gives, as <see cref="ReadEvents"/> returns them.</summary>
    public static async Task<IReadOnlyList<string>> ExportAllAsync(Exporter exporter, params string[] arguments)
    {
        await exporter.RunAsync(["events", "--output", "all.ndjson", "--quiet", .. arguments]);
        var items = File.ReadLines(exporter.PathOf("all.ndjson")).Select(JObject.Parse);
        return [.. items.Select(item => $"{item["id"]} {item["timestamp"]}").Order(StringComparer.Ordinal)];
    }

    public static JObject ReadReport(Exporter exporter, string file = "report.json") => JObject.Parse(File.ReadAllText(exporter.PathOf(file)));
}
