using System.Net;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Clusters;
using Croct.Export.Tests.CommandLine;
using Croct.Export.Tests.CommandLine.Datasets.Stores;
using Croct.Export.Tests.CommandLine.Tables;
using Croct.Export.Tests.Database;
using Croct.Export.Tests.Packages;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Readmes;

/// <summary>Every command that a README shows does what it should.</summary>
public class ReadmeCommandTests
{
    private const string Program = "croct-export";
    private const string Bucket = "s3://my-bucket/croct/";

    /// <summary>The commands that are not run here, and what runs them.</summary>
    private static readonly Dictionary<string, string> RunElsewhere = new()
    {
        ["dotnet run --project src/Croct.Export.Cli -- events --sandbox --output events.ndjson"] = nameof(PackageTests.The_first_command_of_the_README_exports),
        ["dotnet test Croct.Export.sln"] = ".ci/run",
        ["dotnet test Croct.Export.sln -p:LongProofs=true"] = ".ci/run",
        ["dotnet pack Croct.Export.sln -c Release -o artifacts"] = nameof(Feed.PackAsync),
        ["CI=true SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) dotnet pack Croct.Export.sln -c Release -o artifacts"] = nameof(Feed.PackAsync),
        ["dotnet nuget add source \"$PWD/artifacts\" --name croct-export"] = nameof(Feed.CreateProject),
        ["dotnet add package Croct.Export"] = nameof(PackageTests.A_console_application_runs_the_quick_start),
        ["dotnet add package Croct.Export.DependencyInjection"] = nameof(PackageTests.A_host_runs_the_nightly_export),
        ["dotnet add package Croct.Export.Sandbox"] = nameof(PackageTests.A_netstandard_library_and_the_sandbox_work_in_one_process),
        ["dotnet publish src/Croct.Export.Cli -c Release -r linux-x64 -o out"] = nameof(SingleFileTests.Publish),
        ["dotnet tool install --global Croct.Export.Cli"] = nameof(PackageTests.The_tool_installs_and_exports),
        ["source <(croct-export completion zsh)"] = nameof(CompletionTests),
        ["dotnet test tests/Croct.Export.Tests -p:MeasureCoverage=true"] = "by hand",
        ["sbatch --requeue --array=0-7 --wrap \"croct-export all --start 2026-09-01 --end today --slice-by 1d --slice auto --format parquet " +
            "--output /shared/data/ --api-key-file /shared/key\""] = nameof(SlurmTests),
        ["dotnet tool restore"] = "by hand, with the command after it",
        ["dotnet stryker"] = "by hand: it takes minutes",
        ["dotnet run -c Release --project tests/Croct.Export.Benchmarks -- compare"] = "by hand, on an idle machine",
    };

    [Test]
    public void Are_all_run_somewhere()
    {
        var commands = Readme.All.SelectMany(readme => readme.Commands).Distinct().ToList();

        Assert.That(commands.Where(command => !IsRunHere(command)), Is.EquivalentTo(RunElsewhere.Keys));
        foreach (var (command, script) in RunElsewhere.Where(entry => entry.Value == ".ci/run"))
        {
            Assert.That(Repository.Read(script), Does.Contain($"run {command}\n"));
        }
    }

    private static IEnumerable<TestCaseData> CommandsOfTheExporter() => Readme.All
        .SelectMany(readme => readme.Commands.Where(IsRunHere).Concat(CommandsOfSchedules(readme)))
        .Where(command => !IsServer(command) && !command.StartsWith("curl", StringComparison.Ordinal))
        .Distinct()
        .Select(command => new TestCaseData(command) { TestName = $"Runs: {command}" });

