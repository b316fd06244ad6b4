using System.Security.Cryptography;
using Croct.Export.Sandbox;

namespace Croct.Export.Tests.CommandLine;

/// <summary>
/// An export with a state that is killed (SIGKILL) repeatedly, at seeded random moments, and restarted each time: its file is the same, byte for byte,
/// as that of an uninterrupted export.
/// </summary>
public class KillTests
{
    private const string Faults = "--fault=429:every=97,retry-after=1 --fault=short-page:items=37,every=7 --fault=cut:every=101,byte=900";

    [TestCase(2, "sessions", 8_000, "items.ndjson", Faults, Category = "Long")]
    [TestCase(2, "events", 4_000, "items.csv", "--format=csv")]
    [TestCase(2, "events", 4_000, "items.ndjson", "--lookback=1d", Category = "Long")]
    [TestCase(5, "events", 16_000, "items.ndjson", Category = "Long")]
    [TestCase(5, "sessions", 16_000, "items.ndjson", Category = "Long")]
    [TestCase(5, "users", 20_000, "items.ndjson", Category = "Long")]
    [TestCase(5, "events", 16_000, "items.csv", "--format=csv", Category = "Long")]
    [TestCase(5, "events", 16_000, "items.ndjson.gz", Category = "Long")]
    [TestCase(5, "events", 16_000, "items.ndjson", "--lookback=1d", Category = "Long")]
    [TestCase(5, "events", 16_000, "items.ndjson", Faults, Category = "Long")]
    [TestCase(5, "sessions", 16_000, "items.ndjson", Faults, Category = "Long")]
    [TestCase(5, "users", 20_000, "items.ndjson", Faults, Category = "Long")]
    public async Task Ends_with_the_bytes_of_an_uninterrupted_export(int kills, string stream, int items, string file, string more = "")
    {
        using var uninterrupted = new Exporter();
        using var killed = new Exporter();
        string[] arguments =
        [
            stream, "--sandbox", "--sandbox-items", $"{items}", "--page-size", "50", "--quiet", "--state", "state", "--output", file,
            .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        await uninterrupted.RunAsync(arguments);

        await KillAsync(kills, killed, arguments, from: 0, to: uninterrupted.LengthOf(file), file);

        await killed.RunAsync(arguments);
        Assert.That(Hash(killed, file), Is.EqualTo(Hash(uninterrupted, file)));
    }

    [TestCase(2, 4_000, "items-{run}.csv", "items-2.csv", "--format=csv", Category = "Long")]
    [TestCase(5, 16_000, "items.ndjson", "items.ndjson", Category = "Long")]
    [TestCase(5, 16_000, "items-{run}.csv", "items-2.csv", "--format=csv", Category = "Long")]
    [TestCase(5, 16_000, "items.ndjson", "items.ndjson", "--lookback=1h", Category = "Long")]
    public async Task A_later_run_ends_with_the_bytes_of_an_uninterrupted_one(int kills, int items, string output, string file, string more = "")
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 5000 });
        using var uninterrupted = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));
        using var killed = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));
        string[] arguments =
        [
            "events", "--base-address", sandbox.BaseAddress.AbsoluteUri, "--page-size", "50", "--quiet", "--state", "state", "--output", output,
            .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        await uninterrupted.RunAsync(RunTo("2024-01-01T13:00"));
        await killed.RunAsync(RunTo("2024-01-01T13:00"));
        var from = uninterrupted.LengthOf(file);

        sandbox.AppendLate(100);
        sandbox.Append(items);
        await uninterrupted.RunAsync(RunTo("2024-02-01"));
        await KillAsync(kills, killed, RunTo("2024-02-01"), from, to: uninterrupted.LengthOf(file), file);

        await killed.RunAsync(RunTo("2024-02-01"));
        Assert.That(Hash(killed, file), Is.EqualTo(Hash(uninterrupted, file)));

        string[] RunTo(string end) => more.Contains("lookback", StringComparison.Ordinal) ? [.. arguments, "--end", end] : arguments;
    }

    [TestCase(2, 4_000)]
    [TestCase(5, 16_000, Category = "Long")]
    public async Task All_streams_end_with_the_bytes_of_an_uninterrupted_export(int kills, int items)
    {
        string[] files = ["out/events.ndjson", "out/sessions.ndjson", "out/users.ndjson"];
        using var uninterrupted = new Exporter();
        using var killed = new Exporter();
        string[] arguments = ["all", "--sandbox", "--sandbox-items", $"{items}", "--page-size", "50", "--quiet", "--output-dir", "out"];
        await uninterrupted.RunAsync(arguments);

        await KillAsync(kills, killed, arguments, from: 0, to: files.Sum(uninterrupted.LengthOf), files);

        await killed.RunAsync(arguments);
        Assert.That(files.Select(file => Hash(killed, file)), Is.EqualTo(files.Select(file => Hash(uninterrupted, file))));
    }

    /// <summary>Starts and kills an export repeatedly while its files grow from one size to another.</summary>
    private static async Task KillAsync(int kills, Exporter exporter, string[] arguments, long from, long to, params string[] files)
    {
        var random = new Random((int)(to - from));
        for (var kill = 0; kill < kills; kill++)
        {
            // Sometimes before the first byte, sometimes some bytes after those of the previous runs.
            var target = Math.Max(from, files.Sum(exporter.LengthOf)) + (random.Next(4) == 0 ? 0 : random.NextInt64((to - from) / (kills + 1)));
            var process = exporter.Start(arguments);
            await exporter.WaitUntilAsync(process, () => files.Sum(exporter.LengthOf) >= target);
            process.Kill();
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Not.Zero, "It ended before the kill; it needs more items.");
        }
    }

    private static string Hash(Exporter exporter, string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(exporter.PathOf(file))));
}
