using System.Diagnostics;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine.Tables;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.CommandLine;

/// <summary>The exporter as a user runs it, in a separate process.</summary>
public class CommandLineTests
{
    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [TestCase("events")]
    [TestCase("sessions")]
    [TestCase("users")]
    public async Task Writes_one_line_per_item(string stream)
    {
        var file = _exporter.PathOf("items.ndjson");

        var run = await RunAsync([stream, "--sandbox", "--sandbox-items", "2500", "--output", file]);

        Assert.That(run.Code, Is.Zero, run.Errors);
        Assert.That(await File.ReadAllLinesAsync(file), Has.Length.EqualTo(2500));
        Assert.That(run.Errors, Does.Contain($"2,500 {stream}"));
        Assert.That(run.Output, Is.Empty);
    }

    [Test]
    [Platform("Unix")]
    public async Task Exports_to_one_redirected_file_follow_each_other()
    {
        await _exporter.RedirectAsync(
            "both",
            ["events", "--sandbox", "--max-items", "3", "--quiet"],
            ["users", "--sandbox", "--max-items", "2", "--quiet"]);

        var ids = File.ReadLines(_exporter.PathOf("both")).Select(line => Newtonsoft.Json.Linq.JObject.Parse(line).Properties().First().Name);
        Assert.That(ids, Is.EqualTo((string[])["id", "id", "id", "userId", "userId"]));
    }

    [TestCase("items.csv", "csv")]
    [TestCase("items.csv.gz", "csv")]
    [TestCase("items.PARQUET", "parquet")]
    public async Task A_file_name_of_another_format_is_refused_unless_the_format_is_explicit(string file, string format)
    {
        string[] arguments = ["events", "--sandbox", "--max-items", "1", "--quiet", "--output", file];

        var (code, _, errors) = await _exporter.TryAsync(arguments);

        Assert.That((code, errors), Is.EqualTo((
            2,
            $"croct-export: --output '{file}' is the name of a {format} file, but without --format the items are written as NDJSON. "
                + $"Pass --format {format}, or --format ndjson to write NDJSON to this file.\n")));
        await _exporter.RunAsync([.. arguments, "--format", "ndjson"]);
    }

    [TestCase("items-{run}")]
    [TestCase("items-{date}")]
    public async Task Placeholders_without_a_state_are_refused(string file)
    {
        var (code, _, errors) = await _exporter.TryAsync("events", "--sandbox", "--quiet", "--output", file);

        Assert.That((code, errors), Is.EqualTo((2, $"croct-export: --output '{file}': {{run}} and {{date}} require --state, which counts the runs.\n")));
    }

