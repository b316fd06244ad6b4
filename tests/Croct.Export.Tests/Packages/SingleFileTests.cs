using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine.Datasets.Stores;
using Croct.Export.Tests.Database;
using Croct.Export.Tests.Limits;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Packages;

/// <summary>
/// The exporter as a single file for a machine without .NET. It is trimmed, which must cost nothing: its output and its files are compared with those of the
/// exporter of this build.
/// </summary>
[Category("Long")]
[Parallelizable(ParallelScope.Children)] // Not beside other fixtures: publishing needs the whole machine for minutes.
public partial class SingleFileTests
{
    private const long MaxSize = 70_000_000;
    private const string Key = "8c2f2f0e-1e0c-4f5a-9d3b-5a1f6d7c8e90";

    private static readonly string System = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
    private static readonly string Name = OperatingSystem.IsWindows() ? "croct-export.exe" : "croct-export";
    private static readonly string[] Streams = ["events", "sessions", "users"];

    private static readonly string[] Commands =
    [
        "", "events", "sessions", "users", "all", "get", "get event", "get session", "get user", "verify", "check",
        "schema", "schema events", "schema sessions", "schema users", "sandbox", "sandbox faults",
        "completion", "completion bash", "completion zsh", "completion fish", "completion powershell",
    ];

    private static readonly string[] Faults =
    [
        "latency", "402", "403", "408", "429", "429-date", "500", "502", "503", "504", "empty-body", "not-json", "redirect", "reset",
        "short-page", "large-page", "empty-page", "repeated-cursor", "duplicate-items", "unknown-type", "unknown-enum", "unknown-field",
        "missing-field", "wrong-type", "content-type", "cut", "reset-body", "trickle",
    ];

    private static Feed _copy = null!;
    private static string _folder = null!;
    private static SandboxServer _sandbox = null!;
    private static string _event = null!;
    private static string _session = null!;
    private static string _user = null!;

