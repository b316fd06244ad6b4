using System.Security.Cryptography;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine.Tables;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.CommandLine;

/// <summary>The three streams side by side, the report of a run, and options from the environment.</summary>
public class AllTests
{
    private Exporter _exporter = null!;

    [SetUp]
    public void MakeFolder() => _exporter = new Exporter();

    [TearDown]
    public void RemoveFolder() => _exporter.Dispose();

    [Test]
    public async Task Brings_all_streams_into_files_of_their_own_and_adds_to_them_later()
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
    public async Task Keeps_what_the_others_have_when_one_fails()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000, Faults = ["not-json:stream=users,times=1"] });
        string[] arguments = ["all", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--output-dir", "export", "--quiet"];

        var (code, _, errors) = await _exporter.TryAsync(arguments);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.StartWith("croct-export: The answer cannot be read"));

        await _exporter.RunAsync(arguments);
        Assert.That((Lines("events"), Lines("sessions"), Lines("users")), Is.EqualTo((3000, 300, 100)));
    }

    [Test]
    public async Task Reports_what_a_run_did()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1500, Faults = ["429:request=2,retry-after=1", "unknown-type:request=1", "unknown-field:request=3"] });

        await _exporter.RunAsync(
            "events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--format", "csv", "--output", "events.csv", "--report", "report.json", "--quiet");

        var text = await File.ReadAllTextAsync(_exporter.PathOf("report.json"));
        var report = (JObject)JArray.Parse(text).Single();
        var bytes = await File.ReadAllBytesAsync(_exporter.PathOf("events.csv"));
        Assert.That(((bool)report["complete"]!, (int)report["rows"]!, (int)report["pages"]!, (int)report["retries"]!, (int)report["duplicates"]!), Is.EqualTo((true, 1500, 3, 1, 0)));
        Assert.That(((int)report["bytes"]!, (string?)report["sha256"]), Is.EqualTo((bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)))));
        Assert.That(report["unknown"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo("""{"field sandboxUnknown":500,"type sandboxUnknown":1}"""));
        Assert.That(text, Does.Contain("\"firstTimestamp\": \"2024-01-01T00:00:0").And.Not.Contain(sandbox.ApiKey));
        Assert.That((string?)report["lastCursor"], Is.Not.Null.And.Not.EqualTo((string?)report["firstCursor"]));
    }

    [TestCase("events", """{"payload":{"@type":"wishMade","a":1}}""", "type wishMade")]
    [TestCase("events", """{"payload":{"@type":"tabVisibilityChanged","visibility":"HALF"}}""", "value payload.visibility=HALF")]
    [TestCase("events", """{"payload":{"@type":"cartViewed","cart":{"items":[{"product":{"color":1}},{"product":{}}]}}}""", "field payload.cart.items.product.color")]
    [TestCase("events", """{"context":{"type":"web","tab":1}}""", "field context.tab")]
    [TestCase("sessions", """{"client":{"device":{"category":"FRIDGE"}}}""", "value client.device.category=FRIDGE")]
    [TestCase("sessions", """{"window":{"mid":1},"attributes":{"free":1}}""", "field window.mid")]
    [TestCase("users", """{"gender":"X","customAttributes":{"free":1}}""", "value gender=X")]
    [TestCase("users", """{"gender":"FEMALE"}""", null)]
    public async Task Reports_what_it_does_not_know_wherever_it_stands(string stream, string item, string? unknown)
    {
        await ItemServer.ExportAsync(_exporter, stream, "items.csv", [item], "--report", _exporter.PathOf("report.json"));

        var report = JArray.Parse(await File.ReadAllTextAsync(_exporter.PathOf("report.json")))[0]["unknown"]!;
        Assert.That(((JObject)report).Properties().Select(property => property.Name), Is.EqualTo(unknown is null ? Array.Empty<string>() : [unknown]));
    }

    [Test]
    public async Task Says_that_nobody_looked_for_the_unknown_where_nothing_is_interpreted()
    {
        await _exporter.RunAsync("users", "--sandbox", "--output", "users.ndjson", "--report", "report.json", "--quiet");

        Assert.That(JArray.Parse(await File.ReadAllTextAsync(_exporter.PathOf("report.json")))[0]["unknown"]!.Type, Is.EqualTo(JTokenType.Null));
    }

    [TestCase("with a state", 300, 300)]
    [TestCase("without", 0, 0)]
    public async Task Reports_what_a_failed_run_left(string how, int rows, int lines)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1500, Faults = ["not-json:request=4"] });
        string[] state = how == "without" ? [] : ["--state", "state"];

        var (code, _, _) = await _exporter.TryAsync(
        [
            "events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.ToString(), "--page-size", "100", "--output", "items", "--report", "report.json", "--quiet", .. state,
        ]);

        var report = (JObject)JArray.Parse(await File.ReadAllTextAsync(_exporter.PathOf("report.json"))).Single();
        var bytes = File.Exists(_exporter.PathOf("items")) ? await File.ReadAllBytesAsync(_exporter.PathOf("items")) : [];
        Assert.That((code, (bool)report["complete"]!, (int)report["rows"]!, bytes.Count(b => b == '\n')), Is.EqualTo((1, false, rows, lines)));
        Assert.That(((int)report["bytes"]!, (string?)report["sha256"]), Is.EqualTo((bytes.Length, rows == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(bytes)))));
    }

    [TestCase("items", "--output", "items")]
    [TestCase("items.partial", "--output", "items")]
    [TestCase("./items", "--output", "items", "--state", "state")]
    [TestCase("state", "--output", "items", "--state", "state")]
    [TestCase("state.lock", "--output", "items", "--state", "state")]
    public async Task A_report_never_takes_the_place_of_a_file_of_the_export(string report, params string[] more)
    {
        var (code, _, errors) = await _exporter.TryAsync(["events", "--sandbox", "--quiet", "--report", report, .. more]);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.StartWith($"croct-export: --report '{report}' would overwrite ").And.EndWith("a file of the export itself; give it another name.\n"));
    }

    [Test]
    public async Task Takes_options_from_the_environment_unless_the_command_line_has_them()
    {
        using var exporter = new Exporter(("CROCT_EXPORT_SANDBOX", "true"), ("CROCT_EXPORT_MAX_ITEMS", "7"), ("CROCT_EXPORT_QUIET", "true"), ("CROCT_EXPORT_FORMAT", "csv"));

        Assert.That((await exporter.RunAsync("users", "--format", "ndjson")).Split('\n')[..^1], Has.Length.EqualTo(7));
        Assert.That((await exporter.RunAsync("users", "--max-items", "3")).Split("\r\n")[..^1], Has.Length.EqualTo(4));
        Assert.That((await exporter.TryAsync("users", "--verbose")).Errors, Does.Contain("page 1"), "--verbose stands against CROCT_EXPORT_QUIET");
    }

    [TestCase("--sandbox")]
    [TestCase("--sandbox=true")]
    public async Task Takes_no_address_from_the_environment_for_a_sandbox(string sandbox)
    {
        using var exporter = new Exporter(("CROCT_EXPORT_BASE_ADDRESS", "http://127.0.0.1:1/export"), ("CROCT_EXPORT_MAX_ITEMS", "7"));

        Assert.That((await exporter.RunAsync("users", sandbox)).Split('\n')[..^1], Has.Length.EqualTo(7));
        Assert.That((await exporter.TryAsync("users", "--sandbox=false", "--api-key", "key", "--retries", "0")).Errors, Does.Contain("127.0.0.1:1"));
    }

    [Test]
    public async Task Sets_items_aside_that_cannot_be_read()
    {
        string[] arguments = ["events", "--sandbox", "--sandbox-items", "2500", "--fault", "wrong-type:request=2", "--format", "csv", "--output", "events.csv"];
        Assert.That((await _exporter.TryAsync(arguments)).Code, Is.EqualTo(1));

        var (code, _, errors) = await _exporter.TryAsync([.. arguments, "--reject-file", "rejects.ndjson", "--report", "report.json"]);

        Assert.That(code, Is.Zero, errors);
        Assert.That(errors, Does.Contain("2,499 events").And.Contain("1 rejected"));
        var reject = JObject.Parse((await File.ReadAllLinesAsync(_exporter.PathOf("rejects.ndjson"))).Single());
        Assert.That(((string?)reject["stream"], (string?)reject["item"]!["timestamp"]), Is.EqualTo(("events", "yesterday")));
        Assert.That((string?)reject["error"], Does.Contain("timestamp"));
        Assert.That((int)JArray.Parse(await File.ReadAllTextAsync(_exporter.PathOf("report.json")))[0]["rejected"]!, Is.EqualTo(1));
    }

    [TestCase("events")]
    [TestCase("all")]
    public async Task Shows_examples_with_its_help(string command) => Assert.That(await _exporter.RunAsync(command, "--help"), Does.Contain($"croct-export {command} --sandbox --output"));

    [Test]
    public async Task Completes_what_was_begun() => Assert.That((await _exporter.RunAsync("[suggest:6]", "ses")).Split('\n'), Does.Contain("sessions"));

    private int Lines(string stream) => File.ReadAllLines(_exporter.PathOf(Path.Combine("export", stream + ".ndjson"))).Length;
}
