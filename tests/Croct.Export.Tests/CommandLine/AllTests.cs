using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine.Tables;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.CommandLine;

/// <summary>Exports of all three streams, the report of a run, and options from the environment.</summary>
public class AllTests
{
    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [TestCase("export-{date}")]
    [TestCase("export-{run}")]
    public async Task A_folder_cannot_have_placeholders(string folder)
    {
        var (code, _, errors) = await _exporter.TryAsync("all", "--sandbox", "--output-dir", folder);

        Assert.That((code, errors), Is.EqualTo((
            2,
            $"croct-export: --output-dir '{folder}' cannot contain {{run}} or {{date}}: states and files stay in one folder.\n")));
        Assert.That(Directory.GetFileSystemEntries(_exporter.PathOf(".")), Is.Empty);
    }

    [Test]
    public async Task Exports_each_stream_to_its_own_file_and_appends_to_it_later()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000 });
        string[] arguments = ["all", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--output-dir", "export", "--quiet"];

        await _exporter.RunAsync(arguments);
        Assert.That((Lines("events"), Lines("sessions"), Lines("users")), Is.EqualTo((3000, 300, 100)));

        sandbox.Append(300);
        await _exporter.RunAsync(arguments);
        Assert.That((Lines("events"), Lines("sessions"), Lines("users")), Is.EqualTo((3300, 327, 107)));
    }

    [Test]
    public async Task Keeps_the_other_streams_when_one_fails()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000, Faults = ["not-json:stream=users,times=1"] });
        string[] arguments = ["all", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--output-dir", "export", "--quiet"];

        var (code, _, errors) = await _exporter.TryAsync(arguments);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.StartWith("croct-export: users: The response cannot be read"));

        await _exporter.RunAsync(arguments);
        Assert.That((Lines("events"), Lines("sessions"), Lines("users")), Is.EqualTo((3000, 300, 100)));
    }

    [Test]
    public async Task Reports_what_a_run_did()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions
        {
            Events = 1500,
            Faults = ["429:request=2,retry-after=1", "unknown-type:request=1", "unknown-field:request=3"],
        });

        await _exporter.RunAsync(
            "events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--format", "csv", "--output", "events.csv",
            "--report", "report.json", "--quiet");

        var text = await File.ReadAllTextAsync(_exporter.PathOf("report.json"));
        var report = ParseReport(text);
        var bytes = await File.ReadAllBytesAsync(_exporter.PathOf("events.csv"));
        Assert.That(
            ((string?)report["outcome"], (int)report["rows"]!, (int)report["pages"]!, (int)report["retries"]!, (int)report["duplicates"]!),
            Is.EqualTo(("done", 1500, 3, 1, 0)));
        Assert.That(((int)report["bytes"]!, (string?)report["sha256"]), Is.EqualTo((bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)))));
        Assert.That(report["unknown"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo("""{"field sandboxUnknown":500,"type sandboxUnknown":1}"""));
        Assert.That(text, Does.Contain("\"firstTimestamp\": \"2024-01-01T00:00:0").And.Not.Contain(sandbox.ApiKey));
        Assert.That((string?)report["lastCursor"], Is.Not.Null.And.Not.EqualTo((string?)report["firstCursor"]));
    }

    // The items of a stream, each followed by its unknown field, type or value.
    [TestCase(
        "events",
        """{"payload":{"@type":"wishMade","a":1}}""", "type wishMade",
        """{"payload":{"@type":"tabVisibilityChanged","visibility":"HALF"}}""", "value payload.visibility=HALF",
        """{"payload":{"@type":"cartViewed","cart":{"items":[{"product":{"color":1}},{"product":{}}]}}}""", "field payload.cart.items.product.color",
        """{"context":{"type":"web","tab":1}}""", "field context.tab")]
    [TestCase(
        "sessions",
        """{"client":{"device":{"category":"FRIDGE"}}}""", "value client.device.category=FRIDGE",
        """{"window":{"mid":1},"attributes":{"free":1}}""", "field window.mid")]
    [TestCase("users", """{"gender":"X","customAttributes":{"free":1}}""", "value gender=X", Category = "Long")]
    [TestCase("users", """{"gender":"FEMALE"}""", null, Category = "Long")]
    public async Task Reports_unknown_types_fields_and_values_at_any_depth(string stream, params string?[] itemsAndUnknowns)
    {
        var items = itemsAndUnknowns.Chunk(2).ToList();
        foreach (var format in (string[])["csv", "ndjson"])
        {
            await ItemServer.ExportAsync(_exporter, stream, $"items.{format}", items.ConvertAll(item => item[0]!), "--report", _exporter.PathOf("report.json"));

            var report = ParseReport(await File.ReadAllTextAsync(_exporter.PathOf("report.json")))["unknown"]!;
            Assert.That(
                ((JObject)report).Properties().Select(property => (property.Name, (int)property.Value)),
                Is.EquivalentTo(items.Where(item => item[1] is not null).Select(item => (item[1]!, 1))), format);
        }
    }

    [TestCase("with a state", 300, 300)]
    [TestCase("without", 0, 0)]
    public async Task Reports_what_a_failed_run_left(string how, int rows, int lines)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1500, Faults = ["not-json:request=4"] });
        string[] state = how == "without" ? [] : ["--state", "state"];

        var (code, _, _) = await _exporter.TryAsync(
        [
            "events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--page-size", "100", "--output", "items",
            "--report", "report.json", "--quiet", .. state,
        ]);

        var report = ParseReport(await File.ReadAllTextAsync(_exporter.PathOf("report.json")));
        var bytes = how == "without" ? [] : await File.ReadAllBytesAsync((string)report["file"]!);
        Assert.That((code, (string?)report["outcome"], (int)report["rows"]!, bytes.Count(b => b == '\n')), Is.EqualTo((1, "failed", rows, lines)));
        Assert.That(
            ((int)report["bytes"]!, (string?)report["sha256"]),
            Is.EqualTo((bytes.Length, rows == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(bytes)))));
    }

    [TestCase("items", "--output", "items")]
    [TestCase("items.partial", "--output", "items")]
    [TestCase("./items", "--output", "items", "--state", "state")]
    [TestCase("state", "--output", "items", "--state", "state")]
    [TestCase("state.lock", "--output", "items", "--state", "state")]
    [TestCase("items.unfinished", "--output", "items", "--state", "state")]
    [TestCase("state.seen-1", "--output", "items", "--state", "state", "--lookback", "1h")]
    public async Task A_report_never_overwrites_a_file_of_the_export(string report, params string[] more)
    {
        var (code, _, errors) = await _exporter.TryAsync(["events", "--sandbox", "--quiet", "--report", report, .. more]);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(
            errors,
            Does.StartWith($"croct-export: --report '{report}' would overwrite ").And.EndWith("a file of the export itself; give it another name.\n"));
    }

    [Test]
    [Platform("Linux")]
    public async Task A_report_to_standard_output_or_a_link_does_not_replace_it()
    {
        if (OperatingSystem.IsWindows()) return;
        var (file, link, toOutput) = (_exporter.PathOf("report.json"), _exporter.PathOf("link"), _exporter.PathOf("stdout"));

        // Not /dev/stdout itself: an exporter that replaced it, as root may, would damage the machine.
        File.CreateSymbolicLink(toOutput, "/proc/self/fd/1");
        await File.WriteAllTextAsync(file, "of last night");
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(file, Mode);
        File.CreateSymbolicLink(link, file);
        string[] arguments = ["users", "--sandbox", "--sandbox-items", "5", "--quiet", "--output", "users", "--report"];

        var output = await _exporter.RunAsync([.. arguments, toOutput]);
        await _exporter.RunAsync([.. arguments, link]);

        Assert.That((int)ParseReport(output)["rows"]!, Is.EqualTo(5));
        Assert.That((int)ParseReport(await File.ReadAllTextAsync(file))["rows"]!, Is.EqualTo(5));
        Assert.That((new FileInfo(link).LinkTarget, File.GetUnixFileMode(file)), Is.EqualTo((file, Mode)));
        Assert.That(new FileInfo(toOutput).LinkTarget, Is.EqualTo("/proc/self/fd/1"));
    }

    [TestCase("csv", Category = "Long")]
    [TestCase("ndjson")]
    public async Task Reports_the_earliest_and_the_latest_time_of_all_items(string format)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300 });
        sandbox.AppendLate(50);
        await _exporter.RunAsync(
            "events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--format", format, "--output", "events",
            "--report", "report.json", "--page-size", "100", "--quiet");

        using var client = sandbox.Client();
        var times = await client.ExportAllEventsAsync().Select(e => e.TimestampUtc!.Value.UtcDateTime).ToListAsync();
        var report = ParseReport(await File.ReadAllTextAsync(_exporter.PathOf("report.json")));
        Assert.That(((DateTime)report["firstTimestamp"]!, (DateTime)report["lastTimestamp"]!), Is.EqualTo((times.Min(), times.Max())));
    }

    [Test]
    public async Task A_flag_from_the_environment_must_be_true_or_false()
    {
        using var one = new Exporter(("CROCT_EXPORT_QUIET", "1"));
        using var yes = new Exporter(("CROCT_EXPORT_QUIET", "yes"));
        string[] arguments = ["users", "--sandbox", "--max-items", "1"];

        Assert.That((await one.TryAsync(arguments)).Errors, Is.Empty);
        var (code, _, errors) = await yes.TryAsync(arguments);
        Assert.That((code, errors), Is.EqualTo((2, "croct-export: CROCT_EXPORT_QUIET was 'yes'; it must be true or false.\n")));
    }

    [Test]
    public async Task Ignores_variables_that_would_run_something_else()
    {
        using var exporter = new Exporter(("CROCT_EXPORT_VERSION", "1.2.3"));

        Assert.That(await exporter.RunAsync("--help"), Does.Contain("Usage:"));
    }

    [Test]
    public async Task Reads_no_key_from_the_variables_of_options()
    {
        using var exporter = new Exporter(("CROCT_EXPORT_API_KEY", ItemServer.ApiKey));

        Assert.That((await exporter.TryAsync("users")).Errors, Does.StartWith("croct-export: There is no API key."));
    }

    [Test]
    public async Task Sandbox_options_from_the_environment_are_ignored_without_a_sandbox()
    {
        await using var api = await ItemServer.StartAsync(["{}"]);
        using var exporter = new Exporter(("CROCT_EXPORT_SANDBOX_ITEMS", "3"), ("CROCT_EXPORT_SEED", "2"), ("CROCT_EXPORT_FAULT", "503"));

        Assert.That(await exporter.RunAsync("users", "--api-key", ItemServer.ApiKey, "--base-address", api.Address, "--quiet"), Is.EqualTo("{}\n"));
    }

    [Test]
    public async Task Reads_options_from_the_environment_unless_the_command_line_has_them()
    {
        using var exporter = new Exporter(
            ("CROCT_EXPORT_SANDBOX", "true"), ("CROCT_EXPORT_MAX_ITEMS", "7"), ("CROCT_EXPORT_QUIET", "true"), ("CROCT_EXPORT_FORMAT", "csv"));

        Assert.That((await exporter.RunAsync("users", "--format", "ndjson")).Split('\n')[..^1], Has.Length.EqualTo(7));
        Assert.That((await exporter.RunAsync("users", "--max-items", "3")).Split("\r\n")[..^1], Has.Length.EqualTo(4));
        Assert.That(
            (await exporter.TryAsync("users", "--sandbox-items", "5", "--verbose")).Errors,
            Does.Contain("page 1"),
            "--verbose overrides CROCT_EXPORT_QUIET");
    }

    [TestCase("--sandbox")]
    [TestCase("--sandbox=true", Category = "Long")]
    public async Task Ignores_the_address_from_the_environment_for_a_sandbox(string sandbox)
    {
        using var exporter = new Exporter(("CROCT_EXPORT_BASE_ADDRESS", "http://127.0.0.1:1/export"), ("CROCT_EXPORT_MAX_ITEMS", "7"));

        Assert.That((await exporter.RunAsync("users", sandbox)).Split('\n')[..^1], Has.Length.EqualTo(7));
        Assert.That((await exporter.TryAsync("users", "--sandbox=false", "--api-key", "key", "--retries", "0")).Errors, Does.Contain("127.0.0.1:1"));
    }

    [TestCase("csv", Category = "Long")]
    [TestCase("parquet")]
    [TestCase("ndjson")]
    public async Task Accepts_a_value_of_another_type_and_counts_it(string format)
    {
        var (code, _, errors) = await _exporter.TryAsync(
            "events", "--sandbox", "--sandbox-items", "2500", "--fault", "wrong-type:request=2", "--format", format, "--output", $"events.{format}",
            "--report", "report.json");

        Assert.That(code, Is.Zero, errors);
        Assert.That(
            errors,
            Does.Contain("2,500 events")
                .And.Contain("croct-export: 1 value of an unexpected type (timestamp) in the events: written as received.\n"));
        Assert.That((int)ParseReport(await File.ReadAllTextAsync(_exporter.PathOf("report.json")))["unexpectedValues"]!["timestamp"]!, Is.EqualTo(1));
    }

    [Test]
    public async Task Shows_examples_in_the_help_of_every_command()
    {
        var commands = new Queue<string[]>(ParseCommands(await _exporter.RunAsync("--help")).Select(name => (string[])[name]));
        var seen = new List<string>();
        while (commands.TryDequeue(out var command))
        {
            var (help, name) = (await _exporter.RunAsync([.. command, "--help"]), string.Join(' ', command));
            foreach (var inner in ParseCommands(help)) commands.Enqueue([.. command, inner]);
            Assert.That(help, Does.Match($@"Examples:\r?\n +croct-export {name}\b"), name);
            seen.Add(name);
        }

        Assert.That(seen, Is.SupersetOf((string[])["events", "all", "get user", "schema users", "sandbox faults"]));

        static IEnumerable<string> ParseCommands(string help) =>
            Regex.Matches(help.Split("Commands:") is [_, var commands] ? commands : "", "^  ([a-z]+) ", RegexOptions.Multiline)
                .Select(match => match.Groups[1].Value);
    }

    [Test]
    public async Task Completes_a_partial_command() => Assert.That((await _exporter.RunAsync("[suggest:6]", "ses")).Split('\n'), Does.Contain("sessions"));

    private int Lines(string stream) => File.ReadAllLines(_exporter.PathOf(Path.Combine("export", stream + ".ndjson"))).Length;

    /// <summary>The entry of the only stream in a report.</summary>
    private static JObject ParseReport(string report) => (JObject)JObject.Parse(report)["streams"]!.Single();
}
