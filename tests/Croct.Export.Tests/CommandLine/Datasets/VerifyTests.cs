using Croct.Export.Sandbox;
using Newtonsoft.Json.Linq;
using static Croct.Export.Tests.CommandLine.Datasets.DatasetFiles;

namespace Croct.Export.Tests.CommandLine.Datasets;

/// <summary><c>croct-export verify</c> proves that a dataset is complete, and repairs it.</summary>
public class VerifyTests
{
    private static readonly string[] Sandbox = ["--sandbox", "--sandbox-items", "1200"];
    private static readonly string[] Small = ["--part-rows", "120", "--page-size", "40", "--quiet"];
    private static readonly string[] Window = ["--start", "2024-01-01", "--end", "2024-01-01T03:00", "--slice-by", "1h", .. Small];

    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [TestCase("ndjson")]
    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task A_dataset_that_is_complete_is_shown_as_a_calendar(string format)
    {
        await _exporter.RunAsync(["events", "--output", Folder, "--format", format, .. Window, .. Sandbox]);

        Assert.That(await _exporter.RunAsync("verify", "--output", Folder), Is.EqualTo("""
            events
              2024-01-01  ###
              # complete  x incomplete  . not verified
            events: 3 of 3 slices are complete, 1,080 rows in 9 parts

            """.ReplaceLineEndings("\n")));
        Assert.That(await _exporter.RunAsync(["verify", "--output", Folder, "--against-api", .. Sandbox]), Does.Contain("3 of 3 slices are complete"));
    }

    [Test]
    public async Task Every_stream_is_verified()
    {
        await _exporter.RunAsync("all", "--output", Folder, "--sandbox", "--sandbox-items", "300", "--quiet");

        Assert.That(await _exporter.RunAsync("verify", "--output", Folder), Is.EqualTo(
            "events: complete, 300 rows in 1 part\nsessions: complete, 30 rows in 1 part\nusers: complete, 10 rows in 1 part\n"));
    }

    private static IEnumerable<TestCaseData> Damages() =>
    [
        Damage("a part that was edited", "changed-part", folder => File.AppendAllText(Part(folder, 2), "{}\n")),
        Damage("a part that was cut", "changed-part", folder => new FileInfo(Part(folder, 2)).Open(FileMode.Open).Cut()),
        Damage("a part that is missing in the middle", "missing-part", folder => File.Delete(Part(folder, 2))),
        Damage("the last part that is missing", "missing-part", folder => File.Delete(Part(folder, 3))),
        Damage("a number that is there twice", "two-parts", folder => File.Copy(Part(folder, 3), Path.Combine(folder, "part-000002-0000000000000000.ndjson"))),
        Damage("a sidecar that is missing", "changed-part", folder => File.Delete(Directory.GetFiles(Path.Combine(folder, "_meta"), "part-000002*").Single())),
        Damage("a part in the place of another", "changed-part", folder => File.Copy(Part(folder, 1), Part(folder, 2), overwrite: true)),
        Damage("a slice that was not completed", "incomplete", folder => File.Delete(Path.Combine(folder, "_SUCCESS.json"))),
        Damage("a marker that was damaged", "damaged-marker", folder => File.WriteAllText(Path.Combine(folder, "_SUCCESS.json"), "{")),
        Damage("a slice that is missing", "incomplete", folder => Directory.Delete(folder, recursive: true)),
        Damage("a file that is not of the dataset", "other-file", folder => File.Copy(Part(folder, 1), Path.Combine(folder, "copy.ndjson"))),
    ];

    [TestCaseSource(nameof(Damages))]
    public async Task Finds(string kind, Action<string> damage)
    {
        await _exporter.RunAsync(["events", "--output", Folder, .. Window, .. Sandbox]);
        damage(_exporter.PathOf("data/events/date=2024-01-01/hour=01"));

        var (code, output, errors) = await _exporter.TryAsync("verify", "--output", Folder, "--report", "report.json");

        Assert.That(code, Is.EqualTo(1), errors);
        Assert.That(output, Does.Contain("2024-01-01  #x#"));
        var slices = ReadReport(_exporter)["streams"]![0]!["datasets"]!;
        Assert.That(slices.Select(slice => (string)slice["outcome"]!), Is.EqualTo(new[] { "complete", "incomplete", "complete" }));
        Assert.That(slices[1]!["problems"]!.Select(problem => (string)problem["kind"]!), Does.Contain(kind));
        Assert.That(errors, Does.StartWith("croct-export: events 2024-01-01T01Z"));
    }

    private static readonly string[] Repairable =
        ["a part that is missing in the middle", "the last part that is missing", "a slice that was not completed", "a slice that is missing"];

