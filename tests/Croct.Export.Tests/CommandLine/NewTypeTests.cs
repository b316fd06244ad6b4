using System.Diagnostics;
using System.Text.RegularExpressions;
using Croct.Export.Tests.CommandLine.Tables;
using Croct.Export.Tests.Limits;
using Croct.Export.Tests.Packages;

namespace Croct.Export.Tests.CommandLine;

/// <summary>A copy of the repository whose contract has an additional event type and additional fields; everything else is generated from it.</summary>
[Category("Long")]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
public class NewTypeTests
{
    private const string Schema = """
            WishMade:
              type: object
              description: A user wished for a product that the shop does not have.
              allOf:
                - $ref: '#/components/schemas/EventPayload'
              required:
                - wish
                - urgency
              properties:
                wish:
                  description: What the user wished for.
                  allOf:
                    - $ref: '#/components/schemas/Wish'
                urgency:
                  description: How much the user needs it.
                  allOf:
                    - $ref: '#/components/schemas/Urgency'
                neededTime:
                  description: The moment by which it is needed, in milliseconds since 1970-01-01T00:00:00Z; null if there is none.
                  type: integer
                  format: int64
                  x-unix-time: milliseconds
                  nullable: true
              example:
                '@type': wishMade
                wish: {name: Purple shoes, price: 49.90}
                urgency: SOON
                neededTime: 1700000000123
            Urgency:
              type: string
              description: 'How much something is needed. The enum is open: clients must accept values that are not listed here.'
              enum:
                - SOON
                - SOMETIME
            Wish:
              type: object
              description: A product that somebody wishes for.
              required:
                - name
                - price
              properties:
                name:
                  description: The name of the product.
                  type: string
                price:
                  description: The price that the user would pay; null if none was told.
                  type: number
                  format: decimal
                  nullable: true

        """;

    /// <summary>The insertions into the contract, each before a text that occurs in it once.</summary>
    private static readonly (string Before, string Insert)[] Edits =
    [
        ("    EventType:\n      type: string\n", "          wishMade: '#/components/schemas/WishMade'\n"),
        ("    UserSignedUp:\n      type: object\n", "        - wishMade\n"),
        ("    Personalization:\n      type: object\n", Schema),
        (
            "      description: Something that a user did,",
            "        - name: wish_price\n          path: 'payload[wishMade].wish.price'\n"
                + "        - name: wish_needed\n          path: 'payload[wishMade].neededTime'\n          as: json\n"),
        (
            "        closeTime:\n",
            "        mood:\n          description: How the user felt; null if nobody knows.\n"
                + "          type: string\n          nullable: true\n          example: cheerful\n"),
        ("        firstName:\n", "        newsletter:\n          description: Whether the user wants the newsletter.\n          type: boolean\n"),
        ("      description: A user of the application, anonymous", "        - name: newsletter\n"),
    ];

    private readonly string _copy = Directory.CreateTempSubdirectory("croct-export-contract-").FullName;

    [OneTimeSetUp]
    public async Task BuildAsync()
    {
        var files = await RunAsync("git", Repository.PathOf("."), "ls-files", "--cached", "--others", "--exclude-standard", "-z");
        foreach (var file in files.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!File.Exists(Repository.PathOf(file))) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
            File.Copy(Repository.PathOf(file), PathOf(file));
        }