    [Test]
    public async Task No_proxy_is_used_for_this_machine()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3 });
        using var exporter = new Exporter(("http_proxy", "http://127.0.0.1:1"), ("HTTP_PROXY", "http://127.0.0.1:1"), ("ALL_PROXY", "http://127.0.0.1:1"));

        var output = await exporter.RunAsync(
            "events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--retries", "0", "--quiet");

        Assert.That(output.Count(character => character == '\n'), Is.EqualTo(3));
    }

    [Test]
    public async Task A_Parquet_export_that_fails_before_its_first_row_group_leaves_no_file()
    {
        var (code, _, errors) = await _exporter.TryAsync(
            "events", "--sandbox", "--page-size", "100", "--fault", "not-json:request=3", "--format", "parquet", "--output", "items.parquet", "--quiet");

        Assert.That(
            (code, errors.Contains("The data received so far", StringComparison.Ordinal), File.Exists(_exporter.PathOf("items.parquet.partial"))),
            Is.EqualTo((1, false, false)),
            errors);
    }

    [Test]
    public async Task Writes_the_items_as_received()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, Seed = 7 });
        using var client = sandbox.Client();
        var expected = new List<string>();
        await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events))
        {
            expected.AddRange(page.Items.Select(item => System.Text.Encoding.UTF8.GetString(item.Span)));
        }

        var run = await RunAsync(["events", "--sandbox", "--sandbox-items", "300", "--seed", "7", "--quiet"]);

        Assert.That(run.Output.Split('\n')[..^1], Is.EqualTo(expected));
        Assert.That(run.Errors, Is.Empty);
    }

    [Test]
    public async Task Exports_only_the_requested_window_types_and_number()
    {
        var run = await RunAsync(
        [
            "events", "--sandbox", "--start", "2024-01-01T06:00", "--end", "2024-01-01T12:00:00Z", "--events", "pageOpened,orderPlaced", "--page-size", "7",
            "--max-items", "20", "--time-unit", "milliseconds", "--quiet",
        ]);

        var events = run.Output.Split('\n')[..^1].Select(line => Newtonsoft.Json.JsonConvert.DeserializeObject<Event>(line)!).ToList();
        Assert.That(events, Has.Count.EqualTo(20));
        Assert.That(events.Select(e => e.Payload), Is.All.InstanceOf<PageOpened>().Or.InstanceOf<OrderPlaced>());
        Assert.That(events.Select(e => e.TimestampUtc!.Value.Hour), Is.All.InRange(6, 11));
    }

    [Test]
    [Platform("Linux")]
    public async Task Shows_its_progress_and_then_a_summary_in_a_terminal()
    {
        await _exporter.RequireAsync("script (of util-linux), which creates a terminal, is not installed.", "script", "--version");

        var shown = await _exporter.RunInTerminalAsync(
            "events", "--sandbox", "--sandbox-items", "20000", "--page-size", "20", "--start", "2024-01-01", "--end", "2024-02-01", "--output", "items");

        Assert.That(shown, Does.Match(@"of the window │ +[1-9]\d? %"), "during the export");
        Assert.That(
            shown[shown.LastIndexOf('╭')..],
            Does.Match(@"rows +│ +20,000 │").And.Match(@"file +│ +items │").And.Not.Contain("of the window"),
            "at the end");
    }

    [Test]
    [Platform("Linux")]
    public async Task Shows_lines_in_a_terminal_that_cannot_move_its_cursor()
    {
        await _exporter.RequireAsync("script (of util-linux), which creates a terminal, is not installed.", "script", "--version");

        var shown = await _exporter.RunInTerminalOfTypeAsync(
            "dumb", ["events", "--sandbox", "--sandbox-items", "20000", "--page-size", "20", "--output", "items"]);

        Assert.That(shown, Does.Match(@"\ADone: 20,000 events, [^\n]*\n\z"));
    }

    [Test]
    [Platform("Linux")]
    public async Task Shows_what_it_waits_for_in_a_terminal()
    {
        await _exporter.RequireAsync("script (of util-linux), which creates a terminal, is not installed.", "script", "--version");

        var shown = await _exporter.RunInTerminalAsync(
            "events", "--sandbox", "--sandbox-items", "20", "--fault", "429:request=1,retry-after=4", "--output", "items");

        Assert.That(shown, Does.Match(@"retries +│ +1 │").And.Contain("waiting"), "during the export");
    }

    [Test]
    public async Task Recovers_from_faults_of_the_sandbox()
    {
        var run = await RunAsync(
        [
            "events", "--sandbox", "--sandbox-items", "300", "--page-size", "50", "--quiet", "--fault", "503:request=2,times=1", "--fault", "cut:request=3",
        ]);

        Assert.That((run.Code, run.Errors), Is.EqualTo((0, "")));
        Assert.That(run.Output.Split('\n')[..^1].Distinct().Count(), Is.EqualTo(300));
    }

    [Test]
    public async Task Lists_the_faults_of_the_sandbox()
    {
        var run = await RunAsync(["sandbox", "faults"]);

        var rows = SandboxFault.Kinds.Select(kind => $"| `{kind.Name}` | {kind.Summary} |");
        Assert.That(rows.Where(row => !run.Output.Contains(row, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task A_cursor_cannot_control_a_terminal()
    {
        const string Body = """{"items":[],"nextCursor":"a\u001b[2Jb"}""";
        await using var api = new OneResponseServer(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}");

        var (code, _, errors) = await _exporter.TryAsync("events", "--api-key", ItemServer.ApiKey, "--base-address", api.Address.AbsoluteUri, "--verbose");

        Assert.That(code, Is.Zero, errors);
        Assert.That(errors, Does.Contain("next cursor a\\u001B[2Jb").And.Not.Contain('\u001b'));
    }

    [TestCase(
        "Unknown command 'evnts'; the commands are events, sessions, users, all, get, verify, check, schema, sandbox, completion. See croct-export --help",
        "evnts", "--api-key", "SECRET")]
    [TestCase("Unknown command; the commands are events,", "SECRET")]
    [TestCase("Unknown command 'thing'; the commands are event, session, user. See croct-export get --help", "get", "thing", "x", "--api-key", "SECRET")]
    [TestCase("events has no option --key. See croct-export events --help", "events", "--sandbox", "--key", "SECRET")]
    [TestCase("events has no option --key.", "events", "--sandbox", "--key=SECRET", Category = "Long")]
    [TestCase("events takes no more arguments.", "events", "--sandbox", "SECRET")]
    [TestCase("users has no option --events.", "users", "--events", "orderPlaced")]
    [TestCase("--api-key (or CROCT_API_KEY) is blank;", "events", "--api-key", "")]
    [TestCase("--api-key (or CROCT_API_KEY) contains spaces", "events", "--api-key", "SEC RET")]
    [TestCase(
        "--base-address was 'ftp://localhost/'; its scheme must be https, or http on a loopback host",
        "events", "--api-key", "SECRET", "--base-address", "ftp://localhost/")]
    [TestCase("CROCT_API_KEY", "events")]
    [TestCase("--fault: Unknown fault '418'; it must be one of latency, 402, 403, 408,", "events", "--sandbox", "--fault", "418")]
    [TestCase("--fault requires --sandbox.", "events", "--fault", "503")]
    [TestCase("--end-of-data was 'never'; it must be empty-page or null-cursor.", "sandbox", "--end-of-data", "never")]
    [TestCase("--events-per-second was '-1'", "sandbox", "--events-per-second", "-1", Category = "Long")]
    [TestCase("--page-size was '0'; it must be a whole number from 1 to 1000.", "events", "--sandbox", "--page-size", "0")]
    [TestCase("--page-size was '1001'", "events", "--sandbox", "--page-size", "1001", Category = "Long")]
    [TestCase("--page-size was '-1'", "events", "--sandbox", "--page-size", "-1", Category = "Long")]
    [TestCase(
        "--timeout was '2d'; it must be a number with a unit (s, m, h or d), such as 30m or 1d, and at most 1d.",
        "events", "--sandbox", "--timeout", "2d")]
    [TestCase("--retries was '21'; it must be a whole number from 0 to 20.", "events", "--sandbox", "--retries", "21", Category = "Long")]
    [TestCase("--max-items was '0'", "events", "--sandbox", "--max-items", "0", Category = "Long")]
    [TestCase("must be before --end", "events", "--sandbox", "--start", "2024-01-02", "--end", "2024-01-01")]
    [TestCase("must not be before 1970", "events", "--sandbox", "--start", "1969-12-31")]
    [TestCase("--end was 'tomorrow'", "events", "--sandbox", "--end", "tomorrow")]
    [TestCase("--events has 'nope', which is not one of the event types: userSignedUp", "events", "--sandbox", "--events", "orderPlaced,nope")]
    [TestCase("--output '/no/such/folder/x' cannot be written", "events", "--sandbox", "--output", "/no/such/folder/x", Category = "Long")]
    [TestCase("plain http", "events", "--api-key", "secret-key", "--base-address", "http://api.example/")]
    [TestCase("must be an absolute URL", "events", "--api-key", "secret-key", "--base-address", "somewhere")]
    [TestCase("--api-key (or CROCT_API_KEY) contains spaces", "events", "--api-key", "secret-key\u0001")]
    [TestCase("The folder of '/no/such/folder/x' does not exist.", "events", "--sandbox", "--output", "/no/such/folder/x")]
    [TestCase("--api-key cannot be used with --sandbox", "events", "--sandbox", "--api-key", "secret-key")]
    [TestCase("--seed requires --sandbox", "users", "--seed", "3")]
    [TestCase("--format was 'xml'; it must be ndjson, csv or parquet.", "events", "--sandbox", "--format", "xml")]
    [TestCase("--compress was 'zip'; it must be gzip, zstd or none.", "events", "--sandbox", "--compress", "zip", Category = "Long")]
    [TestCase("--csv-safe requires --format csv.", "events", "--sandbox", "--csv-safe")]
    [TestCase("--quiet and --verbose cannot be used together.", "events", "--sandbox", "--quiet", "--verbose")]
    [TestCase(
        "--report '/no/such/report' cannot be written: The folder of '/no/such/report' does not exist.",
        "events", "--sandbox", "--report", "/no/such/report")]
    [TestCase(
        "names a compressed file, but a Parquet file is compressed internally",
        "events", "--sandbox", "--format", "parquet", "--output", "events.parquet.gz")]
    [TestCase("--output-dir", "all", "--sandbox")]
    [TestCase("id was blank", "get", "event", " ", "--sandbox")]
    public async Task Refuses_wrong_usage_in_one_line_that_says_what_is_allowed(string message, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Errors, Does.StartWith("croct-export: ").And.Contain(message).And.Not.Contain("secret-key").And.Not.Contain("SECRET"));
        Assert.That(run.Errors.Trim(), Does.Not.Contain("\n"));
        Assert.That(run.Output, Is.Empty);
    }

    [Test]
    public async Task Reports_a_refusal_by_the_API_in_one_line_and_leaves_an_earlier_file_alone()
    {
        const string WrongKey = "11111111-1111-4111-8111-111111111111";
        await using var sandbox = await SandboxServer.StartAsync();
        var file = _exporter.PathOf("events.ndjson");
        await File.WriteAllTextAsync(file, "of last night");

        var run = await RunAsync(["events", "--base-address", sandbox.BaseAddress.ToString(), "--api-key", WrongKey, "--output", file]);

        Assert.That(run.Code, Is.EqualTo(3));
        Assert.That(
            run.Errors,
            Does.Contain("The API key is unknown.")
                .And.Contain("There is no such API key.")
                .And.Contain("authentication/unknown-api-key")
                .And.EndWith(" Check --api-key, --api-key-file, CROCT_API_KEY or CROCT_API_KEY_FILE.\n"));
        Assert.That(run.Errors, Does.Not.Contain(WrongKey));
        Assert.That(run.Errors.Trim(), Does.Not.Contain("\n"));
        Assert.That(await File.ReadAllTextAsync(file), Is.EqualTo("of last night"));
        Assert.That(Directory.GetFiles(_exporter.PathOf(".")), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Two_runs_cannot_write_the_same_file()
    {
        var first = _exporter.Start("events", "--sandbox", "--sandbox-items", "1000000000", "--output", "items", "--quiet");
        await _exporter.WaitUntilItWritesAsync(first, "items");

        var (code, _, errors) = await _exporter.TryAsync("events", "--sandbox", "--output", "items", "--quiet");

        Assert.That((code, first.HasExited), Is.EqualTo((2, false)));
        Assert.That(errors, Does.StartWith("croct-export: --output 'items' cannot be written: ").And.Contain("used by another process"));
    }

    [TestCase("--quiet", @"\Acroct-export: OutOfMemoryException: .*\n\z")]
    [TestCase("--verbose", @"(?m)^croct-export: OutOfMemoryException: .*\n +at ")]
    public async Task An_unexpected_failure_is_one_line_and_has_a_stack_trace_only_if_requested(string option, string message)
    {
        using var exporter = new Exporter(("DOTNET_GCHeapHardLimit", "1400000"));
        await using var api = await ItemServer.StartAsync([$$"""{"firstName":"{{new string('x', 20_000_000)}}"}"""]);

        var (code, _, errors) = await exporter.TryAsync("users", "--api-key", ItemServer.ApiKey, "--base-address", api.Address, "--output", "users", option);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Match(message));
    }

    [TestCase("Check the network and --base-address.", "users", "--fault", "reset", "--retries", "0")]
    public async Task A_failure_says_what_can_be_done(string message, string stream, params string[] more)
    {
        var run = await RunAsync([stream, "--sandbox", "--quiet", "--output", "items", .. more]);

        Assert.That(run.Code, Is.EqualTo(4));
        Assert.That(run.Errors, Does.Match($@"\Acroct-export: .*{System.Text.RegularExpressions.Regex.Escape(message)}.*\n\z"));
    }

    [Test]
    public async Task Shows_one_item_by_its_id()
    {
        var user = Newtonsoft.Json.JsonConvert.DeserializeObject<User>((await RunAsync(["users", "--sandbox", "--max-items", "1", "--quiet"])).Output)!;

        var run = await RunAsync(["get", "user", user.UserId.ToString()!, "--sandbox"]);

        Assert.That(run.Code, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain(user.UserId.ToString()));
    }

    [Test]
    public async Task Fails_for_an_id_that_does_not_exist()
    {
        var run = await RunAsync(["get", "session", "nope", "--sandbox"]);

        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("404").And.Contain("There is no session with this id."));
    }

    [Test]
    [Platform("Linux")]
    public async Task Writes_directly_to_a_device()
    {
        Assert.That((await RunAsync(["events", "--sandbox", "--sandbox-items", "300", "--quiet", "--output", "/dev/null"])).Code, Is.Zero);
        var full = await RunAsync(["events", "--sandbox", "--sandbox-items", "300", "--quiet", "--output", "/dev/full"]);

        Assert.That((full.Code, full.Errors), Is.EqualTo((5, "croct-export: No space left on device : '/dev/full'\n")));
        Assert.That(Directory.GetFiles("/dev", "*.partial"), Is.Empty);
    }

    [Test]
    public async Task Keeps_a_link_a_link_and_a_private_file_private()
    {
        if (System.OperatingSystem.IsWindows()) return;
        var (file, link) = (_exporter.PathOf("items"), _exporter.PathOf("link"));
        await File.WriteAllTextAsync(file, "of last night");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(link, file);

        await _exporter.RunAsync("users", "--sandbox", "--sandbox-items", "5", "--quiet", "--output", link);

        Assert.That((await File.ReadAllLinesAsync(file)).Length, Is.EqualTo(5));
        Assert.That(new FileInfo(link).LinkTarget, Is.EqualTo(file));
        Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    [Platform("Unix")]
    public async Task A_second_signal_ends_it_even_if_its_output_is_not_read()
    {
        var process = _exporter.Start("events", "--sandbox", "--sandbox-items", "1000000000", "--quiet");
        await process.StandardOutput.ReadLineAsync();

        for (var i = 0; i < 2; i++)
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.EqualTo(143));
    }

    [Test]
    [Platform("Unix")]
    public async Task Fails_when_the_reader_of_standard_output_is_gone()
    {
        var process = _exporter.Start(["events", "--sandbox", "--sandbox-items", "1000000000", "--quiet"]);
        await process.StandardOutput.ReadLineAsync();
        process.StandardOutput.Close();

        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.EqualTo(1));
        Assert.That(await process.StandardError.ReadToEndAsync(), Does.StartWith("croct-export: ").And.Contain("pipe"));
    }

    [TestCase("-INT", 130)]
    [TestCase("-TERM", 143)]
    [Platform("Unix")]
    public async Task Stops_on_a_signal_with_the_code_of_that_signal(string signal, int code)
    {
        var process = _exporter.Start(["events", "--sandbox", "--sandbox-items", "1000000000"]);
        await process.StandardOutput.ReadLineAsync();

        using var kill = Process.Start("kill", [signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.EqualTo(code));
    }

    [Test]
    public async Task Serves_the_sandbox_until_it_is_stopped()
    {
        var process = _exporter.Start(["sandbox"]);
        var address = (await process.StandardOutput.ReadLineAsync())!.Split("  ")[1];
        var key = (await process.StandardOutput.ReadLineAsync())!.Split("  ")[1];
        using (var client = new ExportClient(new ExportClientOptions { ApiKey = key, BaseAddress = new Uri(address) }))
        {
            Assert.That((await client.ExportEventsAsync()).Count, Is.EqualTo(100));
        }

        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.Zero);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(string[] arguments) => _exporter.TryAsync(arguments);
}