    [TestCaseSource(nameof(CommandsOfTheExporter))]
    [Category("Long")]
    [Platform(Exclude = "Win", Reason = "The commands are those of a POSIX shell.")]
    public async Task Run_against_the_sandbox(string command)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1500, Start = DateTimeOffset.UtcNow.AddDays(-3) });
        await using TestStore? store = command.Contains("s3://", StringComparison.Ordinal) ? await ConditionalStore.StartAsync()
            : command.Contains("az://", StringComparison.Ordinal) ? await AzuriteStore.StartAsync()
            : null;
        await using var server = command.Contains("postgres://", StringComparison.Ordinal) ? await PostgresServer.StartAsync() : null;
        await using var database = server is null ? null : await server.CreateAsync("shop");
        using var exporter = new Exporter(
        [
            ("CROCT_API_KEY", sandbox.ApiKey),
            ("CROCT_EXPORT_BASE_ADDRESS", sandbox.BaseAddress.ToString()),
            ("JOB_COMPLETION_INDEX", "3"),
            .. store?.Environment ?? [],

            // In the first hour of a day, yesterday would be left for later.
            .. ((string, string)[])(command.Contains("--end today", StringComparison.Ordinal) ? [("CROCT_EXPORT_SETTLE", "0h")] : []),
        ]);
        await File.WriteAllTextAsync(exporter.PathOf("key"), sandbox.ApiKey);
        if (command.StartsWith($"{Program} verify", StringComparison.Ordinal))
        {
            string[] options = database is not null
                ? ["--output", database.Output]
                : ["--start", "-9d", "--end", "today", "--slice-by", "1d", "--format", "parquet", "--output", store?.Output ?? "data/"];
            await exporter.RunAsync(["all", .. options]);
        }

        var located = Regex.Replace(InFolder(exporter, command), @"(s3|az)://\S+", $"'{store?.Output}'");
        if (database is not null) located = Regex.Replace(located, "\"postgres://[^\"]+\"", $"'{database.Output}'");
        var (code, output, errors) = await exporter.TryInShellAsync(located);

        Assert.That(code, Is.Zero, output + errors);
        Assert.That(errors, Does.Not.Contain($"{Program}:"));
    }

    [Test]
    [Category("Long")]
    public async Task Serve_a_sandbox_and_ask_it()
    {
        var servers = Readme.Sandbox.Commands.Concat(Readme.Exporter.Commands).Where(IsServer).ToList();
        Assert.That(servers, Has.Count.EqualTo(2));
        var curl = Readme.Sandbox.Commands.Single(command => command.StartsWith("curl", StringComparison.Ordinal));
        var request = Regex.Match(curl, "X-Api-Key: ([^\"]+)\" \"http://127.0.0.1:4000([^\"]+)\"$");
        Assert.That(request.Success, Is.True, curl);
        var (key, address) = (request.Groups[1].Value, request.Groups[2].Value);

        foreach (var server in servers)
        {
            using var exporter = new Exporter();
            var port = FreePorts.FindOne();
            var process = exporter.Start(server.Replace("4000", $"{port}", StringComparison.Ordinal).Split(' ')[1..]);
            while (await process.StandardOutput.ReadLineAsync() is { } line && !line.Contains($":{port}", StringComparison.Ordinal))
            {
                // It is ready when it prints its address.
            }

            using var http = new HttpClient { DefaultRequestHeaders = { { "X-Api-Key", key } } };
            using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{port}{address}"));

            // 503 is what the first of the two commands asks for now and then.
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.ServiceUnavailable));
        }
    }

    [Test]
    [Category("Long")]
    public async Task Queries_give_rows_from_exported_files_and_only_the_newest_versions()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000 });
        using var exporter = new Exporter(("CROCT_API_KEY", sandbox.ApiKey), ("CROCT_EXPORT_BASE_ADDRESS", sandbox.BaseAddress.ToString()));
        foreach (var stream in (string[])["events", "sessions", "users"])
        {
            await exporter.RunAsync(stream, "--format", "parquet", "--output", $"{stream}-1.parquet");
        }

        // The second export has a later version of each session and user, and the single file has both.
        foreach (var (stream, time) in (ReadOnlySpan<(string, string)>)[("sessions", "close_time"), ("users", "last_modified_time")])
        {
            var (first, second) = (exporter.PathOf($"{stream}-1.parquet"), exporter.PathOf($"{stream}-2.parquet"));
            Duck.Query($"COPY (SELECT * REPLACE ({time} + INTERVAL 1 HOUR AS {time}) FROM '{first}') TO '{second}'");
            Duck.Query($"COPY (FROM '{first}' UNION ALL FROM '{second}') TO '{exporter.PathOf($"{stream}.parquet")}'");
        }

        var queries = Queries().Where(query => !query.Contains(Bucket, StringComparison.Ordinal)).ToList();
        Assert.That(queries, Has.Count.GreaterThanOrEqualTo(5));
        foreach (var query in queries)
        {
            var located = query.Replace("FROM '", $"FROM '{exporter.PathOf("")}/", StringComparison.Ordinal);
            Assert.That(Duck.Query(located), Is.Not.Empty, query);

            var stream = Regex.Match(query, "FROM '([a-z]+)").Groups[1].Value;
            if (stream == "events") continue;
            var newest = $"FROM '{exporter.PathOf($"{stream}-2.parquet")}'";
            Assert.That(Duck.Query($"({located}) EXCEPT ({newest})"), Is.Empty, query);
            Assert.That(Duck.Query($"({newest}) EXCEPT ({located})"), Is.Empty, query);
        }
    }

    [Test]
    [Category("Long")]
    public async Task Queries_give_rows_from_a_dataset_that_was_exported_to_object_storage()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        await exporter.RunAsync(
            "events", "--sandbox", "--output", store.Output, "--slice-by", "1d", "--start", "2024-01-01", "--end", "2024-01-03",
            "--format", "parquet", "--quiet");

        // Reading the store itself needs an extension of DuckDB, which is downloaded when it is first used.
        await store.DownloadAsync(exporter.PathOf("."));
        var queries = Queries().Where(query => query.Contains(Bucket, StringComparison.Ordinal)).ToList();
        Assert.That(queries, Has.Count.EqualTo(2));
        var located = queries.ConvertAll(query => query.Replace(Bucket, exporter.PathOf("") + "/", StringComparison.Ordinal));

        var rows = Duck.Query($"{string.Join("; ", located)}; SELECT count(*) FROM events");
        Assert.That(rows[^1], Is.EqualTo(new object[] { 10_000L }));
        Assert.That(rows.Where(row => row.Length == 3).Sum(row => (long)row[2]!), Is.EqualTo(10_000));
    }

    /// <summary>The queries for DuckDB; those of other warehouses are in blocks with their name.</summary>
    private static IEnumerable<string> Queries() => Readme.All.SelectMany(readme => readme.CodeBlocks("sql"))
        .SelectMany(block => block.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private static bool IsRunHere(string command) =>
        !RunElsewhere.ContainsKey(command) && Regex.IsMatch(command, $@"^(source <\()?{Program} |^curl ");

    private static bool IsServer(string command) => command.StartsWith($"{Program} sandbox", StringComparison.Ordinal);

    /// <summary>The commands that cron, systemd and Kubernetes start.</summary>
    private static IEnumerable<string> CommandsOfSchedules(Readme readme) =>
    [
        .. readme.CodeBlocks("cron").Select(line => Regex.Replace(line.Trim(), @"^(\S+ ){5}", "")),
        .. readme.CodeBlocks("ini").SelectMany(unit => Regex.Matches(unit, "^ExecStart=(.+)$", RegexOptions.Multiline)).Select(start => start.Groups[1].Value),
        .. readme.CodeBlocks("yaml").Select(manifest => Regex.Match(manifest, @"args: \[(.+)\]").Groups[1]).Where(list => list.Success)
            .Select(list => $"{Program} {list.Value.Replace(",", "", StringComparison.Ordinal)}"),
    ];

    /// <summary>The command with the folders of a server replaced by one of the test.</summary>
    private static string InFolder(Exporter exporter, string command) => Regex.Replace(
        command.Replace("/usr/local/bin/", "", StringComparison.Ordinal)
            .Replace("~/.config/fish/completions/", "", StringComparison.Ordinal),
        "/(?:var/lib/croct|etc/croct|run/secrets/croct|data)(?=[/ \"])",
        exporter.PathOf("."));
}
