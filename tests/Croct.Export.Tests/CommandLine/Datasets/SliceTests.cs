using System.Globalization;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using Microsoft.Extensions.Time.Testing;
using Newtonsoft.Json.Linq;
using static Croct.Export.Tests.CommandLine.Datasets.DatasetFiles;

namespace Croct.Export.Tests.CommandLine.Datasets;

/// <summary>Slices of a window: each is a dataset of its own, complete ones are skipped, and any number of processes and machines can share them.</summary>
public class SliceTests
{
    /// <summary>The events of the sandbox are ten seconds apart, so that these are three hours and a bit.</summary>
    private static readonly string[] Sandbox = ["--sandbox", "--sandbox-items", "1200", "--page-size", "50", "--quiet"];
    private static readonly string[] Window = ["--start", "2024-01-01", "--end", "2024-01-01T03:00", "--slice-by", "1h"];

    [TestCase("1d", "data/events/date=2024-01-02/part-000001.ndjson")]
    [TestCase("6h", "data/events/date=2024-01-02/hour=06/part-000001.ndjson")]
    [TestCase("1h", "data/events/date=2024-01-02/hour=23/part-000001.ndjson")]
    public async Task Each_slice_is_a_folder_with_the_items_of_its_window(string length, string part)
    {
        using var exporter = new Exporter();

        string[] days = ["--start", "2024-01-01", "--end", "2024-01-03", "--sandbox", "--sandbox-items", "17280", "--quiet"];

        await exporter.RunAsync(["events", "--output", Folder, "--slice-by", length, "--parallel", "4", .. days]);

        Assert.That(GetNumbers(exporter), Does.Contain(part));
        Assert.That(ReadEvents(exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(exporter, days)));
        foreach (var file in GetParts(exporter))
        {
            var folder = file.Split('/')[2..^1].Select(name => name.Split('=')[1]).ToList();
            var start = DateTimeOffset.Parse(folder[0] + (folder.Count > 1 ? $"T{folder[1]}:00Z" : "T00:00Z"), CultureInfo.InvariantCulture);
            var times = File.ReadLines(exporter.PathOf(file)).Select(line => DateTimeOffset.FromUnixTimeMilliseconds((long)JObject.Parse(line)["timestamp"]!));
            Assert.That(times, Is.All.InRange(start, start.AddHours(length switch { "1d" => 24, "6h" => 6, _ => 1 }).AddTicks(-1)), file);
        }
    }

