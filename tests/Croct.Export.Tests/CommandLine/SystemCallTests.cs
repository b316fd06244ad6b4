using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.CommandLine;

/// <summary>
/// The system calls of an export and their order, as strace reports them. Without strace, or without permission to trace, these tests are skipped and
/// say so: there is no other way to check this.
/// </summary>
[Platform("Linux")]
public class SystemCallTests
{
    private const string State = @"sync state\.tmp\nrename state\.tmp state\nsync \.\n";

    // A platform has only some of these calls; strace ignores the others because of the question mark.
    private const string Renames = "?rename,?renameat,?renameat2";

    private const string Data = @"sync items\.unfinished\n";

    [OneTimeSetUp]
    public static async Task RequireStrace()
    {
        using var exporter = new Exporter();
        await exporter.RequireAsync("strace is not installed (Debian: apt-get install strace) or has no permission to trace.", "strace", "-f", "true");
    }

    [Test]
    public async Task Rows_are_flushed_before_the_state_and_the_state_before_its_rename() =>
        Assert.That(
            await TraceAsync("--state", "state"),
            Does.Match($@"\A{State}sync \.\n({Data}{State})+rename items\.unfinished items\nsync \.\n{State}\z"));

    [Test]
    public async Task A_file_is_flushed_before_its_rename() =>
        Assert.That(await TraceAsync(), Does.Match(@"\Async items\.partial\nrename items\.partial items\nsync \.\n\z"));

    [Test]
    [NonParallelizable]
    public async Task A_checkpoint_is_flushed_before_its_rename_and_the_rename_before_save_returns()
    {
        using var folder = new Exporter();
        File.CreateSymbolicLink(folder.PathOf("link"), "checkpoint");
        string[] options = ["-f", "-y", "-p", $"{Environment.ProcessId}", "-o", folder.PathOf("trace"), "-e", $"trace=fsync,fdatasync,{Renames}"];
        var strace = Limits.Command.Start(new ProcessStartInfo("strace", options) { RedirectStandardError = true });
        try
        {
            var line = "";
            while (!line.Contains("attached", StringComparison.Ordinal))
            {
                line = await strace.StandardError.ReadLineAsync() ?? "";
                if (strace.HasExited) Assert.Ignore($"strace may not trace this process: {line}");
            }

            await new FileCursorStore(folder.PathOf("link")).SaveAsync(new Checkpoint { Cursor = "c1" });
        }
        finally
        {
            // strace detaches from this process and writes its output.
            if (!strace.HasExited)
            {
                await Limits.Command.RunAsync(
                    new ProcessStartInfo("kill", ["-INT", $"{strace.Id}"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            }

            await strace.WaitForExitAsync();
            Limits.Command.End(strace);
        }

        Assert.That(await ReadTraceAsync(folder), Is.EqualTo("sync checkpoint.tmp\nrename checkpoint.tmp checkpoint\nsync .\n"));
    }

    [TestCase("items.ndjson")]
    [TestCase("items-{run}.parquet", "--format", "parquet")]
    [TestCase("items.csv", "--format", "csv", "--lookback", "1h")]
    [Category("Long")]
    public async Task An_export_killed_at_a_later_call_each_time_ends_with_the_bytes_of_an_uninterrupted_one(string output, params string[] more)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 200 });
        using var uninterrupted = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));
        using var killed = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));
        var kills = 0;
        foreach (var (run, end) in ((int, string)[])[(1, "2024-01-01T00:20"), (2, "2024-01-02")])
        {
            string[] arguments =
            [
                "events", "--base-address", sandbox.BaseAddress.AbsoluteUri, "--page-size", "50", "--quiet", "--state", "state", "--output", output, .. more,
                .. more.Contains("--lookback") ? (string[])["--end", end] : [],
            ];
            await uninterrupted.RunAsync(arguments);
            for (var call = 2; !IsComplete(killed, run); call++)
            {
                // Kills at the first fsync of a thread, at its first rename, at its second fsync, and so on, until no thread makes that many calls and the
                // run completes. Each run resumes where the previous one was killed, and its work moves between threads, so this does not cover every call
                // of an uninterrupted run.
                var number = (call / 2).ToString(CultureInfo.InvariantCulture);
                var (code, _, errors) = await killed.TryUnderAsync(
                    "strace", ["-f", "-o", "/dev/null", "-e", $"inject={(call % 2 == 0 ? "fsync" : Renames)}:signal=KILL:when={number}"], arguments);
                Assert.That(code, Is.EqualTo(137).Or.Zero, errors);
                if (code != 0) kills++;
            }

            sandbox.Append(200);
        }

        Assert.That(kills, Is.GreaterThanOrEqualTo(6));
        Assert.That(ReadFiles(killed), Is.EqualTo(ReadFiles(uninterrupted)));
        await TestContext.Out.WriteLineAsync($"{kills} kills");
    }

    private static async Task<string> TraceAsync(params string[] more)
    {
        using var exporter = new Exporter();
        string[] options = ["-f", "-y", "-o", exporter.PathOf("trace"), "-e", $"trace=fsync,fdatasync,{Renames}"];

        var (code, _, errors) = await exporter.TryUnderAsync(
            "strace", options, ["events", "--sandbox", "--sandbox-items", "20", "--output", "items", "--quiet", .. more]);

        Assert.That(code, Is.Zero, errors);
        return await ReadTraceAsync(exporter);
    }

    private static async Task<string> ReadTraceAsync(Exporter exporter)
    {
        const string Call = """(?:f(?:data)?sync\(\d+<(?<file>[^>]+)>|(?<rename>rename)\w*\(.*?"(?<file>[^"]+)".*?"(?<to>[^"]+)")""";
        var calls = Regex.Matches(await File.ReadAllTextAsync(exporter.PathOf("trace")), Call)
            .Select(call => call.Groups["rename"].Success
                ? $"rename {NameOf(call.Groups["file"])} {NameOf(call.Groups["to"])}\n"
                : $"sync {NameOf(call.Groups["file"])}\n");
        return string.Concat(calls);

        string NameOf(Group path) => Path.GetRelativePath(exporter.PathOf("."), path.Value);
    }

    private static bool IsComplete(Exporter exporter, int run) =>
        File.Exists(exporter.PathOf("state"))
        && JObject.Parse(File.ReadAllText(exporter.PathOf("state"))) is var state
        && (int)state["run"]! == run
        && (bool)state["complete"]!;

    private static List<(string Name, string Content)> ReadFiles(Exporter exporter) =>
        [
            .. Directory.GetFiles(exporter.PathOf("."), "items*")
                .Order(StringComparer.Ordinal)
                .Select(file => (Path.GetFileName(file), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))))),
        ];
}
