using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine.Tables;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.CommandLine;

/// <summary>Exports with a state: every row is in the files once, however often and however they were interrupted.</summary>
public class StateTests
{
    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [TestCase("items.ndjson", SandboxEndOfData.EmptyPage)]
    [TestCase("items.ndjson", SandboxEndOfData.NullCursor, Category = "Long")]
    [TestCase("items.csv", SandboxEndOfData.EmptyPage, Category = "Long")]
    [TestCase("items.csv", SandboxEndOfData.NullCursor)]
    public async Task A_later_run_appends_what_arrived_since(string file, SandboxEndOfData endOfData)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1250, EndOfData = endOfData });

        await ExportAsync(sandbox, file);
        await ExportAsync(sandbox, file);
        sandbox.Append(700);
        sandbox.AppendLate(50);
        await ExportAsync(sandbox, file);

        await ExportAsync(sandbox, "whole" + file, state: "another");
        var whole = await File.ReadAllBytesAsync(_exporter.PathOf("whole" + file));
        Assert.That(await File.ReadAllBytesAsync(_exporter.PathOf(file)), Is.EqualTo(whole).AsCollection);
        Assert.That((long)ReadState("state")["rows"]!, Is.EqualTo(2000));
    }

    /// <summary>Columns are only ever appended. Files written before the state had a version of the columns end with <c>extra</c>.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_csv_file_of_an_earlier_version_keeps_its_columns(bool isVersionKept)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10 });
        await ExportCsvAsync(sandbox, "sessions");
        var header = (await File.ReadAllLinesAsync(_exporter.PathOf("items.csv")))[0];
        var columns = header.Split(',').TakeWhile(column => column != "extra").Append("extra").ToList();
        var types = (await DocumentedColumn.OfAsync("sessions")).ToDictionary(column => column.Name, column => column.Type);
        var definition = string.Concat(
            columns.Select(column => $"{column} {(types[column].StartsWith("decimal", StringComparison.Ordinal) ? "decimal" : types[column])}\n"));
        await RewriteAsync(string.Join(',', columns) + "\r\n", isVersionKept ? $"{columns.Count}-{Hash(Encoding.UTF8.GetBytes(definition))[..8]}" : null);

        sandbox.Append(500);
        await ExportCsvAsync(sandbox, "sessions");

        var file = _exporter.PathOf("items.csv");
        Assert.That((await File.ReadAllLinesAsync(file))[0].Split(','), Is.EqualTo(columns));
        Assert.That(Duck.Query($"DESCRIBE SELECT * FROM {Duck.Csv(file)}"), Has.Count.EqualTo(columns.Count));
        Assert.That(Duck.Value($"SELECT count(location) FROM {Duck.Csv(file)}"), Is.GreaterThan(20L));
    }

    [Test]
    public async Task A_csv_file_of_a_later_version_is_not_continued()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100 });
        await ExportCsvAsync(sandbox, "users");
        await RewriteAsync(await File.ReadAllTextAsync(_exporter.PathOf("items.csv")), "99-00000000");

        var run = await _exporter.TryAsync(CsvArguments(sandbox, "users"));

        Assert.That(run.Code, Is.EqualTo(2), run.Errors);
        Assert.That(run.Errors, Does.Contain("99-00000000").And.Contain("Use that version"));
    }

    [TestCase("ndjson", Category = "Long")]
    [TestCase("parquet")]
    public async Task A_later_run_writes_its_own_file_if_the_name_has_the_run_number(string format)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1250 });

        await ExportAsync(sandbox, "items-{run}." + format, format: format);
        sandbox.Append(300);
        await ExportAsync(sandbox, "items-{run}." + format, format: format);

        Assert.That((CountRows("items-1." + format), CountRows("items-2." + format)), Is.EqualTo((1250, 300)));
    }

    [TestCase(SandboxTimeUnit.Seconds, 1, Category = "Long")]
    [TestCase(SandboxTimeUnit.Milliseconds, 2)]
    public async Task The_time_unit_is_detected_by_the_first_run_and_remembered(SandboxTimeUnit unit, int questions)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 2 * 8640, TimeUnit = unit });

        await ExportAsync(sandbox, "items.ndjson", more: ["--start", "2024-01-01", "--end", "2024-01-02"]);
        await ExportAsync(sandbox, "items.ndjson", more: ["--start", "2024-01-01", "--end", "2024-01-02"]);

        Assert.That(CountRows("items.ndjson"), Is.EqualTo(8640));
        Assert.That(sandbox.Requests.Count(request => request.Query.EndsWith("pageSize=1", StringComparison.Ordinal)), Is.EqualTo(questions));
        Assert.That((string?)ReadState("state")["timeUnit"], Is.EqualTo($"{unit}"));
    }

    [Test]
    public async Task A_file_name_can_have_the_date()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10 });
        var before = DateTime.UtcNow.Date;

        await ExportAsync(sandbox, "items-{date}.ndjson");

        var date = DateTime.ParseExact(Path.GetFileName((string)ReadState("state")["file"]!)[6..16], "yyyy-MM-dd", CultureInfo.InvariantCulture);
        Assert.That(date, Is.InRange(before, DateTime.UtcNow.Date));
    }

    [TestCase("items.ndjson", Category = "Long")]
    [TestCase("items.csv")]
    [TestCase("items-{run}.parquet", Category = "Long")]
    public async Task A_window_with_a_lookback_gets_late_items_and_no_duplicates(string file)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000 });
        var format = Path.GetExtension(file)[1..];
        await ExportAsync(sandbox, file, format: format, more: ["--lookback", "1h", "--start", "2024-01-01", "--end", "2024-01-01T02:00"]);
        sandbox.AppendLate(200);
        await ExportAsync(sandbox, file, format: format, more: ["--lookback", "1h", "--start", "2024-01-01", "--end", "2024-01-01T02:30"]);
        await ExportAsync(sandbox, file, format: format, more: ["--lookback", "1h", "--start", "2024-01-01", "--end", "2024-01-01T02:40"]);

        using var client = sandbox.Client();
        var all = await client.ExportAllEventsAsync().ToListAsync();
        var start = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var hours = all.Select((e, index) => (e.Id, IsLate: index >= 1000, Hour: (e.TimestampUtc!.Value - start).TotalHours));
        var expected = hours.Where(e => e.IsLate ? e.Hour is >= 1 and < 8d / 3 : e.Hour < 8d / 3).Select(e => e.Id);
        Assert.That(ReadIds(file), Is.EquivalentTo(expected));
    }

    [Test]
    public async Task A_lookback_with_an_end_within_a_second_gets_no_duplicates()
    {
        string[] arguments = ["events", "--sandbox", "--state", "state", "--output", "items.ndjson", "--quiet", "--lookback", "1h", "--end"];

        await _exporter.RunAsync([.. arguments, "2024-01-01T02:00:18.500Z"]);
        await _exporter.RunAsync([.. arguments, "2024-01-01T05:00"]);

        Assert.That(ReadIds("items.ndjson"), Is.Unique);
    }

    [TestCase("has a name that is reserved for files of --state", "events", "--sandbox", "--state", "state", "--output", "state.seen-1", "--lookback", "1h")]
    [TestCase("--lookback requires --state", "events", "--sandbox", "--lookback", "1h")]
    [TestCase(
        "--lookback was '0h'; it must be a number with a unit (s, m, h or d), such as 30m or 1d, and at most 100000d",
        "events", "--sandbox", "--state", "state", "--output", "items", "--lookback", "0h")]
    [TestCase("--lookback was '1w'", "events", "--sandbox", "--state", "state", "--output", "items", "--lookback", "1w")]
    public async Task An_invalid_lookback_is_refused(string message, params string[] arguments) => await AssertRefusedAsync(message, arguments);

    [Test]
    public async Task A_changed_list_of_seen_items_is_refused()
    {
        string[] arguments = ["events", "--sandbox", "--state", "state", "--output", "items", "--lookback", "1h", "--quiet", "--end"];
        await _exporter.RunAsync([.. arguments, "2024-01-01T12:00"]);
        var seen = await File.ReadAllBytesAsync(_exporter.PathOf("state.seen-2"));
        seen[seen.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(_exporter.PathOf("state.seen-2"), seen);

        await AssertRefusedAsync(
            "state.seen-2' has changed since the state was written. Restore it from a backup, or start over", [.. arguments, "2024-01-01T13:00"]);
    }

    [Test]
    [Category("Long")]
    public Task More_changed_states_are_refused_and_change_no_file([Range(1, 20)] int seed) =>
        A_changed_state_is_refused_and_changes_no_file(seed);

    [Test]
    public async Task A_changed_state_is_refused_and_changes_no_file([Values(1)] int seed)
    {
        string[] arguments = ["events", "--sandbox", "--state", "state", "--output", "items", "--quiet", "--sandbox-items", "500"];
        await _exporter.RunAsync(arguments);
        var random = new Random(seed);
        var (state, items) = (await File.ReadAllBytesAsync(_exporter.PathOf("state")), await File.ReadAllBytesAsync(_exporter.PathOf("items")));
        var at = random.Next(state.Length);
        state = random.Next(3) switch
        {
            0 => state[..at],
            1 => [.. state.AsSpan(0, at), (byte)random.Next('0', 'z'), .. state.AsSpan(at)],
            _ => [.. state.AsSpan(0, at), (byte)(state[at] ^ (1 << random.Next(8))), .. state.AsSpan(at + 1)],
        };
        await File.WriteAllBytesAsync(_exporter.PathOf("state"), state);

        await AssertRefusedAsync("--state", arguments);
        Assert.That(await File.ReadAllBytesAsync(_exporter.PathOf("items")), Is.EqualTo(items).AsCollection);
        Assert.That(await File.ReadAllBytesAsync(_exporter.PathOf("state")), Is.EqualTo(state).AsCollection);
    }

    [Test]
    public async Task A_window_that_does_not_end_after_the_previous_one_is_refused()
    {
        string[] arguments = ["events", "--sandbox", "--state", "state", "--output", "items", "--lookback", "1h", "--quiet", "--end"];
        await _exporter.RunAsync([.. arguments, "2024-01-01T12:00"]);

        await AssertRefusedAsync("must be after the end of the previous run (2024-01-01T12:00:00.0000000Z).", [.. arguments, "2024-01-01T12:00"]);
    }

    [TestCase(1200, "items.ndjson", Category = "Long")]
    [TestCase(1200, "items.csv", Category = "Long")]
    [TestCase(1200, "items.ndjson.gz")]
    [TestCase(1200, "items.ndjson", "--lookback", "1d")]
    [TestCase(4000, "items.ndjson", Category = "Long")]
    [TestCase(4000, "items.csv", Category = "Long")]
    [TestCase(4000, "items.ndjson.gz", Category = "Long")]
    [TestCase(4000, "items.ndjson", "--lookback", "1d", Category = "Long")]
    [Platform("Linux")]
    public async Task A_full_disk_loses_nothing(int items, string file, params string[] more)
    {
        // A limit on the size of files replaces a full disk: writes fail in the middle of a page.
        string[] arguments =
        [
            "events", "--sandbox", "--sandbox-items", $"{items}", "--page-size", "50", "--state", "state", "--output", file, "--quiet",
            "--format", file.EndsWith("csv", StringComparison.Ordinal) ? "csv" : "ndjson", .. more,
        ];
        using var uninterrupted = new Exporter();
        await uninterrupted.RunAsync(arguments);
        var whole = await File.ReadAllBytesAsync(uninterrupted.PathOf(file));
        var half = whole.Length / 2 / 512 * 512;

        var (code, _, errors) = await _exporter.TryWithFileSizeLimitAsync(half, arguments);

        Assert.That(code, Is.EqualTo(5));
        Assert.That(errors, Does.Match(@"\Acroct-export: .*\n\z"));
        Assert.That(_exporter.LengthOf(file), Is.EqualTo(half), "The limit is in the middle of a page.");
        Assert.That((long)ReadState("state")["length"]!, Is.LessThan(half));
        await _exporter.RunAsync(arguments);
        Assert.That(await File.ReadAllBytesAsync(_exporter.PathOf(file)), Is.EqualTo(whole).AsCollection);
    }

    [TestCase("-INT", 130, 20_000, Category = "Long")]
    [TestCase("-TERM", 143, 20_000)]
    [TestCase("-INT", 130, 200_000, Category = "Long")]
    [TestCase("-TERM", 143, 200_000, Category = "Long")]
    [Platform("Unix")]
    public async Task A_signal_ends_a_run_after_a_page_and_the_next_run_continues(string signal, int code, int items)
    {
        string[] arguments = ["events", "--sandbox", "--sandbox-items", $"{items}", "--page-size", "50", "--state", "state", "--output", "items.ndjson"];
        var process = _exporter.Start(arguments);
        await _exporter.WaitUntilItWritesAsync(process, "items.ndjson");
        using var kill = Process.Start("kill", [signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.EqualTo(code));

        var (rows, length) = ((long)ReadState("state")["rows"]!, (long)ReadState("state")["length"]!);
        Assert.That((CountRows("items.ndjson.unfinished"), _exporter.LengthOf("items.ndjson"), rows % 50), Is.EqualTo((rows, length, 0)));
        await _exporter.RunAsync(arguments);
        Assert.That(File.ReadLines(_exporter.PathOf("items.ndjson")).Distinct().Count(), Is.EqualTo(items));
        Assert.That(CountRows("items.ndjson"), Is.EqualTo(items));
    }

    [Test]
    public async Task A_failure_keeps_the_pages_before_it()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000, Faults = ["not-json:request=4"] });

        var failed = await TryExportAsync(sandbox, "items.ndjson", more: ["--page-size", "100"]);
        Assert.That((failed.Code, CountRows("items.ndjson.unfinished")), Is.EqualTo((1, 300)));

        await ExportAsync(sandbox, "items.ndjson");
        Assert.That(File.ReadLines(_exporter.PathOf("items.ndjson")).Distinct().Count(), Is.EqualTo(1000));
        Assert.That(CountRows("items.ndjson"), Is.EqualTo(1000));
    }

    [Test]
    public async Task A_failed_run_says_what_it_left_and_how_to_continue()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000, Faults = ["not-json:request=4"] });
        string[] arguments =
        [
            "events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--page-size", "100", "--state", "state",
            "--output", "items",
        ];

        var (_, _, failed) = await _exporter.TryAsync(arguments);
        var (_, _, done) = await _exporter.TryAsync(arguments);

        var unfinished = _exporter.PathOf("items.unfinished");
        Assert.That(
            failed,
            Does.StartWith("Stopped: 300 events, 3 pages")
                .And.Contain($"300 events of this run are in {unfinished}; the same command continues after them.\ncroct-export: "));
        Assert.That(done, Does.StartWith("Done: 700 events").And.Not.Contain("continues after"));
    }

    [Test]
    public async Task Bytes_after_the_last_commit_of_an_interrupted_run_are_truncated()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, Faults = ["not-json:request=2"] });
        Assert.That((await TryExportAsync(sandbox, "items.ndjson")).Code, Is.EqualTo(1));
        await File.AppendAllTextAsync(_exporter.PathOf("items.ndjson.unfinished"), "{\"half\":");

        await ExportAsync(sandbox, "items.ndjson");

        Assert.That(CountRows("items.ndjson"), Is.EqualTo(100));
    }

    [Test]
    public async Task Foreign_bytes_after_a_complete_run_are_refused_and_left_alone()
    {
        string[] arguments = ["events", "--sandbox", "--sandbox-items", "100", "--state", "state", "--output", "items", "--quiet"];
        await _exporter.RunAsync(arguments);
        await File.AppendAllTextAsync(_exporter.PathOf("items"), "of somebody else\n");
        var bytes = await File.ReadAllBytesAsync(_exporter.PathOf("items"));

        for (var run = 0; run < 2; run++) await AssertRefusedAsync("has grown since ", arguments);

        Assert.That(await File.ReadAllBytesAsync(_exporter.PathOf("items")), Is.EqualTo(bytes).AsCollection);
    }

    [TestCase("items.ndjson")]
    [TestCase("items.csv", Category = "Long")]
    public async Task A_new_file_gets_its_name_when_its_run_is_complete(string file)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000, Faults = ["not-json:request=4"] });

        var (code, _, _) = await TryExportAsync(sandbox, file, more: ["--page-size", "100"]);
        Assert.That((code, File.Exists(_exporter.PathOf(file)), _exporter.LengthOf(file)), Is.EqualTo((1, false, (long)ReadState("state")["length"]!)));

        await ExportAsync(sandbox, file);
        Assert.That((File.Exists(_exporter.PathOf(file)), File.Exists(_exporter.PathOf(file + ".unfinished"))), Is.EqualTo((true, false)));
    }

    [TestCase("--state", "other")]
    [TestCase]
    public async Task Another_export_leaves_the_unfinished_file_of_an_interrupted_run_alone(params string[] more)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000, Faults = ["not-json:request=4"] });
        await TryExportAsync(sandbox, "items", more: ["--page-size", "100"]);
        var bytes = await File.ReadAllBytesAsync(_exporter.PathOf("items.unfinished"));

        var (code, _, errors) = await _exporter.TryAsync(["events", "--sandbox", "--sandbox-items", "100", "--output", "items", "--quiet", .. more]);

        Assert.That(await File.ReadAllBytesAsync(_exporter.PathOf("items.unfinished")), Is.EqualTo(bytes).AsCollection);
        Assert.That(
            (code, errors.Contains("items.unfinished' already exists and is not from this export.", StringComparison.Ordinal)),
            Is.EqualTo(more.Length > 0 ? (2, true) : (0, false)),
            errors);
    }

    [Test]
    public async Task A_rename_that_a_kill_left_unrecorded_is_recorded_before_anything_is_appended()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000, Faults = ["not-json:request=4+5"] });
        await TryExportAsync(sandbox, "items", more: ["--page-size", "100"]);
        File.Move(_exporter.PathOf("items.unfinished"), _exporter.PathOf("items"));

        var (code, _, _) = await TryExportAsync(sandbox, "items");

        Assert.That((code, (bool)ReadState("state")["named"]!, CountRows("items")), Is.EqualTo((1, true, 300)));
    }

    [Test]
    public async Task A_foreign_file_with_the_name_of_an_interrupted_run_is_refused_and_left_alone()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000, Faults = ["not-json:request=4"] });
        await TryExportAsync(sandbox, "items", more: ["--page-size", "100"]);
        await File.WriteAllTextAsync(_exporter.PathOf("items"), "of somebody else");

        var (code, _, errors) = await TryExportAsync(sandbox, "items");

        Assert.That((code, await File.ReadAllTextAsync(_exporter.PathOf("items"))), Is.EqualTo((2, "of somebody else")), errors);
    }

    [TestCase("ndjson")]
    [TestCase("csv", Category = "Long")]
    public async Task Equal_items_of_a_repeated_page_are_all_dropped(string format)
    {
        const string Item = """{"timestamp":1704067200000,"payload":{"@type":"nothingChanged"}}""";
        await using var api = await ItemServer.StartAsync([Item, Item], nextCursor: null);

        for (var run = 0; run < 3; run++)
        {
            await _exporter.RunAsync(
                "events", "--api-key", ItemServer.ApiKey, "--base-address", api.Address, "--format", format, "--state", "state", "--output", "items",
                "--quiet");
        }

        Assert.That((long)ReadState("state")["rows"]!, Is.EqualTo(2));
    }

    [TestCase("items.ndjson")]
    [TestCase("items.csv", Category = "Long")]
    [TestCase("items-{run}.parquet", Category = "Long")]
    public async Task A_deeply_nested_item_and_a_lone_surrogate_are_handled_like_any_other(string file)
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200);
        string[] items =
        [
            $$$"""{"id":"a\ud83d","timestamp":1704067200000,"\ud83d":1,"payload":{"@type":"eventOccurred","details":{{{deep}}}}}""",
            """{"id":"b","timestamp":1704067200000}""",
        ];
        await using var api = await ItemServer.StartAsync(items);
        string[] arguments =
        [
            "events", "--api-key", ItemServer.ApiKey, "--base-address", api.Address, "--format", Path.GetExtension(file)[1..], "--state", "state",
            "--output", file, "--lookback", "1d", "--quiet", "--end",
        ];

        await _exporter.RunAsync([.. arguments, "2024-01-02"]);
        await _exporter.RunAsync([.. arguments, "2024-01-02T01:00"]);

        var rows = Directory.GetFiles(_exporter.PathOf("."), "items*").Sum(path => CountRows(Path.GetFileName(path)));
        Assert.That(rows, Is.EqualTo(file.EndsWith("csv", StringComparison.Ordinal) ? 3 : 2));
    }

    [Test]
    public async Task An_interrupted_window_is_finished_first_and_this_is_reported()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000, Faults = ["not-json:request=4"] });
        await TryExportAsync(sandbox, "items", more: ["--page-size", "100", "--lookback", "1h", "--end", "2024-01-01T06:00"]);

        var resumed = await TryExportAsync(sandbox, "items", more: ["--lookback", "1h", "--end", "2024-01-02"]);
        var next = await TryExportAsync(sandbox, "items", more: ["--lookback", "1h", "--end", "2024-01-02"]);

        Assert.That((resumed.Code, resumed.Errors), Is.EqualTo((
            0,
            "croct-export: This run completed the window of an interrupted run, up to 2024-01-01T06:00:00.0000000Z; run it again to export newer items.\n")));
        Assert.That((next.Code, next.Errors), Is.EqualTo((0, "")));
        Assert.That(ReadIds("items"), Has.Count.EqualTo(1000).And.Unique);
    }

    [TestCase("must be after --start (2999-01-01T00:00:00.0000000Z).", "--start", "2999-01-01")]
    public async Task A_lookback_without_a_window_is_refused_and_leaves_no_state(string message, params string[] more)
    {
        await AssertRefusedAsync(message, ["events", "--sandbox", "--state", "state", "--output", "items", "--lookback", "1h", "--quiet", .. more]);

        Assert.That(File.Exists(_exporter.PathOf("state")), Is.False);
    }

    [Test]
    public async Task A_state_of_another_request_is_refused()
    {
        string[] arguments = ["events", "--sandbox", "--sandbox-items", "100", "--state", "state", "--output", "items", "--quiet"];
        await _exporter.RunAsync(arguments);

        await AssertOtherAsync("the source was a sandbox of 100 items with the seed 1 but is a sandbox of 100 items with the seed 2 this time.", "--seed", "2");
        await AssertOtherAsync("--events was (all) but is orderPlaced this time.", "--events", "orderPlaced");
        await AssertOtherAsync("--start was (none) but is 2024-01-01T00:00:00.0000000+00:00 this time.", "--start", "2024-01-01");
        await AssertOtherAsync("--time-unit was detect but is milliseconds this time.", "--time-unit", "milliseconds");
        await AssertOtherAsync("the format was ndjson but is csv this time.", "--format", "csv");

        Task AssertOtherAsync(string message, params string[] more) => AssertRefusedAsync($"belongs to another export: {message}", [.. arguments, .. more]);
    }

    [Test]
    public async Task A_state_of_another_stream_is_refused()
    {
        await _exporter.RunAsync("events", "--sandbox", "--sandbox-items", "100", "--state", "state", "--output", "items", "--quiet");

        await AssertRefusedAsync(
            "the command was events but is users this time.",
            "users", "--sandbox", "--sandbox-items", "100", "--state", "state", "--output", "items", "--quiet");
    }

    [Test]
    public async Task A_missing_shorter_or_changed_file_is_refused_and_left_alone()
    {
        string[] arguments = ["events", "--sandbox", "--sandbox-items", "100", "--state", "state", "--output", "items", "--quiet"];
        await _exporter.RunAsync(arguments);
        var file = _exporter.PathOf("items");
        var bytes = await File.ReadAllBytesAsync(file);

        await File.WriteAllBytesAsync(file, bytes[..^10]);
        await AssertRefusedAsync($"has {bytes.Length - 10} bytes, but ", arguments);
        Assert.That(new FileInfo(file).Length, Is.EqualTo(bytes.Length - 10));

        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await AssertRefusedAsync("has changed since ", arguments);
        Assert.That(await File.ReadAllBytesAsync(file), Is.EqualTo(bytes).AsCollection);

        File.Delete(file);
        await AssertRefusedAsync("is missing, but ", arguments);
        Assert.That(File.Exists(file), Is.False);
    }

    [Test]
    public async Task An_existing_file_without_a_state_is_refused_and_left_alone()
    {
        await File.WriteAllTextAsync(_exporter.PathOf("items"), "of somebody else");

        await AssertRefusedAsync(
            "already exists and is not from this export. Move or rename it, or pass the --state that belongs to it.",
            "users", "--sandbox", "--state", "state", "--output", "items", "--quiet");

        Assert.That(await File.ReadAllTextAsync(_exporter.PathOf("items")), Is.EqualTo("of somebody else"));
    }

    [TestCase("", "is not a valid state of croct-export")]
    [TestCase("{}", "is not a valid state of croct-export")]
    [TestCase("[1]", "is not a valid state of croct-export")]
    [TestCase("{\"version\":3}", "was written by a newer version of croct-export (format 3; this version reads up to 2).")]
    [TestCase("\u0000\u0001", "is not a valid state of croct-export")]
    public async Task An_invalid_state_is_refused(string text, string message)
    {
        await File.WriteAllTextAsync(_exporter.PathOf("state"), text);

        await AssertRefusedAsync(message, "events", "--sandbox", "--state", "state", "--output", "items", "--quiet");

        Assert.That(File.Exists(_exporter.PathOf("items")), Is.False);
    }

    [Test]
    public async Task Two_exports_cannot_share_a_state()
    {
        var first = _exporter.Start("events", "--sandbox", "--sandbox-items", "1000000000", "--state", "state", "--output", "items", "--quiet");
        await _exporter.WaitUntilItWritesAsync(first, "items");

        await AssertRefusedAsync(
            "is in use by another process",
            "events", "--sandbox", "--sandbox-items", "1000000000", "--state", "state", "--output", "items", "--quiet");
    }

    [TestCase("--state requires an --output that is a file.", "events", "--sandbox", "--state", "state")]
    [TestCase("--max-items cannot be used with --state", "events", "--sandbox", "--state", "state", "--output", "items", "--max-items", "5")]
    [TestCase(
        "--format parquet with --state requires {run} or {date} in --output",
        "events", "--sandbox", "--state", "state", "--output", "items.parquet", "--format", "parquet")]
    [TestCase("the folder '/no/such' does not exist.", "events", "--sandbox", "--state", "state", "--output", "/no/such/items")]
    [TestCase("The folder of '/no/such/state' does not exist.", "events", "--sandbox", "--state", "/no/such/state", "--output", "items")]
    public async Task Options_that_cannot_be_combined_are_refused(string message, params string[] arguments) => await AssertRefusedAsync(message, arguments);

    [Test]
    [Platform("Unix")]
    public async Task The_state_is_readable_by_its_owner_only_and_has_no_key()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10 });

        await ExportAsync(sandbox, "items");

        Assert.That(File.GetUnixFileMode(_exporter.PathOf("state")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(await File.ReadAllTextAsync(_exporter.PathOf("state")), Does.Not.Contain(sandbox.ApiKey));
    }

    [TestCase("items", "items")]
    [TestCase("state", "./state")]
    [TestCase("state", "state.tmp")]
    [TestCase("state", "state.lock")]
    [TestCase("items.unfinished", "items")]
    [TestCase("items-1", "items-{run}")]
    public async Task An_output_that_is_a_file_of_the_state_is_refused(string state, string output) =>
        await AssertRefusedAsync(
            "a file of --state itself; give one of them another name.",
            "events", "--sandbox", "--state", state, "--output", output, "--quiet");

    [Test]
    public async Task A_relative_output_in_another_folder_is_another_output()
    {
        string[] arguments = ["events", "--sandbox", "--sandbox-items", "100", "--state", _exporter.PathOf("state"), "--output", "items", "--quiet"];
        await _exporter.RunAsync(arguments);
        using var elsewhere = new Exporter();

        var (code, _, errors) = await elsewhere.TryAsync(arguments);

        var output = Path.GetRelativePath(_exporter.PathOf("."), elsewhere.PathOf("items"));
        Assert.That((code, errors), Is.EqualTo((
            2,
            $"croct-export: --state '{_exporter.PathOf("state")}' belongs to another export: --output, relative to the folder of the state, "
                + $"was items but is {output} this time. Repeat the earlier command, or use another --state and another --output.\n")));
        Assert.That(File.Exists(elsewhere.PathOf("items")), Is.False);
    }

    [Test]
    public async Task A_second_run_on_the_same_day_appends_to_its_file()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10 });

        await ExportAsync(sandbox, "items-{date}.ndjson");
        sandbox.Append(5);
        await ExportAsync(sandbox, "items-{date}.ndjson");

        // Two files if midnight passed between the runs.
        Assert.That(Directory.GetFiles(_exporter.PathOf("."), "items-*").Sum(file => File.ReadLines(file).Count()), Is.EqualTo(15));
    }

    [TestCase("ndjson")]
    [TestCase("csv", Category = "Long")]
    public async Task A_page_repeated_in_smaller_pages_is_dropped_even_if_that_is_interrupted(string format)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions
        {
            Events = 100,
            EndOfData = SandboxEndOfData.NullCursor,
            Faults = ["not-json:request=3"],
        });
        await ExportAsync(sandbox, "items", format: format);

        var interrupted = await TryExportAsync(sandbox, "items", format: format, more: ["--page-size", "30"]);
        await ExportAsync(sandbox, "items", format: format);

        Assert.That(interrupted.Code, Is.EqualTo(1));
        Assert.That((long)ReadState("state")["rows"]!, Is.EqualTo(100));
    }

    [TestCase(true)]
    [TestCase(false, Category = "Long")]
    [Platform(Exclude = "Win")]
    public async Task A_state_that_is_a_link_stays_a_link_and_its_lock_is_next_to_the_target(bool isDangling)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 120 });
        Directory.CreateDirectory(_exporter.PathOf("volume"));
        if (!isDangling) await ExportAsync(sandbox, "items", "volume/state");
        File.CreateSymbolicLink(_exporter.PathOf("link"), "volume/state");

        await ExportAsync(sandbox, "items", "link");
        await ExportAsync(sandbox, "items", "volume/state");

        Assert.That(new FileInfo(_exporter.PathOf("link")).LinkTarget, Is.EqualTo("volume/state"));
        Assert.That((int)ReadState("volume/state")["run"]!, Is.EqualTo(isDangling ? 2 : 3));
        Assert.That(
            Directory.GetFiles(_exporter.PathOf("."), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_exporter.PathOf("."), file)),
            Is.EquivalentTo((string[])["items", "link", "volume/state", "volume/state.lock"]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task A_state_that_is_a_link_to_itself_is_refused()
    {
        File.CreateSymbolicLink(_exporter.PathOf("state"), "state");

        await AssertRefusedAsync("is in a loop of symbolic links", "events", "--sandbox", "--state", "state", "--output", "items");
    }

    private Task<(int Code, string Output, string Errors)> TryExportAsync(
        SandboxServer sandbox, string output, string state = "state", string? format = null, params string[] more) =>
        _exporter.TryAsync(
        [
            "events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--state", state, "--output", output, "--quiet",
            "--format", format ?? (output.EndsWith("csv", StringComparison.Ordinal) ? "csv" : "ndjson"), .. more,
        ]);

    private async Task ExportAsync(SandboxServer sandbox, string output, string state = "state", string? format = null, params string[] more)
    {
        var (code, _, errors) = await TryExportAsync(sandbox, output, state, format, more);
        Assert.That(code, Is.Zero, errors);
    }

    private async Task AssertRefusedAsync(string message, params string[] arguments)
    {
        var (code, output, errors) = await _exporter.TryAsync(arguments);
        Assert.That((code, output), Is.EqualTo((2, "")), errors);
        Assert.That(errors, Does.Contain(message));
        Assert.That(errors.Trim(), Does.Not.Contain("\n"));
    }

    private Task<string> ExportCsvAsync(SandboxServer sandbox, string stream) => _exporter.RunAsync(CsvArguments(sandbox, stream));

    private string[] CsvArguments(SandboxServer sandbox, string stream) =>
        [
            stream, "--api-key", sandbox.ApiKey, "--base-address", $"{sandbox.BaseAddress}", "--state", _exporter.PathOf("state"),
            "--output", _exporter.PathOf("items.csv"), "--format", "csv", "--quiet",
        ];

    /// <summary>Changes the file and its state to those of another version.</summary>
    /// <param name="content">The content of the file.</param>
    /// <param name="columns">The version of its columns; null for none, as in states of earlier releases that did not save it.</param>
    private async Task RewriteAsync(string content, string? columns)
    {
        await File.WriteAllTextAsync(_exporter.PathOf("items.csv"), content);
        var state = await File.ReadAllTextAsync(_exporter.PathOf("state"));
        Assert.That(state, Does.Contain("\"columns\": "));
        state = Regex.Replace(state, "  \"columns\": \"[^\"]*\",\n", columns is null ? "" : $"  \"columns\": \"{columns}\",\n");
        state = Regex.Replace(state, "\"length\": [0-9]+", $"\"length\": {Encoding.UTF8.GetByteCount(content)}");
        state = Regex.Replace(state, "\"sha256\": \"[^\"]*\"", $"\"sha256\": \"{Hash(Encoding.UTF8.GetBytes(content))}\"");
        state = Regex.Replace(state, "\"checksum\": \"[^\"]*\"", "\"checksum\": \"\"");
        state = state.Replace("\"checksum\": \"\"", $"\"checksum\": \"{Hash(Encoding.UTF8.GetBytes(state))}\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_exporter.PathOf("state"), state);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private JObject ReadState(string state) => JObject.Parse(File.ReadAllText(_exporter.PathOf(state)));

    private List<string?> ReadIds(string file) => Path.GetExtension(file) switch
    {
        ".parquet" =>
            [.. Duck.Values($"SELECT id FROM {Duck.Parquet(_exporter.PathOf(file.Replace("{run}", "*", StringComparison.Ordinal)))}").Cast<string?>()],
        ".csv" => [.. Duck.Values($"SELECT id FROM {Duck.Csv(_exporter.PathOf(file))}").Cast<string?>()],
        _ => [.. File.ReadLines(_exporter.PathOf(file)).Select(line => (string?)JObject.Parse(line)["id"])],
    };

    private long CountRows(string file) => file.EndsWith(".parquet", StringComparison.Ordinal)
        ? Convert.ToInt64(Duck.Value($"SELECT count(*) FROM {Duck.Parquet(_exporter.PathOf(file))}"), CultureInfo.InvariantCulture)
        : File.ReadLines(_exporter.PathOf(file)).LongCount();
}
