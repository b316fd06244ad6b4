using System.Globalization;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine;

namespace Croct.Export.Tests.Clusters;

/// <summary>An export that a real Slurm cluster shares among its nodes by <c>--slice auto</c>: complete, each row once, also when a node is lost.</summary>
[Category("Long")]
[NonParallelizable] // A node that does not respond in time, on a busy machine, is lost too.
public class SlurmTests
{
    private const int Tasks = 4;

    [Test]
    public async Task Another_node_finishes_the_slice_of_one_that_was_killed()
    {
        await using var sandbox = await StartSandboxAsync();
        using var exporter = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));
        await using var cluster = await SlurmCluster.StartAsync(("CROCT_API_KEY", sandbox.ApiKey));
        var job = await cluster.SubmitAsync($"0-{Tasks - 1}", exporter.PathOf("."), GetCommand(sandbox));

        string? slice = null;
        await cluster.WaitUntilAsync(() => Task.FromResult((slice = FindUnfinishedSlice(exporter)) is not null));
        var task = (await cluster.GetTasksAsync(job))[GetTaskOf(slice!)];
        await cluster.KillAsync(task.Node!);
        var parts = GetParts(slice!);
        await cluster.LogAsync($"task {task.Index} left {parts.Count} parts of {Path.GetFileName(slice)}: {string.Join(' ', parts.Keys)}");
        Assert.That(IsComplete(slice!), Is.False, "It ended before the kill; it needs more events.");

        await cluster.WaitForAsync(job);
        var last = (await cluster.GetTasksAsync(job))[task.Index];
        await cluster.LogAsync($"task {last.Index} finished it on {last.Node}, with {GetParts(slice!).Count} parts, after {last.Restarts} restart");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(last.Restarts, Is.EqualTo(1));
            Assert.That(last.Node, Is.Not.EqualTo(task.Node));
            Assert.That(parts, Is.SubsetOf(GetParts(slice!)), "The parts of the lost node were not kept.");
        }

        await CheckAsync(exporter, sandbox, cluster);
    }

    [Test]
    public async Task Two_jobs_of_the_same_index_do_no_harm()
    {
        await using var sandbox = await StartSandboxAsync();
        using var exporter = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));
        await using var cluster = await SlurmCluster.StartAsync(("CROCT_API_KEY", sandbox.ApiKey));

        string[] jobs =
        [
            await cluster.SubmitAsync($"0-{Tasks - 1}", exporter.PathOf("."), GetCommand(sandbox)),
            await cluster.SubmitAsync($"0-{Tasks - 1}", exporter.PathOf("."), GetCommand(sandbox)),
        ];
        await cluster.WaitForAsync(jobs);

        var repeated = sandbox.Requests.Select(request => request.Query).Where(query => query.Contains("cursor=", StringComparison.Ordinal))
            .CountBy(query => query).Count(query => query.Value > 1);
        await cluster.LogAsync($"{repeated} pages were requested by both jobs");
        Assert.That(repeated, Is.GreaterThan(100), "The jobs did not run at the same time.");
        await CheckAsync(exporter, sandbox, cluster);
    }

    /// <summary>Starts a server that needs several seconds for a day of events.</summary>
    private static Task<SandboxServer> StartSandboxAsync() =>
        SandboxServer.StartAsync(new SandboxOptions { Events = 60_000, Faults = ["latency:ms=40"], RequestLogSize = 10_000 });

    private static string GetCommand(SandboxServer sandbox) =>
        $"exec dotnet '{Exporter.Program}' events --base-address {sandbox.BaseAddress} --start 2024-01-01 --end 2024-01-09 --slice-by 1d --slice auto " +
        "--page-size 100 --part-rows 1000 --output data/";

    private static string[] GetSlices(Exporter exporter) =>
        Directory.Exists(exporter.PathOf("data/events")) ? Directory.GetDirectories(exporter.PathOf("data/events"), "date=*") : [];

    private static string? FindUnfinishedSlice(Exporter exporter) =>
        GetSlices(exporter).FirstOrDefault(slice => GetParts(slice).Count > 0 && !IsComplete(slice));

    private static bool IsComplete(string slice) => File.Exists(Path.Combine(slice, "_SUCCESS.json"));

    /// <summary>The parts of a slice by name, and when they were written.</summary>
    private static Dictionary<string, DateTime> GetParts(string slice) =>
        Directory.GetFiles(slice, "part-*.ndjson").ToDictionary(file => Path.GetFileName(file), File.GetLastWriteTimeUtc);

    /// <summary>The index of the task that exports a slice, a day.</summary>
    private static int GetTaskOf(string slice)
    {
        var date = DateOnly.ParseExact(Path.GetFileName(slice), "'date='yyyy-MM-dd", CultureInfo.InvariantCulture);
        return (date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) % Tasks;
    }

    /// <summary>Checks that the slices are complete, and have the rows of an export without slices, each once.</summary>
    private static async Task CheckAsync(Exporter exporter, SandboxServer sandbox, SlurmCluster cluster)
    {
        Assert.That(GetSlices(exporter), Has.Length.EqualTo(8));
        Assert.That(GetSlices(exporter).Where(slice => !IsComplete(slice)), Is.Empty);
        var (code, output, errors) = await exporter.TryAsync("verify", "--output", "data/");
        await cluster.LogAsync($"verify ended with {code}:\n{output}{errors}");
        Assert.That(code, Is.Zero, output + errors);

        await exporter.RunAsync("events", "--base-address", sandbox.BaseAddress.AbsoluteUri, "--end", "2024-01-09", "--quiet", "--output", "all.ndjson");
        var expected = await File.ReadAllLinesAsync(exporter.PathOf("all.ndjson"));
        var rows = GetSlices(exporter).SelectMany(slice => GetParts(slice).Keys.Select(part => Path.Combine(slice, part))).SelectMany(File.ReadLines).ToList();
        await cluster.LogAsync($"{rows.Count} rows, {rows.Distinct().Count()} different; {expected.Length} without slices");
        Assert.That(expected, Has.Length.EqualTo(60_000));
        Assert.That(rows, Has.Count.EqualTo(expected.Length));
        Assert.That(rows.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal)), "Some rows are different.");
    }
}
