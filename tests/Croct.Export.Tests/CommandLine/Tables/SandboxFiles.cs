using System.Collections.Concurrent;
using System.Globalization;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>Exports of the sandbox that tests share and do not change: each is created once.</summary>
[SetUpFixture]
public class SandboxFiles
{
    private static readonly ConcurrentDictionary<(string Stream, int Items, string Format), Lazy<Task<string>>> Files = [];

    private static Exporter _exporter = null!;

    [OneTimeSetUp]
    public static void CreateExporter() => _exporter = new Exporter();

    [OneTimeTearDown]
    public static void DisposeExporter() => _exporter.Dispose();

    /// <summary>Returns the path of a file with the given number of items of a stream.</summary>
    internal static Task<string> OfAsync(string stream, int items, string format) =>
        Files.GetOrAdd((stream, items, format), _ => new(() => ExportAsync(stream, items, format))).Value;

    private static async Task<string> ExportAsync(string stream, int items, string format)
    {
        var path = _exporter.PathOf($"{stream}-{items}.{format}");
        var number = items.ToString(CultureInfo.InvariantCulture);
        await _exporter.RunAsync(stream, "--sandbox", "--sandbox-items", number, "--format", format, "--output", path, "--quiet");
        return path;
    }
}
