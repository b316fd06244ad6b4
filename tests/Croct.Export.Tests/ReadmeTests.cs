using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Croct.Export.Tests;

/// <summary>The statements and snippets of README.</summary>
public class ReadmeTests
{
    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; " +
        "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    private static IEnumerable<TestCaseData> Snippets() =>
        Readme.SnippetsOf(Readme.Text)
            .Select((snippet, index) => new TestCaseData(snippet) { TestName = $"Compiles: snippet {index + 1}" });

    [TestCaseSource(nameof(Snippets))]
    public void Compiles(string snippet) =>
        Assert.That(Compile(snippet).GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning), Is.Empty);

    [Test]
    public void Shows_snippets() => Assert.That(Snippets().Count(), Is.GreaterThanOrEqualTo(6));

    [TestCase("The methods of `ExportClient` are virtual", "2")]
    [TestCase("To test the requests too", "e1")]
    [NonParallelizable] // Redirects the console output of this process.
    public void Shows_how_to_test_code_that_uses_the_client(string paragraph, string output)
    {
        var program = Load(Readme.SnippetsOf(Readme.Text[Readme.Text.IndexOf(paragraph, StringComparison.Ordinal)..]).First()).EntryPoint!;
        var (before, written) = (Console.Out, new StringWriter());
        Console.SetOut(written);
        try
        {
            program.Invoke(null, program.GetParameters().Length == 0 ? null : [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(before);
        }

        Assert.That(written.ToString().Trim(), Is.EqualTo(output));
    }

    [TestCase("2026-11-24T00:00:00", "2026-11-24T03:00:00")]
    [TestCase("2026-11-24T02:59:59", "2026-11-24T03:00:00")]
    [TestCase("2026-11-24T03:00:00", "2026-11-25T03:00:00")]
    [TestCase("2026-12-31T23:30:00", "2027-01-01T03:00:00")]
    public void Shows_a_nightly_export_that_skips_no_night(string now, string next)
    {
        var nightly = Readme.SnippetsOf(Readme.Text).Single(snippet =>
            snippet.Contains("NightlyExport", StringComparison.Ordinal) && snippet.Contains("NextRun", StringComparison.Ordinal));
        var method = Load(nightly).GetType("NightlyExport", throwOnError: true)!
            .GetMethod("NextRun", BindingFlags.Public | BindingFlags.Static)!;

        Assert.That(method.Invoke(null, [DateTime.Parse(now, CultureInfo.InvariantCulture)]), Is.EqualTo(DateTime.Parse(next, CultureInfo.InvariantCulture)));
    }

    [Test]
    public void Lists_every_fault_of_the_sandbox() =>
        Assert.That(
            SandboxFault.Kinds.Select(kind => $"| `{kind.Name}` | {kind.Summary} | {kind.Settings} |")
                .Where(row => !Readme.Text.Contains(row, StringComparison.Ordinal)),
            Is.Empty);

    [TestCase("events")]
    [TestCase("all")]
    public async Task Lists_every_option_of_the_exporter_with_its_default(string command)
    {
        var options = await GetOptionsAsync(command);

        Assert.That(options, Has.Count.GreaterThan(15));
        Assert.That(options.Values.Count(value => value.Length > 0), Is.GreaterThan(5));
        Assert.Multiple(() =>
        {
            foreach (var (option, value) in options)
            {
                Assert.That(
                    GetDefault(option),
                    value.Length == 0 ? Is.Not.Null : Is.EqualTo(value == "https://api.croct.io/export" ? "production" : value).IgnoreCase,
                    option);
            }
        });
    }

    [Test]
    public async Task Marks_the_options_that_do_not_apply_to_all_streams_at_once()
    {
        var marked = Readme.Rows.Where(cells => cells[0].EndsWith("(not all)", StringComparison.Ordinal))
            .SelectMany(cells => Readme.CodesOf(cells[0]))
            .Where(name => name.StartsWith("--", StringComparison.Ordinal));

        Assert.That(marked, Is.EquivalentTo((await GetOptionsAsync("events")).Keys.Except((await GetOptionsAsync("all")).Keys)));
    }

    [Test]
    public void Lists_every_option_of_the_client_with_its_default()
    {
        var options = new ExportClientOptions();
        var defaults = new Dictionary<string, string?>
        {
            ["ApiKey"] = options.ApiKey ?? "one is needed",
            ["ApiKeyProvider"] = options.ApiKeyProvider is null ? "one is needed" : null,
            ["BaseAddress"] = options.BaseAddress.AbsoluteUri,
            ["DefaultPageSize"] = $"{options.DefaultPageSize}",
            ["TimeUnit"] = $"{options.TimeUnit}",
            ["ReadAhead"] = $"{options.ReadAhead}",
            ["MaxRetries"] = $"{options.MaxRetries}",
            ["RetryBaseDelay"] = $"{options.RetryBaseDelay.TotalSeconds} s",
            ["OnRetry"] = options.OnRetry is null ? "none" : null,
            ["AttemptTimeout"] = $"{options.AttemptTimeout.TotalSeconds} s",
            ["MaxRetryDelay"] = $"{options.MaxRetryDelay.TotalMinutes} min",
            ["MaxResponseBytes"] = $"{options.MaxResponseBytes / 1024 / 1024} MiB",
            ["ApplicationName"] = options.ApplicationName ?? "none",
            ["HttpMessageHandler"] = options.HttpMessageHandler is null ? "own, no redirects" : null,
            ["TimeProvider"] = options.TimeProvider == TimeProvider.System ? "the system's" : null,
        };

        Assert.That(
            defaults.Keys,
            Is.EquivalentTo(
                typeof(ExportClientOptions).GetProperties().Where(property => property.CanWrite).Select(property => property.Name)));
        Assert.That(defaults.ToDictionary(option => option.Key, option => GetDefault(option.Key)), Is.EqualTo(defaults));
    }

    /// <summary>The options of a command of the exporter, with their defaults; empty if there is none.</summary>
    private static async Task<Dictionary<string, string>> GetOptionsAsync(string command)
    {
        using var exporter = new CommandLine.Exporter();
        var options = Regex
            .Matches(
                (await exporter.RunAsync(command, "--help")).Split("Options:")[^1],
                @"^  (?:-., )?(--[a-z-]+)(?:(?!^  -).)*",
                RegexOptions.Multiline | RegexOptions.Singleline)
            .ToDictionary(
                match => match.Groups[1].Value,
                match => Regex.Match(Regex.Replace(match.Value, @"\s+", " "), @"\[default: ([^\]]*)\]").Groups[1].Value);
        options.Remove("--help");
        return options;
    }

    /// <summary>The default that README gives for an option; null if no table lists it. A row may describe several options.</summary>
    private static string? GetDefault(string option)
    {
        foreach (var cells in Readme.Rows.Where(cells => cells.Length == 4 && cells[0].StartsWith('`')))
        {
            var names = Readme.CodesOf(cells[0]).Where(name => name.StartsWith("--", StringComparison.Ordinal) || name[0] != '-').ToList();
            if (!names.Contains(option)) continue;
            var defaults = cells[2].Replace("`", "", StringComparison.Ordinal).Split(", ");
            return names.Count > 1 && defaults.Length == names.Count ? defaults[names.IndexOf(option)] : string.Join(", ", defaults);
        }

        return null;
    }

    private static CSharpCompilation Compile(string snippet)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var kind = snippet.Contains("[Test]", StringComparison.Ordinal) ? OutputKind.DynamicallyLinkedLibrary : OutputKind.ConsoleApplication;
        var options = new CSharpCompilationOptions(
            kind,
            nullableContextOptions: NullableContextOptions.Enable,
            specificDiagnosticOptions: [KeyValuePair.Create("CS1701", ReportDiagnostic.Suppress)]); // As in the SDK.
        return CSharpCompilation.Create("Snippet", [CSharpSyntaxTree.ParseText(Usings), CSharpSyntaxTree.ParseText(snippet)], references, options);
    }

    internal static Assembly Load(string snippet)
    {
        using var image = new MemoryStream();
        Assert.That(Compile(snippet).Emit(image).Success, Is.True);
        return Assembly.Load(image.ToArray());
    }
}