    [Test]
    public async Task Complete_slices_are_skipped_without_a_request()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1200 });
        using var exporter = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));
        string[] command = ["events", "--output", Folder, "--base-address", sandbox.BaseAddress.AbsoluteUri, .. Window];
        await exporter.RunAsync(command);
        var requests = sandbox.Requests.Count;

        var (code, _, errors) = await exporter.TryAsync(command);
        var quiet = await exporter.TryAsync([.. command, "--quiet"]);

        Assert.That((code, errors, sandbox.Requests.Count), Is.EqualTo((
            0, "croct-export: There is nothing to do: all slices were completed by earlier runs.\n", requests)));
        Assert.That((quiet.Code, quiet.Errors), Is.EqualTo((0, "")));
    }

    [Test]
    public async Task A_slice_that_fails_does_not_stop_the_others_and_the_same_command_completes_it()
    {
        using var exporter = new Exporter();
        string[] command = ["events", "--output", Folder, "--report", "report.json", .. Window, .. Sandbox];

        var (code, _, errors) = await exporter.TryAsync([.. command, "--retries", "0", "--fault", "500:request=6"]);
        Assert.That(code, Is.EqualTo(4));
        Assert.That(errors, Does.StartWith("croct-export: 2024-01-01T00Z: The Export API responded 500"));
        Assert.That(errors, Does.EndWith("\ncroct-export: The same command exports what is missing; complete slices are skipped.\n"));
        Assert.That(Outcomes(), Is.EqualTo(new[] { "failed", "done", "done" }));
        await exporter.RunAsync(command);

        Assert.That(Outcomes(), Is.EqualTo(new[] { "done", "skipped", "skipped" }));
        Assert.That(ReadEvents(exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(exporter, [.. Window[..4], .. Sandbox])));

        IEnumerable<string> Outcomes() => ReadReport(exporter)["streams"]![0]!["slices"]!.Select(slice => (string)slice["outcome"]!);
    }

    [Test]
    public async Task A_key_that_is_refused_stops_all_slices()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1200 });
        using var exporter = new Exporter(("CROCT_API_KEY", "00000000-0000-4000-8000-000000000001"));

        var (code, _, _) = await exporter.TryAsync(["events", "--output", Folder, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--quiet", .. Window]);

        Assert.That((code, sandbox.Requests.Count), Is.EqualTo((3, 1)));
    }

    [Test]
    public async Task All_exports_the_slices_of_all_streams()
    {
        using var exporter = new Exporter();

        await exporter.RunAsync(["all", "--output", Folder, "--parallel", "4", "--report", "report.json", .. Window, .. Sandbox]);

        var done = ReadReport(exporter)["streams"]!.Select(stream => stream["slices"]!.Count(slice => (string)slice["outcome"]! == "done"));
        Assert.That(done, Is.EqualTo(new[] { 3, 3, 3 }));
    }

    [Test]
    public async Task Machines_share_the_slices_by_their_number_since_1970()
    {
        using var exporter = new Exporter();
        for (var i = 0; i < 3; i++)
        {
            await exporter.RunAsync(["events", "--output", $"{i}/", "--slice", $"{i}/3", .. Window, .. Sandbox]);
        }

        // The first hour of 2024-01-01 is hour 473,352, which is 0 modulo 3.
        Assert.That(Enumerable.Range(0, 3).SelectMany(i => GetHours(exporter, $"{i}/")), Is.EqualTo(new[] { "hour=00", "hour=01", "hour=02" }));
    }

    [TestCase("auto/3", "JOB_COMPLETION_INDEX=1")]
    [TestCase("auto", "SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_COUNT=3")]
    [TestCase("auto", "SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_MIN=2")]
    [TestCase("auto", "AWS_BATCH_JOB_ARRAY_INDEX=1", "AWS_BATCH_JOB_ARRAY_SIZE=3")]
    [TestCase("auto", "CLOUD_RUN_TASK_INDEX=1", "CLOUD_RUN_TASK_COUNT=3")]
    public async Task A_task_of_a_job_array_takes_its_share_from_the_environment(string slice, params string[] variables)
    {
        using var exporter = new Exporter([.. variables.Select(variable => variable.Split('=')).Select(pair => (pair[0], pair[1]))]);

        await exporter.RunAsync(["events", "--output", Folder, "--slice", slice, .. Window, .. Sandbox]);

        Assert.That(GetHours(exporter), Is.EqualTo(new[] { "hour=01" }));
    }

    [Test]
    public async Task Without_the_option_the_environment_of_a_job_array_has_no_effect()
    {
        using var exporter = new Exporter(("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_COUNT", "3"));

        await exporter.RunAsync(["events", "--output", Folder, .. Window, .. Sandbox]);

        Assert.That(GetHours(exporter).Count(), Is.EqualTo(3));
    }

    [TestCase("4/4", "I must be from 0 to 3 for N = 4.")]
    [TestCase("0/0", "N must be at least 1.")]
    [TestCase("-1/4", "it must be I/N with I from 0 to N-1, such as 0/4, or auto, or auto/N.")]
    [TestCase("1", "it must be I/N with I from 0 to N-1, such as 0/4, or auto, or auto/N.")]
    [TestCase("auto/x", "it must be I/N with I from 0 to N-1, such as 0/4, or auto, or auto/N.")]
    [TestCase("auto", "none of JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX, CLOUD_RUN_TASK_INDEX is set. Pass I/N, such as 0/4.")]
    [TestCase("auto", "JOB_COMPLETION_INDEX is set, but the number of tasks is not known. Pass auto/N, such as auto/4.", "JOB_COMPLETION_INDEX=1")]
    [TestCase("auto", "both JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are set. Pass I/N, such as 0/4.", "JOB_COMPLETION_INDEX=1", "SLURM_ARRAY_TASK_ID=1")]
    [TestCase("auto", "SLURM_ARRAY_TASK_ID is 7, which is not the index of one of 3 tasks. Number the tasks without gaps, or pass I/N, such as 0/4.",
        "SLURM_ARRAY_TASK_ID=7", "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_MIN=1")]
    public async Task A_share_that_is_not_one_is_refused(string slice, string message, params string[] variables)
    {
        using var exporter = new Exporter([.. variables.Select(variable => variable.Split('=')).Select(pair => (pair[0], pair[1]))]);

        var (code, _, errors) = await exporter.TryAsync(["events", "--output", Folder, "--slice", slice, .. Window, .. Sandbox]);

        Assert.That((code, errors), Is.EqualTo((2, $"croct-export: --slice was '{slice}'; {message} See croct-export events --help\n")));
    }

    [TestCase("--end 2024-01-04", "--slice-by requires --start: an open window cannot be cut into slices.")]
    [TestCase("--start 2024-01-01", "--slice-by requires --end: an open window cannot be cut into slices.")]
    [TestCase("--start 2024-01-01 --end 2024-01-04T06:30", "--end (2024-01-04T06:30:00Z) must be the beginning of a slice of 1d in UTC, " +
        "such as 2024-01-04T00:00Z or 2024-01-05T00:00Z.")]
    [TestCase("--start now-5m --end now", "There is no whole slice of 1d between --start (*) and --end (*).")]
    public async Task A_window_that_cannot_be_cut_into_slices_is_refused(string window, string message)
    {
        using var exporter = new Exporter();

        var (code, _, errors) = await exporter.TryAsync(["events", "--output", Folder, "--slice-by", "1d", .. window.Split(' '), .. Sandbox]);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(Regex.Replace(errors, @"\(\d{4}-\d\d-\d\dT00:00:00Z\)", "(*)"), Is.EqualTo($"croct-export: {message}\n"));
    }

    [Test]
    public async Task Slices_of_another_length_are_refused()
    {
        using var exporter = new Exporter();
        await exporter.RunAsync(["events", "--output", Folder, .. Window, .. Sandbox]);

        var (code, _, errors) = await exporter.TryAsync(
            ["events", "--output", Folder, "--start", "2024-01-01", "--end", "2024-01-02", "--slice-by", "6h", .. Sandbox]);

        Assert.That((code, errors), Is.EqualTo((2, "croct-export: 'data/events/' belongs to another export: --slice-by was 1h but is 6h this time. " +
            "Repeat the earlier command, or export to another folder.\n")));
    }

    [Test]
    public async Task Options_about_slices_require_slices()
    {
        using var exporter = new Exporter();

        var (code, _, errors) = await exporter.TryAsync(["events", "--output", Folder, "--parallel", "4", .. Sandbox]);

        Assert.That((code, errors), Is.EqualTo((2, "croct-export: --parallel requires --slice-by. See croct-export events --help\n")));
    }

    [TestCase("1h", false)]
    [TestCase("10m", true)]
    public async Task A_slice_that_has_just_ended_by_the_clock_of_the_server_is_left_for_a_later_run(string settle, bool isExported)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2024, 1, 1, 3, 30, 0, TimeSpan.Zero));
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1200, TimeProvider = clock });
        using var exporter = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));

        var (code, _, errors) = await exporter.TryAsync(
            ["events", "--output", Folder, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--settle", settle, "--quiet", .. Window]);

        Assert.That(code, Is.Zero);
        Assert.That(GetHours(exporter), Is.EqualTo(isExported ? new[] { "hour=00", "hour=01", "hour=02" } : ["hour=00", "hour=01"]));
        const string Left = "1 slice (2024-01-01T02Z) not ended, or not 1h ago by the clock of the server (--settle): left for a later run.";
        Assert.That(errors.Contains(Left, StringComparison.Ordinal), Is.Not.EqualTo(isExported));
        Assert.That(errors, Does.Match("The local clock is [0-9,]+ s ahead of the server's: correct it, since times relative to now depend on it."));
    }

    [Test]
    public async Task A_slice_whose_end_the_api_did_not_confirm_is_looked_at_again()
    {
        await using var server = await WindowServer.StartAsync();
        server.HasEndlessEmptyPages = true;
        using var exporter = new Exporter();
        string[] command = ["sessions", "--output", Folder, "--quiet", .. server.Options, .. Window];

        var (code, _, errors) = await exporter.TryAsync(command);

        Assert.That(code, Is.Zero, errors);
        Assert.That(errors, Is.EqualTo("croct-export: 3 slices (2024-01-01T00Z, 2024-01-01T01Z, 2024-01-01T02Z) ended with empty pages: " +
            "the API did not confirm that this is the end of the data. The next run continues there.\n"));
        Assert.That(Directory.GetFiles(exporter.PathOf(Folder), "_SUCCESS.json", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task The_unit_of_windows_is_detected_once_for_all_slices()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, TimeUnit = SandboxTimeUnit.Milliseconds });
        using var exporter = new Exporter(("CROCT_API_KEY", sandbox.ApiKey));

        await exporter.RunAsync(["events", "--output", Folder, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--parallel", "3", "--quiet", .. Window]);

        var requests = sandbox.Requests.Where(request => request.Query.TrimStart('?').Split('&').Contains("pageSize=1"));
        Assert.That(requests.Count(), Is.EqualTo(3), "One for the date, two for the unit.");
    }

    [Test]
    public async Task A_terminal_shows_a_calendar_of_the_slices()
    {
        using var exporter = new Exporter();
        await exporter.RequireAsync("script is not installed.", "script", "--version");

        var output = await exporter.RunInTerminalAsync(["events", "--output", Folder, .. Window, .. Sandbox[..^1]]);

        Assert.That(output, Does.Contain("2024-01-01  ###"));
        Assert.That(output, Does.Contain("3 of 3"));
    }

    private static IEnumerable<string?> GetHours(Exporter exporter, string folder = Folder) =>
        Directory.GetDirectories(exporter.PathOf(folder + "events/date=2024-01-01")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