    [OneTimeSetUp]
    public static async Task Publish()
    {
        _copy = await Feed.CopyAsync();
        _folder = Path.Combine(_copy.Source, "..", "published");
        var runtime = $"{System}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        await Feed.RunAsync(
            "dotnet", _copy.Source, [Feed.WithoutAnalyzers], "publish", "src/Croct.Export.Cli", "-c", "Release", "-r", runtime, "-o", _folder);
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 500, Sessions = 50, Users = 20 });
        using var client = _sandbox.Client();
        _event = (await client.ExportEventsAsync()).Items[7].Id!;
        _session = (await client.ExportSessionsAsync()).Items[7].SessionId!.Value.ToString();
        _user = (await client.ExportUsersAsync()).Items[7].UserId!.Value.ToString();
    }

    [OneTimeTearDown]
    public static async Task Remove()
    {
        if (_sandbox is not null) await _sandbox.DisposeAsync();
        _copy?.Dispose();
    }

    [Test]
    public void Is_one_file_of_limited_size()
    {
        Assert.That(Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName), Is.EqualTo((string[])[Name]));
        Assert.That(new FileInfo(Path.Combine(_folder, Name)).Length, Is.LessThanOrEqualTo(MaxSize));
    }

    [TestCaseSource(nameof(Commands))]
    public Task Shows_the_same_help(string command) => DoesTheSameAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

    [Test]
    public Task Shows_the_same_columns([ValueSource(nameof(Streams))] string stream, [Values("markdown", "sql", "json-schema")] string language) =>
        DoesTheSameAsync("schema", stream, "--format", language);

    [Test]
    public Task Writes_the_same_items(
        [ValueSource(nameof(Streams))] string stream,
        [Values("ndjson", "csv", "parquet")] string format,
        [Values("none", "gzip", "zstd")] string compression) => DoesTheSameAsync(
            stream, "--sandbox", "--sandbox-items", "2500", "--format", format, "--compress", compression,
            "--output", "items", "--report", "report.json", "--quiet");

    [TestCase("ndjson")]
    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task Writes_the_same_files_and_states_of_all_streams(string format)
    {
        // The second run resumes from the state of the first, and has nothing to add.
        string[] arguments =
        [
            "all", "--sandbox", "--sandbox-items", "300", "--end", "2030-01-01", "--format", format,
            "--output-dir", "items", "--report", "report.json", "--quiet",
        ];
        using var runs = new Runs(_folder);

        await runs.AssertAreTheSameAsync(arguments);
        await runs.AssertAreTheSameAsync(arguments);

        Assert.That(runs.FileNames, Has.Count.GreaterThanOrEqualTo(7));
    }

    [TestCase("ndjson")]
    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task Writes_and_verifies_the_same_datasets(string format)
    {
        using var runs = new Runs(_folder);
        string[] source = ["--sandbox", "--sandbox-items", "1200"];

        await runs.AssertAreTheSameAsync(
        [
            "events", "--start", "2024-01-01", "--end", "2024-01-01T03:00", "--slice-by", "1h", "--format", format, "--output", "data/",
            "--report", "report.json", "--quiet", .. source,
        ]);
        Assert.That(await runs.AssertAreTheSameAsync(["verify", "--output", "data/", "--repair", "--report", "verify.json", .. source]), Is.Zero);
    }

    [TestCase(StoreKind.Azurite)]
    [TestCase(StoreKind.Conditional)]
    public async Task Writes_and_verifies_datasets_in_object_storage(StoreKind kind)
    {
        await using var store = await StoreTests.StartAsync(kind);
        using var runs = new Runs(_folder, store.Environment);
        string[] source = ["--sandbox", "--sandbox-items", "1200"];

        var (code, _, errors) = await Command.RunAsync(runs.StartOfPublished(
        [
            "events", "--start", "2024-01-01", "--end", "2024-01-01T03:00", "--slice-by", "1h", "--format", "parquet",
            "--output", store.Output, "--quiet", .. source,
        ]));
        Assert.That(code, Is.Zero, errors);

        Assert.That(await runs.AssertAreTheSameAsync(["verify", "--output", store.Output, "--repair", .. source]), Is.Zero);
    }

    [Test]
    public async Task Writes_and_verifies_a_database()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await server.CreateAsync("shop");
        using var runs = new Runs(_folder);
        string[] source = ["--sandbox", "--sandbox-items", "1200"];

        var (code, _, errors) = await Command.RunAsync(runs.StartOfPublished(["all", "--output", database.Output, "--quiet", .. source]));
        Assert.That(code, Is.Zero, errors);

        Assert.That(await runs.AssertAreTheSameAsync(["verify", "--output", database.Output, "--repair", .. source]), Is.Zero);
        Assert.That(await database.CountAsync("croct.events"), Is.EqualTo(1200));
    }

    [Test]
    public async Task Takes_the_role_of_a_pod_in_aws()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var runs = new Runs(_folder, store.GrantRole());

        Assert.That(await runs.AssertAreTheSameAsync(["events", "--sandbox", "--sandbox-items", "300", "--output", store.Output, "--quiet"]), Is.Zero);

        Assert.That(store.Objects, Is.Not.Empty);
    }

    [Test]
    public async Task Resumes_from_the_same_state()
    {
        using var runs = new Runs(_folder);
        string[] arguments =
        [
            "events", "--sandbox", "--sandbox-items", "500", "--page-size", "100",
            "--output", "events-{run}.ndjson.zst", "--state", "events.state", "--quiet",
        ];

        Assert.That(await runs.AssertAreTheSameAsync([.. arguments, "--fault", "not-json:request=3"]), Is.EqualTo(1));
        Assert.That(await runs.AssertAreTheSameAsync(arguments), Is.Zero);

        Assert.That(runs.FileNames, Does.Contain("events-1.ndjson.zst").And.Contain("events.state").And.None.Contains("-2"));
    }

    [TestCaseSource(nameof(Faults))]
    public async Task Handles_a_fault_in_the_same_way(string fault)
    {
        using var runs = new Runs(_folder);

        var code = await runs.AssertAreTheSameAsync(
        [
            "events", "--sandbox", "--sandbox-items", "2500", "--fault", $"{fault}:request=2", "--retries", "2", "--max-retry-delay", "1s",
            "--output", "items", "--report", "report.json", "--quiet",
        ]);

        Assert.That(code, Is.Not.EqualTo(2), "The command was not understood.");
        Assert.That(runs.FileNames, Does.Contain("report.json"));
    }

    [TestCase("events", "--bogus")]
    [TestCase("nothing")]
    [TestCase("events", "--sandbox", "--page-size", "0")]
    [TestCase("events", "--sandbox", "--start", "soon")]
    [TestCase("events", "--sandbox", "--events", "page-opened")]
    [TestCase("events", "--sandbox", "--fault", "503", "--retries", "0", "--quiet")]
    [TestCase("events", "--sandbox", "--output", "missing/items", "--quiet")]
    [TestCase("events", "--sandbox", "--state", "a", "--output", "b", "--report", "a", "--quiet")]
    [TestCase("events", "--api-key", Key, "--base-address", "http://127.0.0.1:1", "--retries", "0", "--quiet")]
    [TestCase("events", "--api-key", Key, "--base-address", "http://croct-export.invalid", "--retries", "0", "--quiet")]
    [TestCase("events")]
    [TestCase("check")]
    [TestCase("all")]
    [TestCase("completion", "bash")]
    [TestCase("completion", "zsh")]
    [TestCase("completion", "fish")]
    [TestCase("completion", "powershell")]
    [TestCase("completion", "words", "--", "events --form")]
    [TestCase("completion", "words", "--", "sandbox --fault=5")]
    [TestCase("sandbox", "faults")]
    [TestCase("check", "--sandbox")]
    [TestCase("events", "--sandbox", "--max-items", "5", "--quiet")]
    public Task Prints_the_same(params string[] arguments) => DoesTheSameAsync(arguments);

    [Test]
    public async Task Shows_the_same_version_and_commit_of_its_own()
    {
        using var runs = new Runs(_folder);

        var (published, built) = await runs.BothAsync(["--version"]);

        Assert.That(published.Output.Split('+')[0], Is.EqualTo(built.Output.Split('+')[0]));
        Assert.That(published.Output, Does.EndWith($"+{_copy.Commit}\n"));
    }

    [Test]
    public async Task Gets_the_same_items_by_id_and_reports_the_same_errors()
    {
        string[] connection = ["--api-key", _sandbox.ApiKey, "--base-address", $"{_sandbox.BaseAddress}"];

        await DoesTheSameAsync(["get", "event", _event, .. connection]);
        await DoesTheSameAsync(["get", "session", _session, .. connection]);
        await DoesTheSameAsync(["get", "user", _user, .. connection]);
        await DoesTheSameAsync(["get", "user", Key, .. connection]);
        await DoesTheSameAsync(["check", .. connection]);
        await DoesTheSameAsync("check", "--api-key", Key, "--base-address", $"{_sandbox.BaseAddress}");
        await DoesTheSameAsync("users", "--api-key", Key, "--base-address", $"{_sandbox.BaseAddress}", "--quiet");
    }

    [Test]
    public async Task Rejects_an_untrusted_certificate_with_the_same_message()
    {
        await using var server = OneResponseServer.StartWithUntrustedCertificate();
        using var runs = new Runs(_folder);

        var (published, built) = await runs.BothAsync(["events", "--api-key", Key, "--base-address", $"{server.Address}", "--retries", "0", "--quiet"]);

        Assert.That(published, Is.EqualTo(built));
        Assert.That(published.Errors, Does.Contain("its certificate is untrusted"));
    }

    [Test]
    public async Task Serves_a_sandbox()
    {
        using var runs = new Runs(_folder);
        var process = Command.Start(runs.StartOfPublished(["sandbox", "--port", "0", "--sandbox-items", "3"]));
        try
        {
            var address = new Uri((await process.StandardOutput.ReadLineAsync())!["address  ".Length..]);
            var key = (await process.StandardOutput.ReadLineAsync())!["api key  ".Length..];
            using var client = new ExportClient(new ExportClientOptions { ApiKey = key, BaseAddress = address });

            Assert.That((await client.ExportEventsAsync()).Items, Has.Count.EqualTo(3));
        }
        finally
        {
            Command.End(process);
        }
    }

    [Test]
    [Platform("Linux")]
    public async Task Needs_no_writable_folder_but_that_of_its_output()
    {
        using var runs = new Runs(_folder, ("HOME", "/nonexistent"), ("TMPDIR", "/nonexistent"));

        await runs.AssertAreTheSameAsync(["events", "--sandbox", "--sandbox-items", "300", "--format", "parquet", "--output", "items.parquet", "--quiet"]);

        Assert.That(runs.FileNames, Is.EqualTo((string[])["items.parquet"]));
    }

    [Test]
    [Platform("Linux")]
    public async Task Shows_the_same_figures_in_a_terminal()
    {
        using var runs = new Runs(_folder, ("TERM", "xterm"));

        var (published, built) = await runs.InTerminalAsync(["all", "--sandbox", "--sandbox-items", "2500", "--output-dir", "items"]);

        Assert.That(LabelsOf(published), Is.EqualTo(LabelsOf(built)).And.Count.GreaterThan(3));

        // The figures shown during the run depend on its duration; the last table has them all.
        static List<string> LabelsOf((int Code, string Output, string Errors) run)
        {
            Assert.That(run.Code, Is.Zero, run.Output);
            var last = run.Output[run.Output.LastIndexOf('╭')..];
            return [.. last.Split('\n').Select(line => line.Split('│')).Where(cells => cells.Length > 2).Select(cells => cells[1].Trim())];
        }
    }

    private static async Task DoesTheSameAsync(params string[] arguments)
    {
        using var runs = new Runs(_folder);
        await runs.AssertAreTheSameAsync(arguments);
    }

    /// <summary>Runs of both programs, each in its own folder.</summary>
    private sealed partial class Runs(string published, params (string Name, string Value)[] environment) : IDisposable
    {
        private static readonly string Built = Path.Combine(AppContext.BaseDirectory, "croct-export.dll");

        private readonly string _published = Directory.CreateTempSubdirectory("croct-export-published-").FullName;
        private readonly string _built = Directory.CreateTempSubdirectory("croct-export-built-").FullName;

        /// <summary>The files that the published program left in its folder.</summary>
        public List<string> FileNames => FilesIn(_published);

        /// <summary>Compares the output, the files and the exit codes of both, and returns the exit code.</summary>
        public async Task<int> AssertAreTheSameAsync(string[] arguments)
        {
            var (published, built) = await BothAsync(arguments);
            Assert.That(Comparable(published.Errors), Is.EqualTo(Comparable(built.Errors)));
            Assert.That(Comparable(published.Output), Is.EqualTo(Comparable(built.Output)));
            Assert.That(published.Code, Is.EqualTo(built.Code));
            Assert.That(FileNames, Is.EqualTo(FilesIn(_built)));
            foreach (var file in FileNames)
            {
                var ours = await File.ReadAllBytesAsync(Path.Combine(_published, file));
                var theirs = await File.ReadAllBytesAsync(Path.Combine(_built, file));
                if (file.EndsWith(".json", StringComparison.Ordinal) || file.EndsWith(".state", StringComparison.Ordinal))
                {
                    Assert.That(Comparable(Encoding.UTF8.GetString(ours)), Is.EqualTo(Comparable(Encoding.UTF8.GetString(theirs))), file);
                }
                else
                {
                    Assert.That(ours.AsSpan().SequenceEqual(theirs), file);
                }
            }

            return published.Code;
        }

        public async Task<((int Code, string Output, string Errors) Published, (int Code, string Output, string Errors) Built)> BothAsync(string[] arguments) =>
            (await Command.RunAsync(StartOfPublished(arguments)), await Command.RunAsync(StartOfBuilt("dotnet", [Built, .. arguments])));

        public async Task<((int Code, string Output, string Errors) Published, (int Code, string Output, string Errors) Built)> InTerminalAsync(
            string[] arguments) =>
        (
            await Command.RunAsync(StartOfPublished("script", ["-qec", $"'{Path.Combine(published, Name)}' {string.Join(' ', arguments)}", "/dev/null"])),
            await Command.RunAsync(StartOfBuilt("script", ["-qec", $"dotnet '{Built}' {string.Join(' ', arguments)}", "/dev/null"])));

        public ProcessStartInfo StartOfPublished(string[] arguments) => StartOfPublished(Path.Combine(published, Name), arguments);

        /// <summary>Runs it where it can find nothing of .NET.</summary>
        private ProcessStartInfo StartOfPublished(string program, string[] arguments)
        {
            var start = StartOf(program, arguments, _published, "SystemRoot", "TEMP");
            start.Environment["LOCALAPPDATA"] = Path.GetTempPath();
            start.Environment["PATH"] = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.System) : "/usr/bin:/bin";
            return start;
        }

        private ProcessStartInfo StartOfBuilt(string program, string[] arguments) =>
            StartOf(program, arguments, _built, "PATH", "HOME", "DOTNET_ROOT", "SystemRoot", "LOCALAPPDATA", "TEMP", "USERPROFILE");

        private ProcessStartInfo StartOf(string program, string[] arguments, string folder, params string[] kept)
        {
            var start = new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            };
            foreach (var name in start.Environment.Keys.Except(kept, StringComparer.OrdinalIgnoreCase).ToList()) start.Environment.Remove(name);
            foreach (var (name, value) in environment) start.Environment[name] = value;
            return start;
        }

        /// <summary>A text without what differs from run to run: times, folders, ports, and the checksum of a state that contains them.</summary>
        private string Comparable(string text)
        {
            var comparable = text.Replace(_published, "FOLDER", StringComparison.Ordinal).Replace(_built, "FOLDER", StringComparison.Ordinal);
            return Times().Replace(Ports().Replace(comparable, "PORT"), "$1 (omitted)");
        }

        private static List<string> FilesIn(string folder) =>
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal),
        ];

        [GeneratedRegex("(\"(?:started|ended|seconds|checksum)\":) [^\n]*")]
        private static partial Regex Times();

        [GeneratedRegex(@"(?<=localhost:|127\.0\.0\.1:)\d+")]
        private static partial Regex Ports();

        public void Dispose()
        {
            Directory.Delete(_published, recursive: true);
            Directory.Delete(_built, recursive: true);
        }
    }
}