        var contract = await File.ReadAllTextAsync(PathOf("openapi/croct-export.yaml"));
        foreach (var (before, insert) in Edits)
        {
            Assert.That(Regex.Count(contract, Regex.Escape(before)), Is.EqualTo(1), $"The contract contains '{before}' that many times.");
            contract = contract.Replace(before, insert + before, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(PathOf("openapi/croct-export.yaml"), contract);
        var build = await RunAsync("dotnet", _copy, "build", "tests/Croct.Export.Tests", "--verbosity", "quiet");
        Assert.That(build.Code, Is.Zero, build.Output);
    }

    [OneTimeTearDown]
    public void RemoveCopy() => Directory.Delete(_copy, recursive: true);

    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task Tables_have_the_new_type_and_the_new_fields(string format)
    {
        var (events, sessions, users) = (await ExportAsync("events", format), await ExportAsync("sessions", format), await ExportAsync("users", format));

        var wishes = Duck.Query(
            $"""
            SELECT
                count(*), count(wish_price::DECIMAL(38,9)), count(wish_needed::BIGINT), count(payload->>'$.wish.name'), count(payload->>'$.neededTime'),
                count(DISTINCT payload->>'$.urgency')
            FROM {ToTable(events)} WHERE type = 'wishMade'
            """).Single();
        Assert.That(wishes[..5], Is.All.GreaterThan(20L));
        Assert.That(wishes[5], Is.EqualTo(2L));
        Assert.That(Duck.Value($"SELECT count(extra) FROM {ToTable(events)}"), Is.Zero);
        Assert.That(Duck.Value($"SELECT count(extra->>'$.mood') FROM {ToTable(sessions)}"), Is.GreaterThan(100L));
        Assert.That(Duck.Value($"SELECT count(newsletter::BOOLEAN) FROM {ToTable(users)}"), Is.GreaterThan(100L));
    }

    [Test]
    public async Task Ndjson_has_them_and_the_report_nothing_unknown()
    {
        var report = PathOf("report.json");

        var lines = await File.ReadAllTextAsync(await ExportAsync("events", "ndjson", "--report", report));

        Assert.That(lines, Does.Contain("\"@type\":\"wishMade\""));
        Assert.That(await File.ReadAllTextAsync(report), Does.Contain("\"unknown\": {}").And.Contain("\"unexpectedValues\": {}"));
    }

    /// <summary>Runs the tests that depend on the contract; no other test does.</summary>
    [Test]
    public async Task Only_snapshot_tests_fail()
    {
        string[] about = ["Contract", "Snapshots", "Tables", "Tests.Sandbox", "RoundTrip", "Reader", "Readme", "HelpTests", "UnexpectedValue", "SpecDiff"];
        var filter = string.Join('|', about.Select(name => $"FullyQualifiedName~{name}"));

        var run = await RunAsync(
            "dotnet", _copy, "test", "tests/Croct.Export.Tests", "--no-build", "--filter", $"({filter})&TestCategory!=Long");

        var failed = Regex.Matches(run.Output, @"^\s+Failed (\w+)", RegexOptions.Multiline).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.That(failed, Is.Not.Empty, run.Output);
        string[] snapshots =
        [
            "The_contract_on_the_wire", "The_columns_of_the_tables", "Public_API_of_the_models",
            "A_page_with_every_type_of_event_read_and_written_back",
        ];
        Assert.That(failed, Is.SubsetOf(snapshots), run.Output);
    }

    private static string ToTable(string file) => file.EndsWith(".csv", StringComparison.Ordinal) ? Duck.Csv(file) : Duck.Parquet(file);

    private async Task<string> ExportAsync(string stream, string format, params string[] arguments)
    {
        var file = PathOf($"{stream}.{format}");
        var run = await RunAsync(
            "dotnet", _copy,
            [
                "exec", "tests/Croct.Export.Tests/bin/Debug/net10.0/croct-export.dll", stream, "--sandbox", "--sandbox-items", "3000", "--format", format,
                "--output", file, "--quiet", .. arguments,
            ]);
        Assert.That(run.Code, Is.Zero, run.Output);
        return file;
    }

    private string PathOf(string path) => Path.Combine(_copy, path);

    private static async Task<(int Code, string Output)> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        var ofTests = start.Environment.Keys.Where(name =>
            name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase));
        foreach (var name in ofTests.ToList()) start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment[Feed.WithoutAnalyzers.Name] = Feed.WithoutAnalyzers.Value;
        var (code, output, errors) = await Command.RunAsync(start);
        return (code, output + errors);
    }
}