    private static IEnumerable<TestCaseData> RepairableDamages() => Damages().Where(damage => Repairable.Contains(damage.TestName!.Split('"')[1]))
        .SelectMany((damage, i) => new[] { "ndjson", "csv", "parquet" }.Take(i == 0 ? 3 : 1).Select(format =>
            new TestCaseData(damage.Arguments[1], format).SetArgDisplayNames(damage.TestName!.Split('"')[1], format)));

    [TestCaseSource(nameof(RepairableDamages))]
    public async Task Repairs(Action<string> damage, string format)
    {
        await _exporter.RunAsync(["events", "--output", Folder, "--format", format, .. Window, .. Sandbox]);
        var before = ReadEvents(_exporter, format);
        damage(_exporter.PathOf("data/events/date=2024-01-01/hour=01"));

        await _exporter.RunAsync(["verify", "--output", Folder, "--repair", .. Sandbox]);

        Assert.That(ReadEvents(_exporter, format), Is.EqualTo(before));
        await _exporter.RunAsync("verify", "--output", Folder);
        await _exporter.RunAsync(["events", "--output", Folder, "--format", format, .. Window, .. Sandbox]);
        Assert.That(ReadEvents(_exporter, format), Is.EqualTo(before), "A later export adds nothing.");
    }

    [Test]
    public async Task A_part_that_was_edited_is_repaired_once_it_is_moved_away()
    {
        await _exporter.RunAsync(["events", "--output", Folder, .. Window, .. Sandbox]);
        var before = ReadEvents(_exporter, "ndjson");
        var part = Part(_exporter.PathOf("data/events/date=2024-01-01/hour=01"), 2);
        await File.AppendAllTextAsync(part, "{}\n");
        Assert.That((await _exporter.TryAsync(["verify", "--output", Folder, "--repair", .. Sandbox])).Code, Is.EqualTo(1));

        File.Move(part, _exporter.PathOf("edited"));
        await _exporter.RunAsync(["verify", "--output", Folder, "--repair", .. Sandbox]);

        Assert.That(ReadEvents(_exporter, "ndjson"), Is.EqualTo(before));
    }

    [Test]
    public async Task An_export_without_slices_that_did_not_reach_its_end_is_incomplete()
    {
        await _exporter.TryAsync(["events", "--output", Folder, "--retries", "0", "--fault", "500:request=4", .. Small, .. Sandbox]);

        var (code, output, errors) = await _exporter.TryAsync("verify", "--output", Folder);

        Assert.That((code, output), Is.EqualTo((1, "events: incomplete, 120 rows in 1 part\n")));
        Assert.That(errors, Is.EqualTo("croct-export: events: No export has reached the end of its data. Export it again, or pass --repair.\n"));
    }

    [Test]
    public async Task The_last_part_of_a_dataset_without_slices_is_missed()
    {
        await _exporter.RunAsync(["events", "--output", Folder, .. Small, .. Sandbox]);
        File.Delete(_exporter.PathOf(GetParts(_exporter)[^1]));

        var (code, _, errors) = await _exporter.TryAsync("verify", "--output", Folder);

        Assert.That((code, errors), Is.EqualTo((1, "croct-export: events: Part 10 is missing. Restore it, or pass --repair to export its rows again.\n")));
    }

