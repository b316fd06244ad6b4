using System.Globalization;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.CommandLine;

/// <summary>Behavior that matters to an operator who runs the exporter every night and looks at it only when something is wrong.</summary>
public class OperatorTests
{
    private readonly Exporter _exporter = new();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [Test]
    public async Task A_stream_that_fails_does_not_stop_the_others_and_is_named()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 5000, Faults = ["402:stream=users"] });

        foreach (var night in (int[])[1, 2])
        {
            var (code, _, errors) = await RunAsync(sandbox, "all", "--output-dir", "export", "--page-size", "100", "--report", "report.json");

            Assert.That(code, Is.EqualTo(3), $"{night}");
            Assert.That(errors, Does.Contain("croct-export: users: The Export API responded 402 Payment Required"));
            var report = await ReportAsync();
            Assert.That(
                ((string?)report["outcome"], (int)report["exitCode"]!, (string?)report["error"]!["stream"], (string?)report["error"]!["kind"]),
                Is.EqualTo(("failed", 3, "users", "refused")));
            Assert.That(
                report["streams"]!.Select(stream => ((string?)stream["stream"], (string?)stream["outcome"])),
                Is.EqualTo(new[] { ("events", "done"), ("sessions", "done"), ("users", "failed") }));
            Assert.That(
                (File.ReadLines(_exporter.PathOf("export/events.ndjson")).Count(), File.ReadLines(_exporter.PathOf("export/sessions.ndjson")).Count()),
                Is.EqualTo((5000, 500)));
        }
    }

    [Test]
    public async Task A_state_in_use_by_another_process_fails_only_its_stream()
    {
        Directory.CreateDirectory(_exporter.PathOf("export"));
        await using var taken = new FileStream(_exporter.PathOf("export/users.state.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

        var (code, _, errors) = await _exporter.TryAsync("all", "--sandbox", "--sandbox-items", "100", "--output-dir", "export");

        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.Contain("croct-export: users: --state '").And.Contain("is in use by another process"));
        Assert.That(File.ReadLines(_exporter.PathOf("export/events.ndjson")).Count(), Is.EqualTo(100));
    }

    [TestCase(3, "401", "--api-key", "11111111-1111-4111-8111-111111111111")]
    [TestCase(3, "402", "--fault", "402")]
    [TestCase(3, "403", "--fault", "403", Category = "Long")]
    [TestCase(4, "429", "--fault", "429:retry-after=1", Category = "Long")]
    [TestCase(4, "500", "--fault", "500")]
    [TestCase(4, "connection", "--fault", "reset")]
    [TestCase(4, "--timeout (1s)", "--fault", "stall", "--timeout", "1s", Category = "Long")]
    [TestCase(1, "cannot be read", "--fault", "not-json")]
    [TestCase(2, "--page-size", "--page-size", "0", Category = "Long")]
    [TestCase(5, "space", "--output", "/dev/full")]
    [Platform("Linux")]
    public async Task The_exit_code_depends_on_the_cause(int code, string message, params string[] more)
    {
        await using var sandbox = await SandboxServer.StartAsync();
        string[] source = more[0] == "--api-key" ? ["--base-address", sandbox.BaseAddress.ToString()] : ["--sandbox", "--sandbox-items", "100"];
        string[] output = more.Contains("--output") ? [] : ["--output", "items"];

        var run = await _exporter.TryAsync(["events", .. source, .. output, "--retries", "0", "--quiet", .. more]);

        Assert.That((run.Code, run.Errors), Is.EqualTo((code, run.Errors)));
        Assert.That(run.Errors, Does.Match(@"\Acroct-export: .*\n\z").And.Contain(message));
    }

    [TestCase("events", "--verbose", "--page-size", "10")]
    [TestCase("events")]
    [Platform("Linux")]
    public async Task An_export_continues_if_standard_error_cannot_be_written(params string[] arguments)
    {
        var (code, _, _) = await _exporter.TryUnderAsync(
            "sh", ["-c", "exec \"$@\" 2>/dev/full", "sh"], [.. arguments, "--sandbox", "--sandbox-items", "100", "--output", "items"]);

        Assert.That((code, File.ReadLines(_exporter.PathOf("items")).Count()), Is.EqualTo((0, 100)));
    }

    [Test]
    [Platform("Linux")]
    public async Task A_closed_standard_output_is_reported()
    {
        var (code, _, errors) = await _exporter.TryUnderAsync("sh", ["-c", "exec \"$@\" >&-", "sh"], ["events", "--sandbox", "--sandbox-items", "100"]);

        Assert.That((code, errors), Is.EqualTo((
            2,
            "croct-export: Standard output is closed or cannot be written to. Pass --output FILE, or redirect standard output to a file.\n")));
    }

    [TestCase("check")]
    [TestCase("schema", "users")]
    [TestCase("get", "session", "nope")]
    [Platform("Linux")]
    public async Task No_command_reports_a_denied_path_if_standard_output_is_closed(params string[] arguments)
    {
        string[] source = arguments[0] == "schema" ? [] : ["--sandbox", "--sandbox-items", "100"];

        var (code, _, errors) = await _exporter.TryUnderAsync("sh", ["-c", "exec \"$@\" >&-", "sh"], [.. arguments, .. source]);

        Assert.That(code, Is.Not.Zero);
        Assert.That(errors, Does.Contain("Standard output is closed").Or.Contain("There is no session"));
    }

    [Test]
    public async Task An_export_from_the_cursor_of_a_report_misses_no_item()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, Faults = ["500:request=3,times=1"] });
        var failed = await RunAsync(sandbox, "events", "--output", "items", "--page-size", "100", "--retries", "0", "--report", "report.json");
        var afterFailure = (await ReportAsync())["streams"]![0]!;
        await RunAsync(sandbox, "events", "--output", "some", "--page-size", "100", "--max-items", "150", "--report", "report.json");
        var afterCut = (await ReportAsync())["streams"]![0]!;

        await RunAsync(sandbox, "events", "--output", "rest", "--cursor", (string)afterCut["lastCursor"]!);

        Assert.That((failed.Code, (int)afterFailure["rows"]!, (string?)afterFailure["lastCursor"]), Is.EqualTo((4, 0, (string?)null)));
        var ids = new[] { "some", "rest" }
            .SelectMany(file => File.ReadLines(_exporter.PathOf(file)))
            .Select(line => (string?)JObject.Parse(line)["id"])
            .ToList();
        Assert.That((ids.Distinct().Count(), ids.Count), Is.EqualTo((300, 350)), "nothing is missing; the items of the page that was cut are repeated");
    }

    [Test]
    public async Task A_page_whose_cursor_points_to_itself_is_in_the_file_once()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, Faults = ["repeated-cursor:request=2,times=3"] });
        string[] arguments = ["events", "--state", "state", "--output", "items", "--page-size", "100", "--quiet"];

        var codes = new List<int>();
        for (var night = 1; night <= 4; night++) codes.Add((await RunAsync(sandbox, arguments)).Code);

        Assert.That((codes[0], codes[^1]), Is.EqualTo((1, 0)));
        var lines = await File.ReadAllLinesAsync(_exporter.PathOf("items"));
        Assert.That((lines.Length, lines.Distinct().Count()), Is.EqualTo((300, 300)));
    }

    [TestCase("events", """{"id":"e","timestamp":1704067200000}""", """{"id":"e","timestamp":1.7040672e12}""")]
    [TestCase("events", """{"id":"e","timestamp":1704067200000}""", """{"id":"e","timestamp":1704067200000.0}""", Category = "Long")]
    [TestCase(
        "sessions",
        """{"sessionId":"49fad15c-b1c3-4fc3-a7fe-9c0aaf574fc3","closeTime":1}""",
        """{"sessionId":"49FAD15C-B1C3-4FC3-A7FE-9C0AAF574FC3","closeTime":1}""")]
    public async Task An_item_is_recognized_in_any_notation_of_its_id_and_time(string stream, string first, string second)
    {
        var item = first;
        await using var api = await StartAsync(_ => Results.Text($$"""{"items":[{{item}}]}""", "application/json"));
        string[] arguments = [stream, "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single(), "--state", "state", "--output", "items", "--quiet"];

        await _exporter.RunAsync(arguments);
        item = second;
        await _exporter.RunAsync(arguments);

        Assert.That((int)JObject.Parse(await File.ReadAllTextAsync(_exporter.PathOf("state")))["rows"]!, Is.EqualTo(1));
    }

    [Test]
    public async Task A_refused_cursor_says_what_it_belongs_to()
    {
        var (code, _, errors) = await _exporter.TryAsync("sessions", "--sandbox", "--cursor", "zz", "--output", "items");

        Assert.That((code, errors), Is.EqualTo((1, errors)));
        Assert.That(errors, Does.Contain("A cursor belongs to one stream, window and set of --events").And.Contain("leave out --cursor"));
    }

    [TestCase("-", "-")]
    public async Task A_report_is_not_mixed_with_the_data(string output, string report)
    {
        var (code, written, _) = await _exporter.TryAsync("events", "--sandbox", "--output", output, "--report", report);

        Assert.That((code, written), Is.EqualTo((2, "")));
    }

    [Test]
    public async Task A_state_that_is_also_the_output_is_refused_and_leaves_no_file()
    {
        var (code, _, _) = await _exporter.TryAsync("events", "--sandbox", "--state", "items", "--output", "items");

        Assert.That((code, Directory.GetFileSystemEntries(_exporter.PathOf("."))), Is.EqualTo((2, Array.Empty<string>())));
    }

    [Test]
    public async Task A_dropped_item_is_not_reported_as_written()
    {
        var item = """{"id":"e","timestamp":1}""";
        await using var api = await StartAsync(_ => Results.Text($$"""{"items":[{{item}}]}""", "application/json"));
        string[] arguments =
            ["events", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single(), "--state", "state", "--output", "items", "--quiet"];
        await _exporter.RunAsync(arguments);

        item = """{"id":"e","timestamp":1,"region":"eu"}""";
        var (_, _, errors) = await _exporter.TryAsync(arguments);

        Assert.That(errors, Is.Empty);
    }

    [Test]
    public async Task A_type_that_is_not_a_string_is_null_in_a_table_and_reported_once()
    {
        await using var api = await StartAsync(request => Results.Text(
            request.Query.ContainsKey("cursor") ? """{"items":[]}""" : """{"items":[{"id":"e","payload":{"@type":5}}],"nextCursor":"c"}""",
            "application/json"));

        var (_, output, errors) = await _exporter.TryAsync("events", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single(), "--format", "csv");

        Assert.That(output.Split("\r\n")[1], Does.StartWith("e,,,,,"));
        Assert.That(errors, Does.Contain("1 value of an unexpected type (payload.@type) in the events").And.Not.Contain("unknown type"));
    }

    [TestCase("ndjson")]
    [TestCase("csv", Category = "Long")]
    public async Task A_last_page_that_is_sent_again_in_another_format_is_recognized_by_id_and_time(string format)
    {
        const string Plain =
            """{"items":[{"id":"e0","timestamp":1704067200000,"payload":{"@type":"tabOpened"}},"""
            + """{"id":"e1","timestamp":1704067200001,"payload":{"@type":"tabOpened"}}],"nextCursor":null}""";
        const string Reformatted =
            """
            {
              "items": [
                { "payload": { "@type": "tabOpened" }, "timestamp": 1704067200000, "id": "e0" },
                { "payload": { "@type": "tabOpened" }, "timestamp": 1704067200001, "\u0069d": "e1", "id": "e\u0031", "region": "eu" },
                { "payload": { "@type": "tabOpened" }, "timestamp": 1704067200002, "id": "e2" }
              ],
              "nextCursor": null
            }
            """;
        var page = Plain;
        await using var api = await StartAsync(_ => Results.Text(page, "application/json"));
        string[] arguments =
        [
            "events", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single(), "--format", format, "--state", "state",
            "--output", $"items.{format}", "--quiet",
        ];

        await _exporter.RunAsync(arguments);
        page = Reformatted;
        await _exporter.TryAsync(arguments);
        await _exporter.TryAsync(arguments);

        Assert.That((int)JObject.Parse(await File.ReadAllTextAsync(_exporter.PathOf("state")))["rows"]!, Is.EqualTo(3));
    }

    [TestCase("""{"payload":{"@type":"tabOpened"},"timestamp":1}""", """{ "timestamp":1, "payload":{"@type":"tab\u004fpened"} }""", 1)]
    [TestCase("""{"payload":{"@type":"tabOpened"},"timestamp":1}""", """{"payload":{"@type":"tabOpened","a":1},"timestamp":1}""", 2)]
    [TestCase("""{"timestamp":1,"a":"\ud83d"}""", """{"a":"\ud83d", "timestamp":1}""", 1, Category = "Long")]
    public async Task An_event_without_an_id_is_recognized_by_its_content(string first, string second, int rows)
    {
        var item = first;
        await using var api = await StartAsync(_ => Results.Text($$"""{"items":[{{item}}]}""", "application/json"));
        string[] arguments =
            ["events", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single(), "--state", "state", "--output", "items", "--quiet"];

        await _exporter.RunAsync(arguments);
        item = second;
        await _exporter.RunAsync(arguments);

        Assert.That((int)JObject.Parse(await File.ReadAllTextAsync(_exporter.PathOf("state")))["rows"]!, Is.EqualTo(rows));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Platform("Linux")]
    public async Task A_file_is_written_to_the_target_of_its_link(bool isDangling)
    {
        var file = _exporter.PathOf("volume/items");
        Directory.CreateDirectory(_exporter.PathOf("volume"));
        if (!isDangling) await File.WriteAllTextAsync(file, "of last night");
        File.CreateSymbolicLink(_exporter.PathOf("items"), file);

        await _exporter.RunAsync("events", "--sandbox", "--sandbox-items", "100", "--output", "items");

        Assert.That((new FileInfo(_exporter.PathOf("items")).LinkTarget, File.ReadLines(file).Count()), Is.EqualTo((file, 100)));
    }

    [TestCase("items.ndjson")]
    [TestCase("items-{run}.parquet", "--format", "parquet", Category = "Long")]
    public async Task A_file_that_appears_during_a_run_with_a_state_is_not_overwritten(string output, params string[] more)
    {
        var name = output.Replace("{run}", "1", StringComparison.Ordinal);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, Faults = ["latency:request=2,ms=100"] });
        var appeared = false;
        await using var api = await StartAsync(async request =>
        {
            if (request.Query.ContainsKey("cursor") && !appeared)
            {
                await File.WriteAllTextAsync(_exporter.PathOf(name), "of somebody else");
                appeared = true;
            }

            return Results.Text(await PageOfAsync(sandbox, request), "application/json");
        });
        string[] arguments =
        [
            "events", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single(), "--state", "state", "--output", output, "--page-size", "100",
            "--quiet", .. more,
        ];

        var (code, _, errors) = await _exporter.TryAsync(arguments);

        Assert.That((code, await File.ReadAllTextAsync(_exporter.PathOf(name))), Is.EqualTo((5, "of somebody else")));
        Assert.That(
            errors,
            Does.Contain("has appeared since the run started, and is not overwritten")
                .And.Contain($"Move or rename '{_exporter.PathOf(name)}', and run the command again."));
        File.Delete(_exporter.PathOf(name));
        await _exporter.RunAsync(arguments);
        Assert.That((int)JObject.Parse(await File.ReadAllTextAsync(_exporter.PathOf("state")))["rows"]!, Is.EqualTo(300));
    }

    [Test]
    public async Task A_state_can_move_with_its_folder_and_recognizes_an_address_in_any_notation()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300 });
        var port = sandbox.BaseAddress.Port;
        string[] ArgumentsAt(string folder, string address) =>
            ["events", "--api-key", sandbox.ApiKey, "--base-address", address, "--state", $"{folder}/state", "--output", $"{folder}/data/items", "--quiet"];
        Directory.CreateDirectory(_exporter.PathOf("old/data"));

        await _exporter.RunAsync(ArgumentsAt("old", $"http://127.0.0.1:{port}"));
        Directory.Move(_exporter.PathOf("old"), _exporter.PathOf("new"));
        sandbox.Append(30);
        await _exporter.RunAsync(ArgumentsAt("new", $"HTTP://LOCALHOST:{port}/"));

        Assert.That(File.ReadLines(_exporter.PathOf("new/data/items")).Count(), Is.EqualTo(330));
    }

    [Test]
    [Category("Long")] // It waits in real time for as long as the server asks, because that is what an operator sees.
    public async Task A_wait_is_reported_with_its_reason_and_attempt_at_most_every_ten_seconds()
    {
        var (_, _, errors) = await _exporter.TryAsync("events", "--sandbox", "--fault", "429:request=2,retry-after=25", "--output", "items");

        var lines = errors.Split('\n').Where(line => line.Contains("waiting", StringComparison.Ordinal)).ToList();
        Assert.That(lines, Has.Count.EqualTo(2), errors);
        Assert.That(lines, Has.All.Match(@"; waiting \d+ s before attempt 2 of 5 for page 2: 429 Too Many Requests, the server asks to wait for 25 s$"));
    }

    [Test]
    [Category("Long")] // It waits for a stalled attempt in real time.
    public async Task A_stalled_attempt_is_reported()
    {
        var (_, _, errors) = await _exporter.TryAsync("events", "--sandbox", "--fault", "stall:request=2,times=1", "--timeout", "12s", "--output", "items");

        Assert.That(errors, Does.Match(@"(?m)^.*; waiting for page 2 for \d+ s$"));
    }

    [Test]
    public async Task Verbose_reports_each_failed_attempt_and_the_detected_unit()
    {
        var (_, _, errors) = await _exporter.TryAsync(
            "events", "--sandbox", "--sandbox-items", "50", "--start", "2024-01-01", "--fault", "429:request=2,times=1,retry-after=1", "--verbose",
            "--output", "items");

        Assert.That(errors, Does.Match(@"(?m)^events: attempt 1 failed, retrying in 1\.0 s: .*429"));
        Assert.That(errors, Does.Contain("events: the API expects windows in seconds\n"));
    }

    [TestCase("--max-retry-delay", "--fault", "429:retry-after=300")]
    [TestCase("--max-response-size", "--max-response-size", "2KiB")]
    [TestCase("--timeout", "--fault", "stall", "--timeout", "1s")]
    public async Task A_limit_is_reported_with_the_option_that_sets_it(string option, params string[] more)
    {
        var (_, _, errors) = await _exporter.TryAsync(["events", "--sandbox", "--output", "items", "--retries", "1", "--quiet", .. more]);

        Assert.That(errors, Does.Contain(option).And.Not.Match("MaxRetryDelay|MaxResponseBytes|AttemptTimeout|TimeSpan"));
    }

    [Test]
    public async Task The_body_of_a_403_from_a_firewall_is_shown()
    {
        await using var api = await StartAsync(_ => Results.Text("<html>\n<h1>Blocked by policy 42</h1>\u001b[2J</html>", "text/html", statusCode: 403));

        var (code, _, errors) = await _exporter.TryAsync("events", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single(), "--output", "items");

        Assert.That(code, Is.EqualTo(3));
        Assert.That(errors, Does.Contain("The body starts with: <html> <h1>Blocked by policy 42</h1>").And.Not.Contain("\u001b"));
    }

    [Test]
    public async Task A_second_Parquet_file_on_the_same_day_is_refused_with_advice_that_works()
    {
        string[] arguments =
        [
            "events", "--sandbox", "--sandbox-items", "10", "--format", "parquet", "--state", "state", "--output", "items-{date}.parquet", "--quiet",
        ];
        await _exporter.RunAsync(arguments);
        var file = Directory.GetFiles(_exporter.PathOf("."), "*.parquet").Single();

        var (code, _, errors) = await _exporter.TryAsync(arguments);

        Assert.That((code, errors), Is.EqualTo((2, errors)));
        Assert.That(errors, Does.Contain("an earlier run of this day wrote it. Move or rename it and run the command again"));
        File.Move(file, file + ".1");
        await _exporter.RunAsync(arguments);
        Assert.That(File.Exists(file));
    }

    [TestCase("{hour}", "items-{hour}.ndjson", "--state", "state")]
    [TestCase("{Run}", "items-{Run}.ndjson", "--state", "state")]
    [TestCase("{date:yyyy}", "items-{date:yyyy}.ndjson", "--state", "state")]
    [TestCase("{stream}", "{stream}.ndjson", Category = "Long")]
    [TestCase(".bz2", "items.ndjson.bz2")]
    [TestCase(".zip", "items.zip", Category = "Long")]
    public async Task A_file_name_that_promises_something_unsupported_is_refused_before_a_file_is_opened(string message, string output, params string[] more)
    {
        var (code, _, errors) = await _exporter.TryAsync(["events", "--sandbox", "--output", output, .. more]);

        Assert.That((code, Directory.GetFileSystemEntries(_exporter.PathOf("."))), Is.EqualTo((2, Array.Empty<string>())));
        Assert.That(errors, Does.Contain(message));
    }

    [Test]
    [Platform("Linux")]
    public async Task A_report_is_written_even_if_the_data_cannot_be()
    {
        var (code, _, errors) = await _exporter.TryAsync(
            "events", "--sandbox", "--sandbox-items", "100", "--output", "/dev/full", "--report", "report.json", "--quiet");

        Assert.That((code, errors), Is.EqualTo((5, "croct-export: No space left on device : '/dev/full'\n")));
        Assert.That((string?)(await ReportAsync())["error"]!["kind"], Is.EqualTo("disk"));
    }

    [Test]
    public async Task A_file_that_cannot_be_opened_fails_only_its_stream()
    {
        Directory.CreateDirectory(_exporter.PathOf("export/users.ndjson.unfinished"));

        var (code, _, errors) = await _exporter.TryAsync("all", "--sandbox", "--sandbox-items", "100", "--output-dir", "export");

        Assert.That(code, Is.Not.Zero);
        Assert.That(errors, Does.Contain("croct-export: users: "));
        Assert.That(File.ReadLines(_exporter.PathOf("export/events.ndjson")).Count(), Is.EqualTo(100));
    }

    [Test]
    public async Task A_report_that_cannot_be_written_is_detected_before_the_export()
    {
        Directory.CreateDirectory(_exporter.PathOf("folder"));

        var (code, _, errors) = await _exporter.TryAsync("events", "--sandbox", "--output", "items", "--report", "folder");

        Assert.That((code, File.Exists(_exporter.PathOf("items"))), Is.EqualTo((2, false)));
        Assert.That(errors, Does.Contain("--report 'folder' cannot be written"));
    }

    [Test]
    public async Task A_refused_saved_cursor_says_how_to_start_over()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300 });
        var isRefused = false;
        await using var api = await StartAsync(async request => isRefused
            ? Results.Json(new { type = "invalid-cursor", title = "The cursor has expired." }, contentType: "application/problem+json", statusCode: 400)
            : Results.Text(await PageOfAsync(sandbox, request), "application/json"));
        string[] ArgumentsTo(string file) =>
            ["events", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single(), "--state", file + ".state", "--output", file, "--quiet"];
        await _exporter.RunAsync(ArgumentsTo("items"));
        var before = await File.ReadAllBytesAsync(_exporter.PathOf("items"));

        isRefused = true;
        var (code, _, errors) = await _exporter.TryAsync(ArgumentsTo("items"));

        Assert.That((code, await File.ReadAllBytesAsync(_exporter.PathOf("items"))), Is.EqualTo((1, before)));
        Assert.That(errors, Does.Contain("The cursor in the state was refused.").And.Contain("run the same command with another --state and another --output"));
        var start = Regex.Match(errors, "--start ([^ ,]+)").Groups[1].Value;
        var newest = DateTimeOffset.FromUnixTimeMilliseconds(File.ReadLines(_exporter.PathOf("items")).Max(line => (long)JObject.Parse(line)["timestamp"]!));
        var difference = newest - DateTimeOffset.Parse(start, CultureInfo.InvariantCulture);
        Assert.That(difference, Is.InRange(TimeSpan.FromHours(1), TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1)));

        isRefused = false;
        await _exporter.RunAsync([.. ArgumentsTo("others"), "--start", start]);
        var ids = new[] { "items", "others" }
            .SelectMany(file => File.ReadLines(_exporter.PathOf(file)))
            .Select(line => (string?)JObject.Parse(line)["id"])
            .ToList();
        Assert.That(ids.Distinct().Count(), Is.EqualTo(300));
    }

    [Test]
    public async Task A_pipe_receives_each_page_when_it_arrives()
    {
        // The second page never arrives, so these lines were written without waiting for it.
        var process = _exporter.Start("events", "--sandbox", "--page-size", "10", "--fault", "stall:request=2", "--quiet");

        for (var line = 0; line < 10; line++) Assert.That(await process.StandardOutput.ReadLineAsync(), Does.StartWith("{\"id\":"));
    }

    [Test]
    public async Task A_typo_in_an_event_type_gets_a_suggestion()
    {
        var (code, _, errors) = await _exporter.TryAsync("events", "--sandbox", "--events", "orderplaced");

        Assert.That((code, errors), Is.EqualTo((
            2,
            "croct-export: --events has 'orderplaced', which is not an event type. Did you mean orderPlaced? See croct-export events --help\n")));
    }

    [Test]
    public async Task A_wrong_value_from_the_environment_is_reported_with_its_variable()
    {
        using var exporter = new Exporter(("CROCT_EXPORT_PAGE_SIZE", "abc"));

        var (code, _, errors) = await exporter.TryAsync("events", "--sandbox");

        Assert.That((code, errors), Is.EqualTo((
            2,
            "croct-export: --page-size was 'abc'; it must be a whole number from 1 to 1000. --page-size comes from CROCT_EXPORT_PAGE_SIZE. "
                + "See croct-export events --help\n")));
    }

    [Test]
    public async Task A_file_name_can_begin_with_an_at_sign()
    {
        await _exporter.RunAsync("events", "--sandbox", "--sandbox-items", "10", "--output", "@items");

        Assert.That(File.ReadLines(_exporter.PathOf("@items")).Count(), Is.EqualTo(10));
    }

    [Test]
    public async Task A_lookup_shows_exactly_what_was_received()
    {
        const string Session = """{"sessionId":"49fad15c-b1c3-4fc3-a7fe-9c0aaf574fc3","userId":null,"new":[1.50,{}]}""";
        await using var api = await StartAsync(_ => Results.Text(Session, "application/json"));

        var shown = await _exporter.RunAsync(
            "get", "session", "49fad15c-b1c3-4fc3-a7fe-9c0aaf574fc3", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single());

        Assert.That(Regex.Replace(shown, @"\s", ""), Is.EqualTo(Session));
    }

    [TestCase(SandboxTimeUnit.Seconds)]
    [TestCase(SandboxTimeUnit.Milliseconds)]
    public async Task Check_reports_key_streams_clock_and_unit(SandboxTimeUnit unit)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { TimeUnit = unit });

        var (code, output, _) = await RunAsync(sandbox, "check");

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Match(
            @"\AAPI +reached\nkey +accepted\nevents +can be read; the first is from 2024-01-01T00:00:0\dZ\nsessions +can be read; .*\n"
                + $@"users +can be read; .*\nclock +in sync with the server's\ntime unit  {unit.ToString().ToLowerInvariant()}\n\z"));
    }

    [TestCase(SandboxTimeUnit.Seconds, true, "detect")]
    [TestCase(SandboxTimeUnit.Seconds, true, "seconds")]
    [TestCase(SandboxTimeUnit.Milliseconds, false, "seconds")]
    [TestCase(SandboxTimeUnit.Seconds, false, "milliseconds")]
    public async Task Check_detects_a_window_that_is_not_applied(SandboxTimeUnit unit, bool ignoresWindows, string askedFor)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { TimeUnit = unit, IgnoreWindows = ignoresWindows });

        var (code, output, _) = await RunAsync(sandbox, "check", "--time-unit", askedFor);

        Assert.That((code, output), Is.EqualTo((1, output)));
        Assert.That(output, Does.Match("(?m)^time unit +unknown: The server did not apply the time window"));
    }

    [TestCase(403, "text/html", "<html>", "something responds, but not like the Export API")]
    [TestCase(200, "application/json", "{}", "something responds, but not like the Export API")]
    public async Task Check_distinguishes_another_server_from_the_API(int status, string type, string body, string message)
    {
        await using var api = await StartAsync(_ => Results.Text(body, type, statusCode: status));

        var (code, output, _) = await _exporter.TryAsync("check", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single());

        Assert.That((code, output), Is.EqualTo((status == 403 ? 3 : 1, output)));
        Assert.That(output, Does.Match($"(?m)^API +{message}$").And.Match("(?m)^key +unknown$"));
    }

    [TestCase(3, "key +refused", "401")]
    [TestCase(3, "key +accepted", "users +cannot be read: .*403", "403:stream=users")]
    [TestCase(4, "API +reached", "events +cannot be read: .*500", "500:stream=events")]
    public async Task Check_has_the_exit_code_of_the_cause(int code, string first, string second, params string[] faults)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = [.. faults.Select(SandboxFault.Parse)] });
        var key = faults.Length > 0 ? sandbox.ApiKey : "11111111-1111-4111-8111-111111111111";

        var (actual, output, _) = await _exporter.TryAsync(
            "check", "--api-key", key, "--base-address", sandbox.BaseAddress.ToString(), "--retries", "0");

        Assert.That((actual, output), Is.EqualTo((code, output)));
        Assert.That(output, Does.Match($"(?m)^{first}$").And.Match($"(?m)^.*{second}"));
    }

    [Test]
    public async Task Check_reports_the_offset_of_the_clock()
    {
        await using var api = await StartAsync(request =>
        {
            request.HttpContext.Response.Headers.Date = DateTimeOffset.UtcNow.AddMinutes(-5).ToString("R");
            return Results.Text("""{"items":[],"nextCursor":null}""", "application/json");
        });

        var output = await _exporter.RunAsync("check", "--api-key", ItemServer.ApiKey, "--base-address", api.Urls.Single());

        Assert.That(
            output,
            Does.Match(@"(?m)^clock +30\d s ahead of the server's: correct it, since windows relative to now depend on it$")
                .And.Match("(?m)^events +can be read; there are none$")
                .And.Contain("unknown: there is no data to detect it from"));
    }

    [Test]
    public async Task A_key_in_a_file_is_read_for_each_request()
    {
        var keys = new List<string>();
        var file = _exporter.PathOf("key");
        await File.WriteAllTextAsync(file, "00000000-0000-4000-8000-000000000001\n");
        await using var api = await StartAsync(async request =>
        {
            keys.Add(request.Headers["X-Api-Key"].ToString());
            await File.WriteAllTextAsync(file, "00000000-0000-4000-8000-000000000002\n");
            return Results.Text(request.Query.ContainsKey("cursor") ? """{"items":[]}""" : """{"items":[{}],"nextCursor":"c1"}""", "application/json");
        });
        using var byVariable = new Exporter(("CROCT_API_KEY_FILE", file));

        await byVariable.RunAsync("events", "--base-address", api.Urls.Single(), "--output", "items");

        Assert.That(keys, Is.EqualTo(new[] { "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002" }));
    }

    [TestCase("gone", "--api-key-file 'gone' cannot be read")]
    [TestCase("empty", "--api-key-file 'empty' cannot be read: It is empty.")]
    [TestCase("odd", "--api-key-file 'odd' cannot be read: It contains more than a key.")]
    [TestCase("5EC2E700-0000-4000-8000-5EC2E7000000", "--api-key-file (or CROCT_API_KEY_FILE) is a key; it must be the name of a file that contains the key.")]
    public async Task A_key_file_without_a_key_is_refused(string file, string message)
    {
        await File.WriteAllTextAsync(_exporter.PathOf("empty"), " \n");
        await File.WriteAllTextAsync(_exporter.PathOf("odd"), "SECRET\nSECRET\n");

        var (code, _, errors) = await _exporter.TryAsync("events", "--api-key-file", file, "--output", "items");

        Assert.That((code, errors), Is.EqualTo((2, errors)));
        Assert.That(errors, Does.Contain(message).And.Not.Contain("SECRET").And.Not.Contain("5EC2E7"));
    }

    [Test]
    public async Task An_export_starts_at_the_cursor_of_a_report()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300 });
        await RunAsync(sandbox, "events", "--output", "items", "--report", "report.json");
        sandbox.Append(20);

        await RunAsync(sandbox, "events", "--output", "others", "--cursor", (string)(await ReportAsync())["streams"]![0]!["lastCursor"]!);

        Assert.That(File.ReadLines(_exporter.PathOf("others")).Count(), Is.EqualTo(20));
    }

    [TestCase("now", 0, Category = "Long")]
    [TestCase("now-36h", -36 * 60)]
    [TestCase("-7d", -7 * 24 * 60)]
    [TestCase("-2w", -14 * 24 * 60, Category = "Long")]
    [TestCase("-90m", -90, Category = "Long")]
    public async Task A_time_can_be_relative_to_now(string start, int minutes)
    {
        var now = DateTimeOffset.UtcNow;

        await _exporter.RunAsync(
            "events", "--sandbox", "--sandbox-items", "5", "--time-unit", "seconds", "--start", start, "--output", "items", "--report", "report.json",
            "--quiet");

        Assert.That((DateTime)(await ReportAsync())["streams"]![0]!["start"]!, Is.EqualTo(now.UtcDateTime.AddMinutes(minutes)).Within(TimeSpan.FromMinutes(1)));
    }

    [TestCase("today", 0, Category = "Long")]
    [TestCase("yesterday", -1, Category = "Long")]
    [TestCase("today-1w", -7)]
    public async Task A_time_can_be_relative_to_today(string start, int days)
    {
        var before = DateTime.UtcNow.Date;

        await _exporter.RunAsync(
            "events", "--sandbox", "--sandbox-items", "5", "--time-unit", "seconds", "--start", start, "--output", "items", "--report", "report.json",
            "--quiet");

        Assert.That((DateTime)(await ReportAsync())["streams"]![0]!["start"]!, Is.EqualTo(before.AddDays(days)).Or.EqualTo(DateTime.UtcNow.Date.AddDays(days)));
    }

    [TestCase("tomorrow")]
    [TestCase("7d", Category = "Long")]
    [TestCase("-7", Category = "Long")]
    [TestCase("now+1d", Category = "Long")]
    [TestCase("-999999w")]
    public async Task An_invalid_time_is_refused_with_what_is_allowed(string start)
    {
        var (code, _, errors) = await _exporter.TryAsync("events", "--sandbox", $"--start={start}");

        Assert.That((code, errors), Is.EqualTo((2, errors)));
        Assert.That(errors, Does.Contain("--start").And.Contain("yesterday"));
    }

    [Test]
    public async Task Nightly_windows_with_a_relative_end_have_no_overlap_and_no_gap()
    {
        // Events of the last ten days.
        var start = DateTimeOffset.UtcNow.AddDays(-10);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 86_400, Start = start });
        string[] arguments = ["events", "--state", "state", "--output", "items-{run}", "--start", "-9d", "--end", "now-2d"];

        await RunAsync(sandbox, arguments);
        await RunAsync(sandbox, arguments);
        var (code, _, errors) = await RunAsync(sandbox, [.. arguments[..^1], "now-1d"]);

        // The state compares the option texts; the same text means another window a moment later.
        Assert.That((code, errors), Is.EqualTo((2, errors)));
        Assert.That(errors, Does.Contain("--end was now-2d but is now-1d this time"));
        var ids = Directory.GetFiles(_exporter.PathOf("."), "items-*").SelectMany(File.ReadLines).Select(line => (string?)JObject.Parse(line)["id"]).ToList();
        Assert.That((ids.Count, ids.Distinct().Count()), Is.EqualTo((ids.Distinct().Count(), ids.Count)));
        Assert.That(ids, Has.Count.EqualTo(7 * 8640).Within(100));
    }

    [Test]
    public async Task A_window_whose_end_has_not_moved_leaves_nothing_to_do()
    {
        string[] arguments =
            ["events", "--sandbox", "--sandbox-items", "50", "--time-unit", "seconds", "--state", "state", "--output", "items", "--end", "today-1w"];
        await _exporter.RunAsync(arguments);
        var state = await File.ReadAllBytesAsync(_exporter.PathOf("state"));

        var (code, _, errors) = await _exporter.TryAsync(arguments);

        Assert.That((code, errors), Is.EqualTo((0, "croct-export: There is nothing to do: the window up to --end was exported by an earlier run.\n")));
        Assert.That(await File.ReadAllBytesAsync(_exporter.PathOf("state")), Is.EqualTo(state));
    }

    [Test]
    public async Task An_unfinished_run_keeps_its_original_window()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions
        {
            Events = 8640,
            Start = DateTimeOffset.UtcNow.AddDays(-1),
            Faults = ["not-json:request=4,times=1"],
        });
        string[] arguments =
        [
            "events", "--time-unit", "seconds", "--state", "state", "--output", "items", "--start", "-20h", "--end", "now", "--page-size", "100",
            "--report", "report.json",
        ];
        Assert.That((await RunAsync(sandbox, arguments)).Code, Is.EqualTo(1));
        var first = (await ReportAsync())["streams"]![0]!;

        await RunAsync(sandbox, arguments);

        var second = (await ReportAsync())["streams"]![0]!;
        Assert.That(
            ((DateTime)second["start"]!, (DateTime)second["end"]!, (int)second["run"]!),
            Is.EqualTo(((DateTime)first["start"]!, (DateTime)first["end"]!, 1)));
    }

    /// <summary>An API whose responses come from a function; it does not check the key.</summary>
    private static Task<WebApplication> StartAsync(Func<HttpRequest, IResult> respond) => StartAsync(request => Task.FromResult(respond(request)));

    private static async Task<WebApplication> StartAsync(Func<HttpRequest, Task<IResult>> respond)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.Map("/{**path}", (HttpRequest request) => respond(request));
        await application.StartAsync();
        return application;
    }

    private static async Task<string> PageOfAsync(SandboxServer sandbox, HttpRequest request)
    {
        using var http = new HttpClient();
        using var forwarded = new HttpRequestMessage(HttpMethod.Get, new Uri(sandbox.BaseAddress, request.Path.Value!.TrimStart('/') + request.QueryString));
        forwarded.Headers.Add("X-Api-Key", sandbox.ApiKey);
        using var response = await http.SendAsync(forwarded);
        return await response.Content.ReadAsStringAsync();
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(SandboxServer sandbox, params string[] arguments) =>
        _exporter.TryAsync([.. arguments, "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString()]);

    private async Task<JObject> ReportAsync() => JObject.Parse(await File.ReadAllTextAsync(_exporter.PathOf("report.json")));
}
