using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine;
using Croct.Export.Tests.CommandLine.Datasets.Stores;

namespace Croct.Export.Tests.Database;

/// <summary>
/// Exports to PostgreSQL that are killed (SIGKILL) repeatedly, after a seeded random number of bytes sent to the server or received from it, and restarted
/// each time: the tables are those of an uninterrupted export.
/// </summary>
[Category("Long")]
public class DatabaseKillTests
{
    private static readonly string[] Streams = ["events", "sessions", "users"];

    [TestCase(36, SandboxEndOfData.EmptyPage)]
    [TestCase(36, SandboxEndOfData.NullCursor)]
    public async Task All_streams_are_complete_while_they_grow(int kills, SandboxEndOfData end)
    {
        await using var database = await SharedServer.CreateAsync();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000, EndOfData = end });
        var random = new Random(kills + (int)end);

        // A run can end before it is killed; then it has exported what there was.
        var killed = 0;
        for (var runs = 0; killed < kills; runs++)
        {
            Assert.That(runs, Is.LessThan(3 * kills));
            sandbox.Append(random.Next(3) == 0 ? 2000 : 300);
            sandbox.AppendLate(20);
            var isSending = random.Next(3) > 0;
            if (await TryKillAsync(sandbox, database, [], isSending ? random.Next(400_000) : null, isSending ? null : random.Next(6_000))) killed++;
        }

        await AssertCompleteAsync(sandbox, database, []);
    }

    [Test]
    public async Task Slices_are_complete()
    {
        const int Kills = 28;
        string[] slices = ["--slice-by", "6h", "--parallel", "4", "--start", "2024-01-01", "--end", "2024-01-03"];
        await using var database = await SharedServer.CreateAsync();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 28_800 });
        var random = new Random(Kills);

        for (var kill = 0; kill < Kills; kill++)
        {
            var isSending = kill % 3 > 0;
            var isKilled = await TryKillAsync(sandbox, database, slices, isSending ? random.Next(700_000) : null, isSending ? null : random.Next(20_000));
            Assert.That(isKilled, "It ended before the kill; it needs more items.");
        }

        await AssertCompleteAsync(sandbox, database, slices);
    }

    /// <summary>Runs an export, and kills it after a number of bytes. Returns false if it ended before.</summary>
    private static async Task<bool> TryKillAsync(SandboxServer sandbox, TestDatabase database, string[] more, int? sent, int? received)
    {
        var cut = new TaskCompletionSource();
        using var proxy = new CuttingProxy((await SharedServer.Instance).EndPoint, sent ?? long.MaxValue, received ?? long.MaxValue, () => cut.TrySetResult());
        using var exporter = new Exporter();
        var process = exporter.Start(Arguments(sandbox, database.OutputBy(proxy.Port), more));
        await Task.WhenAny(cut.Task, process.WaitForExitAsync());
        process.Kill();
        await process.WaitForExitAsync();
        if (process.ExitCode == 0) return false;
        Assert.That(cut.Task.IsCompleted, await process.StandardError.ReadToEndAsync());
        return true;
    }

    private static async Task AssertCompleteAsync(SandboxServer sandbox, TestDatabase database, string[] more)
    {
        using var exporter = new Exporter();
        await exporter.RunAsync(Arguments(sandbox, database.Output, more));
        await exporter.RunAsync(
            "verify", "--against-api", "--output", database.Output, "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri);
        await exporter.RunAsync(Arguments(sandbox, database.Output.Replace("=croct", "=uninterrupted", StringComparison.Ordinal), more));
        foreach (var stream in Streams)
        {
            Assert.That(
                await database.QueryAsync($"select t::text from croct.{stream} t order by 1"),
                Is.EqualTo(await database.QueryAsync($"select t::text from uninterrupted.{stream} t order by 1")),
                stream);
        }
    }

    private static string[] Arguments(SandboxServer sandbox, string output, string[] more) =>
    [
        "all", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--page-size", "100", "--quiet", "--output", output, .. more,
    ];
}