    [Test]
    public async Task A_part_that_is_restored_after_a_repair_is_found()
    {
        await _exporter.RunAsync(["events", "--output", Folder, .. Window, .. Sandbox]);
        var part = Part(_exporter.PathOf("data/events/date=2024-01-01/hour=01"), 2);
        File.Move(part, _exporter.PathOf("moved"));
        await _exporter.RunAsync(["verify", "--output", Folder, "--repair", .. Sandbox]);
        File.Move(_exporter.PathOf("moved"), part);

        var (code, _, errors) = await _exporter.TryAsync("verify", "--output", Folder);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.EndWith("A repair has the rows of this part, which was missing then: they are there twice. Move the part away again.\n"));
    }

    [TestCase("date=2024-01-01/hour=07x/")]
    [TestCase("date=2024-01-01 copy/hour=01/")]
    [TestCase("")]
    public async Task Parts_outside_of_the_slices_are_found(string folder)
    {
        await _exporter.RunAsync(["events", "--output", Folder, .. Window, .. Sandbox]);
        var part = Part(_exporter.PathOf("data/events/date=2024-01-01/hour=01"), 2);
        Directory.CreateDirectory(_exporter.PathOf($"data/events/{folder}"));
        File.Copy(part, _exporter.PathOf($"data/events/{folder}{Path.GetFileName(part)}"));

        var (code, _, errors) = await _exporter.TryAsync("verify", "--output", Folder);

        Assert.That((code, errors), Is.EqualTo((
            1, $"croct-export: events: 'data/events/{folder}' is not a part of the dataset, but a query may read it. Move it away.\n")));
    }

    [Test]
    public async Task A_slice_that_has_just_ended_is_not_repaired()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2024, 1, 1, 2, 30, 0, TimeSpan.Zero));
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1200, TimeProvider = clock });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri];
        await _exporter.RunAsync(["events", "--output", Folder, .. Window, .. source]);

        var (code, _, errors) = await _exporter.TryAsync(["verify", "--output", Folder, "--repair", .. Window[..4], .. source]);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Contain("2024-01-01T02Z: The slice has not ended, or ended less than --settle ago: left for later.\n"));
        Assert.That(ReadEvents(_exporter, "ndjson"), Has.Count.EqualTo(360));
    }

    [Test]
    public async Task Slices_after_the_last_one_that_is_there_are_missing_if_they_are_asked_for()
    {
        await _exporter.RunAsync(["events", "--output", Folder, .. Window, .. Sandbox]);

        var (code, output, _) = await _exporter.TryAsync("verify", "--output", Folder, "--start", "2024-01-01T01:00", "--end", "2024-01-01T05:00");

        Assert.That((code, output.Contains("2 of 4 slices are complete", StringComparison.Ordinal)), Is.EqualTo((1, true)));
    }

    [TestCase("ndjson")]
    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task Late_items_are_found_and_added_once(string format)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1100 });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri];
        await _exporter.RunAsync(["events", "--output", Folder, "--format", format, .. Window, .. source]);
        await _exporter.RunAsync(["verify", "--output", Folder, "--against-api", .. source]);
        sandbox.AppendLate(20);

        var (code, _, errors) = await _exporter.TryAsync(["verify", "--output", Folder, "--against-api", .. source]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Contain("Items that the API has and that are missing, or there in an earlier version: "));
        await _exporter.RunAsync(["verify", "--output", Folder, "--repair", .. source]);
        await _exporter.RunAsync(["verify", "--output", Folder, "--repair", .. source]);

        Assert.That(ReadEvents(_exporter, format), Is.EqualTo(await ExportAllAsync(_exporter, [.. Window[..4], .. source])));
        await _exporter.RunAsync(["verify", "--output", Folder, "--against-api", .. source]);
    }

    [Test]
    public async Task Late_items_are_added_once_although_the_cursor_of_a_dataset_without_slices_delivers_them_too()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 2000 });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri];
        string[] command = ["events", "--output", Folder, "--quiet", "--part-rows", "1000", .. source];
        await _exporter.RunAsync(command);
        File.Delete(_exporter.PathOf(GetParts(_exporter)[0]));
        sandbox.AppendLate(20);

        await _exporter.RunAsync(["verify", "--output", Folder, "--repair", .. source]);
        sandbox.Append(30);
        await _exporter.RunAsync(command);

        Assert.That(ReadEvents(_exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(_exporter, source)));
    }

    [Test]
    public async Task Two_repairs_at_the_same_time_do_not_duplicate_rows()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1100 });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri];
        await _exporter.RunAsync(["events", "--output", Folder, .. Window, .. source]);
        sandbox.AppendLate(20);
        string[] repair = ["verify", "--output", Folder, "--repair", .. source];

        await Task.WhenAll(_exporter.TryAsync(repair), _exporter.TryAsync(repair), _exporter.TryAsync(repair));

        Assert.That(ReadEvents(_exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(_exporter, [.. Window[..4], .. source])));
        await _exporter.RunAsync(repair);
    }

    [Test]
    public async Task A_session_that_moved_is_there_in_its_newest_version()
    {
        await using var server = await WindowServer.StartAsync();
        string[] ids = [.. Enumerable.Range(1, 3).Select(i => $"00000000-0000-4000-8000-00000000000{i}")];
        foreach (var (i, id) in ids.Index()) server.Sessions[id] = new DateTimeOffset(2024, 1, 1, 0, i, 0, TimeSpan.Zero);
        string[] command = ["sessions", "--output", Folder, .. Window, .. server.Options];
        await _exporter.RunAsync(command);

        // One moves within its slice, one to the next slice.
        server.Sessions[ids[0]] += TimeSpan.FromMinutes(30);
        server.Sessions[ids[1]] += TimeSpan.FromHours(1);
        Assert.That((await _exporter.TryAsync(["verify", "--output", Folder, "--against-api", .. server.Options])).Code, Is.EqualTo(1));
        await _exporter.RunAsync(["verify", "--output", Folder, "--repair", "--report", "report.json", .. server.Options]);

        var rows = ReadLines(_exporter).Select(JObject.Parse).Select(item => $"{(string)item["sessionId"]!} {item["closeTime"]}").ToList();
        Assert.That(rows, Is.Unique.And.Count.EqualTo(5), "The older versions stay.");
        Assert.That(rows, Is.SupersetOf(server.Sessions.Select(session => $"{session.Key} {session.Value.ToUnixTimeMilliseconds()}")));
        var slices = ReadReport(_exporter)["streams"]![0]!["datasets"]!;
        Assert.That(slices.Select(slice => ((int)slice["repairedRows"]!, (int)slice["otherVersions"]!)), Is.EqualTo(new[] { (1, 2), (1, 0), (0, 0) }));
        await _exporter.RunAsync(["verify", "--output", Folder, "--against-api", .. server.Options]);
    }

    [Test]
    public async Task A_row_that_is_there_twice_is_found()
    {
        await using var server = await WindowServer.StartAsync();
        server.Sessions["00000000-0000-4000-8000-000000000001"] = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await _exporter.RunAsync(["sessions", "--output", Folder, .. Window, .. server.Options]);
        var folder = _exporter.PathOf("data/sessions/date=2024-01-01/hour=00");
        File.Copy(Part(folder, 1), Part(folder, 1).Replace("part-000001-", "part-repair-", StringComparison.Ordinal));

        await _exporter.TryAsync(["verify", "--output", Folder, "--against-api", "--report", "report.json", .. server.Options]);

        var problems = ReadReport(_exporter)["streams"]![0]!["datasets"]![0]!["problems"]!;
        Assert.That(problems.Select(problem => (string)problem["kind"]!), Is.EqualTo(new[] { "changed-part", "duplicate-rows" }));
    }

    [Test]
    public async Task The_nightly_run_is_the_command_of_the_backfill_and_a_repair_adds_what_came_late()
    {
        // Two runs: the second one finds another complete slice, and late events of those before.
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2024, 1, 1, 13, 0, 0, TimeSpan.Zero));
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 4500, TimeProvider = clock });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri];
        string[] nightly = ["events", "--output", Folder, "--start", "2024-01-01", "--end", "2024-01-02", "--slice-by", "6h", "--quiet", .. source];
        await _exporter.RunAsync(nightly);
        Assert.That(Directory.GetDirectories(_exporter.PathOf("data/events/date=2024-01-01")), Has.Length.EqualTo(2));
        sandbox.AppendLate(100);
        sandbox.Append(2200);
        clock.Advance(TimeSpan.FromHours(6));

        await _exporter.RunAsync(nightly);
        await _exporter.RunAsync(["verify", "--repair", "--output", Folder, "--start", "2024-01-01", .. source]);

        string[] days = ["--start", "2024-01-01", "--end", "2024-01-01T18:00"];
        Assert.That(ReadEvents(_exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(_exporter, [.. days, .. source])));
        await _exporter.RunAsync(["verify", "--output", Folder, "--against-api", .. days, .. source]);
    }

    [TestCase("data", "--output was 'data'; it must be the folder of a dataset, with a slash at the end. See croct-export verify --help")]
    [TestCase("data/", "--output 'data/' has no datasets; it must be the folder that contains events, sessions or users.")]
    public async Task A_folder_without_datasets_is_refused(string output, string message)
    {
        var (code, _, errors) = await _exporter.TryAsync("verify", "--output", output);

        Assert.That((code, errors), Is.EqualTo((2, $"croct-export: {message}\n")));
    }

    [Test]
    public async Task Another_api_than_that_of_the_dataset_is_refused()
    {
        await _exporter.RunAsync(["events", "--output", Folder, .. Window, .. Sandbox]);

        var (code, _, errors) = await _exporter.TryAsync("verify", "--output", Folder, "--repair", "--sandbox");

        Assert.That((code, errors), Is.EqualTo((2, "croct-export: 'data/events/' was exported from a sandbox of 1200 items with the seed 1, " +
            "but the API to compare it with is a sandbox of 10000 items with the seed 1.\n")));
    }

    [Test]
    public async Task A_dataset_without_slices_takes_no_window()
    {
        await _exporter.RunAsync("events", "--output", Folder, "--quiet", "--sandbox");

        var (code, _, errors) = await _exporter.TryAsync("verify", "--output", Folder, "--start", "-7d");

        Assert.That((code, errors), Is.EqualTo((2, "croct-export: 'data/events/' has no slices, so --start and --end cannot select any. Leave them out.\n")));
    }

    private static TestCaseData Damage(string name, string kind, Action<string> damage) => new TestCaseData(kind, damage).SetName($"Finds(\"{name}\")");

    private static string Part(string folder, int number) => Directory.GetFiles(folder, $"part-00000{number}-*").Single();
}

file static class FileStreamExtensions
{
    /// <summary>Cuts the last byte off a file.</summary>
    public static void Cut(this FileStream file)
    {
        using (file) file.SetLength(file.Length - 1);
    }
}
