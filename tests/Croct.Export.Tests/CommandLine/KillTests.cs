using System.Security.Cryptography;

namespace Croct.Export.Tests.CommandLine;

/// <summary>
/// An export with a state that is killed (SIGKILL) again and again, at instants that a seed draws, and started anew each time: its file is that of
/// an export that nobody disturbed, byte for byte.
/// </summary>
public class KillTests
{
    private const int KillsOfACase = 8;

    private const string Faults = "--fault=429:every=97,retry-after=1 --fault=short-page:items=37,every=7 --fault=cut:every=101,byte=900";

    [TestCase("events", 30_000, "items.ndjson")]
    [TestCase("sessions", 30_000, "items.ndjson")]
    [TestCase("users", 40_000, "items.ndjson")]
    [TestCase("events", 30_000, "items.csv", "--format=csv")]
    [TestCase("events", 30_000, "items.ndjson.gz")]
    [TestCase("events", 30_000, "items.ndjson", "--lookback=1d")]
    [TestCase("events", 30_000, "items.ndjson", Faults)]
    [TestCase("sessions", 30_000, "items.ndjson", Faults)]
    [TestCase("users", 40_000, "items.ndjson", Faults)]
    public async Task Ends_with_the_bytes_of_an_undisturbed_export(string stream, int items, string file, string more = "")
    {
        using var undisturbed = new Exporter();
        using var killed = new Exporter();
        string[] arguments = [stream, "--sandbox", "--sandbox-items", $"{items}", "--page-size", "50", "--quiet", "--state", "state", "--output", file, .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        await undisturbed.RunAsync(arguments);
        var size = new FileInfo(undisturbed.PathOf(file)).Length;
        var random = new Random(stream.Length + items + more.Length);

        for (var kill = 0; kill < KillsOfACase; kill++)
        {
            // Now before the first byte, now some way behind what the runs before have written.
            var target = LengthOf(killed.PathOf(file)) + (random.Next(4) == 0 ? 0 : random.NextInt64(size / KillsOfACase));
            using var process = killed.Start(arguments);
            while (LengthOf(killed.PathOf(file)) < target && !process.HasExited) await Task.Yield();
            process.Kill();
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Not.Zero, "It was over before the kill; there have to be more items.");
        }

        await killed.RunAsync(arguments);
        Assert.That(Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(killed.PathOf(file)))), Is.EqualTo(Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(undisturbed.PathOf(file))))));
    }

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;
}
