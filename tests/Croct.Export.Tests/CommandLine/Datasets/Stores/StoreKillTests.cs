using static Croct.Export.Tests.CommandLine.Datasets.DatasetFiles;

namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>
/// Exports to a store that are killed (SIGKILL) repeatedly, after a seeded random number of bytes sent or received, and restarted each time: the dataset has
/// the rows of an uninterrupted export, each once, and is proved to be complete.
/// </summary>
[Category("Long")]
public class StoreKillTests
{
    [TestCase(7, "ndjson")]
    [TestCase(7, "parquet")]
    [TestCase(5, "csv", "--compress=gzip")]
    [TestCase(7, "ndjson", "--slice-by=6h --parallel=4 --start=2024-01-01 --end=2024-01-03")]
    [TestCase(7, "parquet", "--slice-by=6h --parallel=4 --start=2024-01-01 --end=2024-01-03")]
    public async Task A_dataset_has_each_row_once_and_is_complete(int kills, string format, string more = "")
    {
        await using var store = await AzuriteStore.StartAsync();
        string[] arguments =
        [
            "events", "--sandbox", "--sandbox-items", "8000", "--quiet", "--format", format, "--part-rows", "200", "--page-size", "100",
            .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        var (sent, received) = await MeasureAsync(store, arguments);
        var random = new Random(kills + format.Length);

        for (var kill = 0; kill < kills; kill++)
        {
            // At any byte of a listing, a sidecar or a part, or of the response to it, when the store has it. Each run is on a machine of its own.
            var cut = new TaskCompletionSource();
            var isSending = kill % 2 == 0;
            using var proxy = new CuttingProxy(
                store.Port,
                isSending ? random.Next(sent / (kills + 1)) + 1 : long.MaxValue,
                isSending ? long.MaxValue : random.Next(received / (kills + 1)) + 1,
                () => cut.SetResult());
            using var killed = CreateExporter(proxy);
            var process = killed.Start([.. arguments, "--output", store.Output]);
            await Task.WhenAny(cut.Task, process.WaitForExitAsync());
            process.Kill();
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Not.Zero, "It ended before the kill; it needs more items.");
        }

        using var exporter = new Exporter(store.Environment);
        await exporter.RunAsync([.. arguments, "--output", store.Output]);
        await exporter.RunAsync("verify", "--output", store.Output);
        await store.DownloadAsync(exporter.PathOf(Folder));
        Assert.That(ReadEvents(exporter, format), Is.EqualTo(await ExportAllAsync(exporter, "--sandbox", "--sandbox-items", "8000")));
    }

    /// <summary>The number of bytes that an uninterrupted export sends and receives.</summary>
    private static async Task<(int Sent, int Received)> MeasureAsync(AzuriteStore store, string[] arguments)
    {
        using var proxy = new CuttingProxy(store.Port);
        using var exporter = CreateExporter(proxy);
        await exporter.RunAsync([.. arguments, "--output", $"az://{AzuriteStore.Container}/uninterrupted/"]);
        return ((int)proxy.Sent, (int)proxy.Received);
    }

    private static Exporter CreateExporter(CuttingProxy proxy) => new(("AZURE_STORAGE_CONNECTION_STRING", AzuriteStore.CreateConnectionString(proxy.Port)));
}
