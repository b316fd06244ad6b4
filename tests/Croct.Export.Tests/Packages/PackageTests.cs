using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Croct.Export.Sandbox;
using VerifyNUnit;

namespace Croct.Export.Tests.Packages;

/// <summary>The packages as others get them: what is in them, and projects outside the repository that use them.</summary>
public class PackageTests
{
    private const string Strict = "<Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings><TreatWarningsAsErrors>true</TreatWarningsAsErrors>";

    private Feed _feed = null!;

    [OneTimeSetUp]
    public async Task Pack() => _feed = await Feed.PackAsync();

    [OneTimeTearDown]
    public void Remove() => _feed?.Dispose();

    [Test]
    public async Task Hold_and_depend_on_what_is_meant_and_nothing_else()
    {
        var text = new StringBuilder();
        foreach (var path in Directory.GetFiles(_feed.Folder).Order(StringComparer.Ordinal))
        {
            using var package = await ZipFile.OpenReadAsync(path);
            text.Append("# ").Append(Path.GetFileName(path).Replace(_feed.Version, "VERSION", StringComparison.Ordinal)).Append('\n');
            foreach (var entry in package.Entries.Select(entry => entry.FullName).Where(name => !name.StartsWith("package/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            {
                text.Append(entry).Append('\n');
            }

            if (path.EndsWith(".nupkg", StringComparison.Ordinal)) Describe(package, text);
            text.Append('\n');
        }

        await Verifier.Verify(text.ToString());
    }

    [Test]
    public async Task Are_the_same_bytes_when_they_are_built_anew()
    {
        var once = await BuildAnewAsync();
        var again = await BuildAnewAsync();

        Assert.That(once, Has.Count.EqualTo(4));
        Assert.That(again, Is.EqualTo(once));

        async Task<List<string>> BuildAnewAsync()
        {
            var folder = Directory.CreateDirectory(Path.Combine(_feed.Folder, "..", Guid.NewGuid().ToString("n"))).FullName;
            const string Top = "src/Croct.Export.DependencyInjection";
            await InRepositoryAsync("build", Top, "-c", "Release", "--no-incremental", $"-p:Version={_feed.Version}");
            foreach (var project in (string[])["src/Croct.Export", Top]) await InRepositoryAsync("pack", project, "-c", "Release", "--no-build", "-o", folder, $"-p:Version={_feed.Version}");
            return [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}")];
        }

        static Task InRepositoryAsync(params string[] arguments) => Feed.RunAsync("dotnet", Repository.PathOf("."), [("SOURCE_DATE_EPOCH", "1700000000")], arguments);
    }

    [Test]
    public async Task A_console_application_runs_the_quick_start()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        var snippet = Regex.Match(Repository.Read("README.md"), "## Quick start\n\n```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        const string Client = "new ExportClient(Environment.GetEnvironmentVariable(\"CROCT_API_KEY\")!)";
        Assert.That(snippet, Does.Contain(Client));

        // The one line that says where the data are; and the sandbox's are not of yesterday.
        var program = snippet
            .Replace(Client, "new ExportClient(new ExportClientOptions { ApiKey = Environment.GetEnvironmentVariable(\"CROCT_API_KEY\"), BaseAddress = new Uri(args[0]) })", StringComparison.Ordinal)
            .Replace("new DateTimeOffset(DateTime.UtcNow.Date, TimeSpan.Zero)", "new DateTimeOffset(2024, 1, 2, 0, 0, 0, TimeSpan.Zero)", StringComparison.Ordinal);
        var asIs = _feed.CreateProject("quick-start", ("quick-start.csproj", Project("net10.0", "Croct.Export")), ("Program.cs", snippet));
        var folder = _feed.CreateProject("console", ("console.csproj", Project("net10.0", "Croct.Export")), ("Program.cs", program));

        await Feed.DotnetAsync(asIs, "build");
        await Feed.DotnetAsync(folder, "build");
        var output = await Feed.RunAsync("dotnet", folder, [("CROCT_API_KEY", sandbox.ApiKey)], "run", "--no-build", "--", sandbox.BaseAddress.ToString());

        Assert.That(output.Split('\n').Count(line => line.StartsWith("2024-01-01T", StringComparison.Ordinal)), Is.GreaterThan(50));
    }

    [Test]
    public async Task A_netstandard_library_compiles_against_the_client()
    {
        var folder = _feed.CreateProject(
            "library",
            ("library.csproj", Project("netstandard2.0", "Croct.Export", "Croct.Export.DependencyInjection").Replace("</PropertyGroup>", "<LangVersion>latest</LangVersion></PropertyGroup>", StringComparison.Ordinal)),
            ("Orders.cs", """
                using System.Collections.Generic;
                using Croct.Export;
                using Croct.Export.Models;
                using Microsoft.Extensions.DependencyInjection;

                public class Orders(ExportClient client)
                {
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

        await Feed.DotnetAsync(folder, "build");
    }

    [Test]
    public async Task A_host_gets_the_client_from_its_services()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        var folder = _feed.CreateProject(
            "host",
            ("host.csproj", Project("net10.0", "Croct.Export.DependencyInjection").Replace("<ItemGroup>", "<ItemGroup><FrameworkReference Include=\"Microsoft.AspNetCore.App\" />", StringComparison.Ordinal)),
            ("Program.cs", """
                using Croct.Export;
                using Microsoft.Extensions.DependencyInjection;
                using Microsoft.Extensions.Hosting;

                var builder = Host.CreateApplicationBuilder(args);
                builder.Services.AddCroctExport(builder.Configuration.GetSection("CroctExport"));
                using var host = builder.Build();
                await host.StartAsync();
                var client = host.Services.GetRequiredService<ExportClient>();
                var page = await client.ExportUsersAsync();
                Console.WriteLine($"{page.Count} users");
                await host.StopAsync();
                """));

        await Feed.DotnetAsync(folder, "build");
        var output = await Feed.RunAsync(
            "dotnet", folder, [("CroctExport__ApiKey", sandbox.ApiKey), ("CroctExport__BaseAddress", sandbox.BaseAddress.ToString()), ("CroctExport__DefaultPageSize", "42")], "run", "--no-build");

        Assert.That(output, Does.Contain("42 users"));
    }

    [Test]
    public async Task The_tool_installs_and_exports()
    {
        var folder = _feed.CreateProject("tool");
        await Feed.DotnetAsync(folder, "tool", "install", "Croct.Export.Cli", "--tool-path", "bin", "--version", _feed.Version);

        var output = await Feed.RunAsync(Path.Combine(folder, "bin", "croct-export"), folder, [], "sessions", "--sandbox", "--sandbox-items", "1234", "--quiet");

        Assert.That(output.Split('\n')[..^1], Has.Length.EqualTo(1234));
    }

    private static void Describe(ZipArchive package, StringBuilder text)
    {
        using var nuspec = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        var metadata = XDocument.Load(nuspec).Root!.Elements().Single();
        foreach (var element in metadata.Elements().Where(element => element.Name.LocalName is "license" or "readme" or "icon" or "tags" or "releaseNotes" or "packageTypes"))
        {
            text.Append(element.Name.LocalName).Append(": ").Append(element.HasElements ? element.Elements().Single().Attribute("name")!.Value : element.Value).Append('\n');
        }

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

    private string Project(string framework, params string[] packages) =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup><TargetFramework>{framework}</TargetFramework>{(framework == "net10.0" ? "<OutputType>Exe</OutputType>" : "")}{Strict}</PropertyGroup>
          <ItemGroup>{string.Concat(packages.Select(package => $"<PackageReference Include=\"{package}\" Version=\"{_feed.Version}\" />"))}</ItemGroup>
        </Project>
        """;
}
