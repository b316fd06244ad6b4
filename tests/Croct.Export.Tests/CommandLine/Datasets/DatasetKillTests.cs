using static Croct.Export.Tests.CommandLine.Datasets.DatasetFiles;

namespace Croct.Export.Tests.CommandLine.Datasets;

/// <summary>
/// Exports to datasets that are killed (SIGKILL) repeatedly, at seeded random moments, and restarted each time: the dataset has the rows of an
/// uninterrupted export, each once, and is proved to be complete.
/// </summary>
[Category("Long")]
public class DatasetKillTests
{
    [TestCase(5, "ndjson")]
    [TestCase(5, "csv", "--compress=gzip")]
    [TestCase(5, "parquet")]
    [TestCase(5, "ndjson", "--slice-by=6h --parallel=3 --start=2024-01-01 --end=2024-01-03")]
    [TestCase(5, "csv", "--slice-by=6h --parallel=4 --start=2024-01-01 --end=2024-01-03")]
    [TestCase(5, "parquet", "--slice-by=6h --parallel=4 --start=2024-01-01 --end=2024-01-03")]
    public async Task A_dataset_has_each_row_once_and_is_complete(int kills, string format, string more = "")
    {
        using var uninterrupted = new Exporter();
        using var killed = new Exporter();
        string[] arguments =
        [
            "events", "--sandbox", "--sandbox-items", "10000", "--quiet", "--output", Folder, "--format", format, "--part-rows", "200", "--page-size", "100",
            .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        await uninterrupted.RunAsync(arguments);
        var parts = GetParts(uninterrupted).Count;
        var random = new Random(kills + parts);

        for (var kill = 0; kill < kills; kill++)
        {
            // Sometimes before the first part, sometimes some parts after those of the previous runs, and at any point of the part being written.
            var process = killed.Start(arguments);
            var target = CountParts() + random.Next(parts / (kills + 1) + 1);
            var length = random.Next(3) == 0 ? 0 : random.Next(200_000);
            await killed.WaitUntilAsync(process, () => CountParts() > target || (CountParts() == target && CountTemporaryBytes() >= length));
            process.Kill();
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Not.Zero, "It ended before the kill; it needs more items.");
        }

        await killed.RunAsync(arguments);
        Assert.That(ReadEvents(killed, format), Is.EqualTo(ReadEvents(uninterrupted, format)));
        Assert.That((await killed.TryAsync("verify", "--output", Folder)).Code, Is.Zero);

        int CountParts() => Directory.Exists(killed.PathOf("data/events")) ? GetParts(killed).Count : 0;

        long CountTemporaryBytes() => !Directory.Exists(killed.PathOf("data/_tmp"))
            ? 0
            : new DirectoryInfo(killed.PathOf("data/_tmp")).GetFiles().Select(file => file.Exists ? file.Length : 0).DefaultIfEmpty().Max();
    }
}
