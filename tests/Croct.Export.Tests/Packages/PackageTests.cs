using System.IO.Compression;
using System.Reflection.Metadata;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Readmes;
using VerifyNUnit;

namespace Croct.Export.Tests.Packages;

/// <summary>The packages as their users get them: their content, and projects outside the repository that use them.</summary>
[Category("Long")]
public class PackageTests
{
    private const string Strict = "<Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings><TreatWarningsAsErrors>true</TreatWarningsAsErrors>";

    // Each builds or restores projects with its own dotnet process, which takes more than two minutes on a busy machine.
    private const int Limit = 600_000;

    private static Feed _feed = null!;

    [OneTimeSetUp]
    public static async Task Pack() => _feed = await Feed.PackAsync();

    [OneTimeTearDown]
    public static void Remove() => _feed?.Dispose();

    [Test]
    public async Task Have_only_the_expected_files_and_dependencies()
    {
        var text = new StringBuilder();
        foreach (var path in Directory.GetFiles(_feed.Folder).Order(StringComparer.Ordinal))
        {
            using var package = await ZipFile.OpenReadAsync(path);
            text.Append("# ").Append(Path.GetFileName(path).Replace(_feed.Version, "VERSION", StringComparison.Ordinal)).Append('\n');
            var names = package.Entries.Select(entry => entry.FullName).Where(name => !name.StartsWith("package/", StringComparison.Ordinal));
            foreach (var entry in names.Order(StringComparer.Ordinal))
            {
                text.Append(entry).Append('\n');
            }

            if (path.EndsWith(".nupkg", StringComparison.Ordinal)) Describe(package, text);
            text.Append('\n');
        }

        await Verifier.Verify(text.ToString());
    }

    [Test, CancelAfter(Limit)]
    public async Task Are_the_same_bytes_in_any_build_folder()
    {
        var again = HashFiles(await _feed.PackAgainAsync());

        Assert.That(again, Has.Count.EqualTo(8));
        Assert.That(again, Is.EqualTo(HashFiles(_feed.Folder)));

        static List<string> HashFiles(string folder) =>
        [
            .. Directory.GetFiles(folder)
                .Order(StringComparer.Ordinal)
                .Select(file => $"{Path.GetFileName(file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"),
        ];
    }

    [Test]
    public async Task Point_a_debugger_to_the_source_of_every_line()
    {
        var generated = 0;
        foreach (var path in Directory.GetFiles(_feed.Folder, "*.snupkg"))
        {
            await using var package = await ZipFile.OpenReadAsync(path);
            foreach (var entry in package.Entries.Where(entry => entry.Name.EndsWith(".pdb", StringComparison.Ordinal)))
            {
                var (link, documents) = await SourcesOfAsync(entry);
                var name = $"{Path.GetFileName(path)}/{entry.FullName}";

                Assert.That(link, Does.Contain($"\"/_/*\":\"https://raw.githubusercontent.com/croct-export/croct-export/{_feed.Commit}/*\""), name);
                Assert.That(
                    documents.Where(document => !document.IsEmbedded && !File.Exists(Path.Combine(_feed.Source, document.Name["/_/".Length..]))),
                    Is.Empty,
                    name);
                generated += documents.Count(document => document.IsEmbedded && document.Name.EndsWith("/ExportClient.g.cs", StringComparison.Ordinal));
            }
        }

        // The library for each of its target frameworks, and the library in the tool.
        Assert.That(generated, Is.EqualTo(3));
    }

    [Test]
    public async Task The_tool_includes_only_packages_with_pinned_versions()
    {
        await using var package = await ZipFile.OpenReadAsync(Path.Combine(_feed.Folder, $"Croct.Export.Cli.{_feed.Version}.nupkg"));
        await using var stream = await package.Entries.Single(entry => entry.Name == "croct-export.deps.json").OpenAsync();
        using var dependencies = await JsonDocument.ParseAsync(stream);
        var pinned = XDocument.Parse(Repository.Read("build/Packages.props"))
            .Descendants("PackageVersion")
            .Select(version => $"{version.Attribute("Include")!.Value}/{version.Attribute("Version")!.Value}");

        var included = dependencies.RootElement.GetProperty("libraries")
            .EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package")
            .Select(library => library.Name)
            .ToList();

        Assert.That(included, Has.Count.GreaterThan(5).And.SubsetOf(pinned));
    }

