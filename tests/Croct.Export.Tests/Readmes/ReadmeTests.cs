using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Croct.Export.Tests.Readmes;

/// <summary>What the READMEs say and show.</summary>
public class ReadmeTests
{
    // What the SDK makes global for a program.
    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; " +
        "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    private static IEnumerable<TestCaseData> Snippets() =>
        from readme in Readme.All
        from snippet in readme.Snippets.Select((text, index) => (Text: text, Number: index + 1))
        select new TestCaseData(snippet.Text) { TestName = $"Compiles: {readme}, snippet {snippet.Number}" };

    [TestCaseSource(nameof(Snippets))]
    public void Compiles(string snippet) =>
        Assert.That(Compile(snippet).GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning), Is.Empty);

    [Test]
    public void Show_snippets() => Assert.That(Snippets().Count(), Is.GreaterThanOrEqualTo(12));

    [Test]
    public void The_one_at_the_top_is_short() => Assert.That(new FileInfo(Repository.PathOf(Readme.Top.Path)).Length, Is.LessThan(12_000));

    [Test]
    public void Point_to_files_and_headings_that_exist() => Assert.Multiple(() =>
    {
        foreach (var readme in Readme.All)
        {
            foreach (var link in Regex.Matches(readme.Text, @"\]\((?!https://)([^)\s]+)\)").Select(match => match.Groups[1].Value))
            {
                var (file, anchor) = link.Split('#') is [var name, var heading] ? (name, heading) : (link, "");
                var path = file.Length == 0 ? readme.Path : Path.Combine(Path.GetDirectoryName(readme.Path)!, file);
                Assert.That(Path.Exists(Repository.PathOf(path)), Is.True, $"{readme}: {link}");
                if (anchor.Length > 0) Assert.That(AnchorsIn(Repository.Read(path)), Does.Contain(anchor), $"{readme}: {link}");
            }
        }
    });

    // nuget.org shows it without the repository around it.
    [TestCaseSource(typeof(Readme), nameof(Readme.OfPackages))]
    public void One_of_a_package_points_to_no_file(object readme) => Assert.That(Regex.Matches(((Readme)readme).Text, @"\]\((?!https://|#)"), Is.Empty);

    [Test]
    public void Name_only_event_types_that_exist()
    {
        var named = Readme.Library.Table("event type").SelectMany(row => Readme.CodesIn(row[0])).ToList();

        Assert.That(named, Has.Count.GreaterThanOrEqualTo(8).And.SubsetOf(EventType.KnownValues.Select(type => type.Value)));
    }

    [TestCase("The methods of `ExportClient` are virtual", "2")]
    [TestCase("To test the requests too", "e1")]
    [NonParallelizable] // The output of this process is that of the program for a while.
    public void Show_how_to_test_code_that_uses_the_client(string paragraph, string output)
    {
        var program = Load(Readme.Library.SnippetAfter(paragraph)).EntryPoint!;
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
    public void Show_a_nightly_export_that_skips_no_night(string now, string next)
    {
        var method = Load(Readme.DependencyInjection.Snippets.Single(snippet => snippet.Contains("NextRun", StringComparison.Ordinal)))
            .GetType("NightlyExport", throwOnError: true)!.GetMethod("NextRun", BindingFlags.Public | BindingFlags.Static)!;

        Assert.That(method.Invoke(null, [DateTime.Parse(now, CultureInfo.InvariantCulture)]), Is.EqualTo(DateTime.Parse(next, CultureInfo.InvariantCulture)));
    }

    [Test]
    public void List_every_fault_of_the_sandbox() =>
        Assert.That(
            SandboxFault.Kinds.Select(kind => $"| `{kind.Name}` | {kind.Summary} | {kind.Settings} |")
                .Where(row => !Readme.Sandbox.Text.Contains(row, StringComparison.Ordinal)),
            Is.Empty);

    [TestCase("events")]
    [TestCase("all")]
    public async Task List_every_option_of_the_exporter_with_its_default(string command)
    {
        var options = await GetOptionsAsync(command);

        Assert.That(options, Has.Count.GreaterThan(15));
        Assert.That(options.Values.Count(value => value.Length > 0), Is.GreaterThan(5));
        Assert.Multiple(() =>
        {
            foreach (var (option, value) in options)
            {
                var shown = value == "https://api.croct.io/export" ? "production" : value;
                Assert.That(Default(Readme.Exporter, option), value.Length == 0 ? Is.Not.Null : Is.EqualTo(shown).IgnoreCase, option);
            }
        });
    }

    [Test]
    public async Task Say_which_options_all_does_not_have()
    {
        var marked = Readme.Exporter.Rows.Where(cells => cells[0].EndsWith("(not all)", StringComparison.Ordinal))
            .SelectMany(cells => Readme.CodesIn(cells[0])).Where(name => name.StartsWith("--", StringComparison.Ordinal));

        Assert.That(marked, Is.EquivalentTo((await GetOptionsAsync("events")).Keys.Except((await GetOptionsAsync("all")).Keys)));
    }

    [Test]
    public void List_every_option_of_the_client_with_its_default()
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

        var settable = typeof(ExportClientOptions).GetProperties().Where(property => property.CanWrite).Select(property => property.Name);
        Assert.That(defaults.Keys, Is.EquivalentTo(settable));
        Assert.That(defaults.ToDictionary(option => option.Key, option => Default(Readme.Library, option.Key)), Is.EqualTo(defaults));
    }

    /// <summary>The options of a command of the exporter, each with its default or an empty text.</summary>
    private static async Task<Dictionary<string, string>> GetOptionsAsync(string command)
    {
        using var exporter = new CommandLine.Exporter();
        var help = (await exporter.RunAsync(command, "--help")).Split("Options:")[^1];
        var options = Regex.Matches(help, @"^  (?:-., )?(--[a-z0-9-]+)(?:(?!^  -).)*", RegexOptions.Multiline | RegexOptions.Singleline).ToDictionary(
            match => match.Groups[1].Value,
            match => Regex.Match(Regex.Replace(match.Value, @"\s+", " "), @"\[default: ([^\]]*)\]").Groups[1].Value);
        options.Remove("--help");
        return options;
    }

    /// <summary>The default of an option in its table; null if no table has the option. A row may be about several options.</summary>
    private static string? Default(Readme readme, string option)
    {
        foreach (var cells in readme.Rows.Where(cells => cells.Length == 4 && cells[0].StartsWith('`')))
        {
            var names = Readme.CodesIn(cells[0]).Where(name => name.StartsWith("--", StringComparison.Ordinal) || name[0] != '-').ToList();
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
            specificDiagnosticOptions: [KeyValuePair.Create("CS1701", ReportDiagnostic.Suppress)]); // As the SDK has it.
        return CSharpCompilation.Create("Snippet", [CSharpSyntaxTree.ParseText(Usings), CSharpSyntaxTree.ParseText(snippet)], references, options);
    }

    internal static Assembly Load(string snippet)
    {
        using var image = new MemoryStream();
        Assert.That(Compile(snippet).Emit(image).Success, Is.True);
        return Assembly.Load(image.ToArray());
    }

    /// <summary>The anchors that GitHub makes of headings.</summary>
    private static IEnumerable<string> AnchorsIn(string markdown) =>
        Regex.Matches(markdown, "^#+ (.+)$", RegexOptions.Multiline)
            .Select(match => Regex.Replace(match.Groups[1].Value.ToLowerInvariant(), "[^a-z0-9 -]", "").Replace(' ', '-'));
}