    [Test, CancelAfter(Limit)]
    public async Task A_removed_public_member_fails_the_pack_against_the_previous_version()
    {
        const string Project = "Croct.Export.DependencyInjection";
        var baseline = Path.Combine(_feed.Folder, $"{Project}.{_feed.Version}.nupkg");
        var source = await _feed.CloneAsync("changed");
        var file = Path.Combine(source, "src", Project, "CroctExportServiceCollectionExtensions.cs");
        var before = await File.ReadAllTextAsync(file);

        const string Method = "static IHttpClientBuilder AddCroctExport(this IServiceCollection services, string name, IConfiguration";
        await File.WriteAllTextAsync(file, before.Replace($"public {Method}", $"internal {Method}", StringComparison.Ordinal));
        var (code, output) = await _feed.PackAgainstAsync(source, Project, baseline);

        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain("error CP0002: Member 'Microsoft.Extensions.DependencyInjection.IHttpClientBuilder").And.Contain("AddCroctExport"));
    }

    [Test]
    public async Task Carry_the_README_of_their_own()
    {
        foreach (var readme in Readme.OfPackages)
        {
            var project = Path.GetFileName(Path.GetDirectoryName(readme.Path));
            await using var package = await ZipFile.OpenReadAsync(Path.Combine(_feed.Folder, $"{project}.{_feed.Version}.nupkg"));
            using var reader = new StreamReader(await package.GetEntry("README.md")!.OpenAsync());

            Assert.That(await reader.ReadToEndAsync(), Is.EqualTo(readme.Text), project);
        }
    }

    [Test, CancelAfter(Limit)]
    [Platform(Exclude = "Win", Reason = "The command is run by a POSIX shell.")]
    public async Task The_first_command_of_the_README_exports()
    {
        var command = Readme.Top.Commands.First();
        var clone = await _feed.CloneAsync("first");

        // Of what it prints, the time and the rate differ.
        var output = await Feed.RunAsync("bash", clone, [Feed.WithoutAnalyzers], "-c", $"{command} 2>&1");

        Assert.That(File.ReadLines(Path.Combine(clone, "events.ndjson")).Count(), Is.EqualTo(10_000));
        Assert.That(Expected(output), Is.EqualTo(Expected(Readme.Top.CodeBlocks("text").First())));

        static string Expected(string text) => Regex.Replace(text.Trim(), @"in [0-9.]+ s \([0-9,]+ events/s\)", "in TIME");
    }

    [Test, CancelAfter(Limit)]
    public async Task A_console_application_runs_the_quick_start()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        var snippet = Readme.Library.SnippetAfter("## Quick start");
        const string Client = "new ExportClient(Environment.GetEnvironmentVariable(\"CROCT_API_KEY\")!)";
        Assert.That(snippet, Does.Contain(Client));

        // The only changes: the address of the sandbox, and a date for which it has events.
        const string SandboxClient =
            "new ExportClient(new ExportClientOptions { ApiKey = Environment.GetEnvironmentVariable(\"CROCT_API_KEY\"), BaseAddress = new Uri(args[0]) })";
        var program = snippet
            .Replace(Client, SandboxClient, StringComparison.Ordinal)
            .Replace(
                "new DateTimeOffset(DateTime.UtcNow.Date, TimeSpan.Zero)", "new DateTimeOffset(2024, 1, 2, 0, 0, 0, TimeSpan.Zero)", StringComparison.Ordinal);
        var asIs = _feed.CreateProject("quick-start", ("quick-start.csproj", Project("net10.0", "Croct.Export")), ("Program.cs", snippet));
        var folder = _feed.CreateProject("console", ("console.csproj", Project("net10.0", "Croct.Export")), ("Program.cs", program));

        await Feed.DotnetAsync(asIs, "build");
        await Feed.DotnetAsync(folder, "build");
        var output = await Feed.RunAsync("dotnet", folder, [("CROCT_API_KEY", sandbox.ApiKey)], "run", "--no-build", "--", sandbox.BaseAddress.ToString());

        Assert.That(output.Split('\n').Count(line => line.StartsWith("2024-01-01T", StringComparison.Ordinal)), Is.GreaterThan(50));
    }

    [Test, CancelAfter(Limit)]
    public async Task A_netstandard_library_and_the_sandbox_work_in_one_process()
    {
        _feed.CreateProject(
            "library",
            (
                "library.csproj",
                Project("netstandard2.0", "Croct.Export", "Croct.Export.DependencyInjection")
                    .Replace("</PropertyGroup>", "<LangVersion>latest</LangVersion></PropertyGroup>", StringComparison.Ordinal)),
            ("Orders.cs", """
                using System.Collections.Generic;
                using Croct.Export;
                using Croct.Export.Models;
                using Microsoft.Extensions.DependencyInjection;

                public class Orders(ExportClient client)
                {
                    public static Orders Of(System.Uri address, string key) =>
                        new(new ExportClient(new ExportClientOptions { ApiKey = key, BaseAddress = address, TimeProvider = System.TimeProvider.System }));

                    public async IAsyncEnumerable<decimal> TotalsAsync()
                    {
                        await foreach (var e in client.ExportAllEventsAsync(new EventExportOptions { Events = [EventType.OrderPlaced] }))
                        {
                            if (e.Payload is OrderPlaced { Order.Total: { } total }) yield return total;
                        }
                    }

                    public static void Add(IServiceCollection services) => services.AddCroctExport(options => options.ApiKey = "key");
                }
                """));
        var folder = _feed.CreateProject(
            "in-process",
            (
                "in-process.csproj",
                Project("net10.0", "Croct.Export.Sandbox")
                    .Replace("<ItemGroup>", "<ItemGroup><ProjectReference Include=\"../library/library.csproj\" />", StringComparison.Ordinal)),
            ("Program.cs", """
                using Croct.Export.Sandbox;

                await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000 });
                var (orders, sum) = (0, 0m);
                await foreach (var total in Orders.Of(sandbox.BaseAddress, sandbox.ApiKey).TotalsAsync())
                {
                    orders++;
                    sum += total;
                }

                Console.WriteLine(orders > 10 && sum > 0 && sandbox.Requests.Count > 0 ? "orders from the sandbox" : $"{orders} orders, {sum}");
                """));

        await Feed.DotnetAsync(folder, "build");
        var output = await Feed.RunAsync("dotnet", folder, [], "run", "--no-build");

        Assert.That(output, Does.Contain("orders from the sandbox"));
    }

    [Test, CancelAfter(Limit)]
    public async Task A_host_runs_the_nightly_export()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 2500 });
        var snippet = Readme.DependencyInjection.Snippets.First();
        const string Next = "now.Date.AddHours(now.Hour < 3 ? 3 : 27)";
        Assert.That(snippet, Does.Contain(Next));
        var folder = _feed.CreateProject(
            "host",
            (
                "host.csproj",
                Project("net10.0", "Croct.Export.DependencyInjection")
                    .Replace("<ItemGroup>", "<ItemGroup><FrameworkReference Include=\"Microsoft.AspNetCore.App\" />", StringComparison.Ordinal)),
            ("Program.cs", snippet.Replace(Next, "now", StringComparison.Ordinal)),
            ("appsettings.json", """{ "CroctExport": { "DefaultPageSize": 1000 } }"""));

        await Feed.DotnetAsync(folder, "build");
        var lines = await Feed.ReadLinesUntilAsync(
            " 0 events", "dotnet", folder, [("CroctExport__ApiKey", sandbox.ApiKey), ("CroctExport__BaseAddress", sandbox.BaseAddress.ToString())],
            Path.Combine(folder, "bin", "Debug", "net10.0", "host.dll"));

        Assert.That(
            lines.Where(line => line.EndsWith(" events", StringComparison.Ordinal)).Select(line => line.Trim()),
            Is.EqualTo((string[])["1000 events", "1000 events", "500 events", "0 events"]));
    }

    [Test, CancelAfter(Limit)]
    public async Task The_tool_installs_and_exports()
    {
        var folder = _feed.CreateProject("tool");
        await Feed.DotnetAsync(folder, "tool", "install", "Croct.Export.Cli", "--tool-path", "bin", "--version", _feed.Version);

        var output = await Feed.RunAsync(
            Path.Combine(folder, "bin", "croct-export"), folder, [], "sessions", "--sandbox", "--sandbox-items", "1234", "--quiet");

        Assert.That(output.Split('\n')[..^1], Has.Length.EqualTo(1234));
    }

    /// <summary>The source link of symbols, and the documents that they name, embedded or to be downloaded.</summary>
    private static async Task<(string Link, List<(string Name, bool IsEmbedded)> Documents)> SourcesOfAsync(ZipArchiveEntry entry)
    {
        var (sourceLink, embeddedSource) = (new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A"), new Guid("0E8A571B-6926-466E-B4AD-8AB04611F5FE"));
        var memory = new MemoryStream();
        await using (var stream = await entry.OpenAsync()) await stream.CopyToAsync(memory);
        memory.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(memory);
        var reader = provider.GetMetadataReader();
        var link = Encoding.UTF8.GetString(reader.GetBlobBytes(InformationOf(EntityHandle.ModuleDefinition, sourceLink).Single().Value));
        return (link, [.. reader.Documents.Select(handle => (reader.GetString(reader.GetDocument(handle).Name), InformationOf(handle, embeddedSource).Any()))]);

        IEnumerable<CustomDebugInformation> InformationOf(EntityHandle of, Guid kind) =>
            reader.GetCustomDebugInformation(of).Select(reader.GetCustomDebugInformation).Where(information => reader.GetGuid(information.Kind) == kind);
    }

    private static void Describe(ZipArchive package, StringBuilder text)
    {
        using var nuspec = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        var metadata = XDocument.Load(nuspec).Root!.Elements().Single();
        string[] described = ["authors", "description", "projectUrl", "license", "readme", "icon", "tags", "releaseNotes", "packageTypes"];
        foreach (var element in metadata.Elements().Where(element => described.Contains(element.Name.LocalName)))
        {
            var value = element.HasElements ? element.Elements().Single().Attribute("name")!.Value : element.Value;
            text.Append(element.Name.LocalName).Append(": ").Append(value).Append('\n');
        }

        var repository = metadata.Elements().Single(element => element.Name.LocalName == "repository");
        var attributes = repository.Attributes().Select(attribute => attribute.Value.Replace(_feed.Commit, "COMMIT", StringComparison.Ordinal));
        text.Append("repository: ").AppendJoin(' ', attributes).Append('\n');
        foreach (var group in metadata.Descendants().Where(element => element.Name.LocalName == "group"))
        {
            text.Append("for ").Append(group.Attribute("targetFramework")!.Value).Append(":\n");
            foreach (var dependency in group.Elements())
            {
                var version = dependency.Attribute("version")?.Value;
                text.Append("  ").Append((dependency.Attribute("id") ?? dependency.Attribute("name"))!.Value);
                if (version is not null) text.Append(' ').Append(version.StartsWith("0.0.0-test", StringComparison.Ordinal) ? "VERSION" : version);
                text.Append('\n');
            }
        }
    }

    private static string Project(string framework, params string[] packages) =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup><TargetFramework>{framework}</TargetFramework>{(framework == "net10.0" ? "<OutputType>Exe</OutputType>" : "")}{Strict}</PropertyGroup>
          <ItemGroup>{string.Concat(packages.Select(package => $"<PackageReference Include=\"{package}\" Version=\"{_feed.Version}\" />"))}</ItemGroup>
        </Project>
        """;
}
