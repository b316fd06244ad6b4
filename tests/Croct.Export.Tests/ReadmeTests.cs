using System.Text.RegularExpressions;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Croct.Export.Tests;

public class ReadmeTests
{
    private const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    private static IEnumerable<TestCaseData> Snippets() => Regex.Matches(Repository.Read("README.md"), "```csharp\n(.*?)```", RegexOptions.Singleline)
        .Select((match, index) => new TestCaseData(match.Groups[1].Value) { TestName = $"Compiles: snippet {index + 1}" });

    [TestCaseSource(nameof(Snippets))]
    public void Compiles(string snippet)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var kind = snippet.Contains("[Test]", StringComparison.Ordinal) ? OutputKind.DynamicallyLinkedLibrary : OutputKind.ConsoleApplication;
        var options = new CSharpCompilationOptions(
            kind,
            nullableContextOptions: NullableContextOptions.Enable,
            specificDiagnosticOptions: [KeyValuePair.Create("CS1701", ReportDiagnostic.Suppress)]); // As the SDK has it.
        var compilation = CSharpCompilation.Create(
            "Snippet", [CSharpSyntaxTree.ParseText(Usings), CSharpSyntaxTree.ParseText(snippet)], references, options);

        Assert.That(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning), Is.Empty);
    }

    [Test]
    public void Shows_snippets() => Assert.That(Snippets().Count(), Is.GreaterThanOrEqualTo(6));

    [Test]
    public void Lists_every_type_of_event() =>
        Assert.That(EventType.KnownValues.Select(type => $"`{type}`").Where(type => !Repository.Read("README.md").Contains(type, StringComparison.Ordinal)), Is.Empty);

    [Test]
    public void Lists_every_fault_of_the_sandbox() =>
        Assert.That(
            SandboxFault.Kinds.Select(kind => $"| `{kind.Name}` | {kind.Summary} | {kind.Settings} |").Where(row => !Repository.Read("README.md").Contains(row, StringComparison.Ordinal)),
            Is.Empty);

    [TestCase("events")]
    [TestCase("sessions")]
    [TestCase("users")]
    public async Task Lists_every_column(string stream)
    {
        using var exporter = new CommandLine.Exporter();

        Assert.That(Repository.Read("README.md"), Does.Contain((await exporter.RunAsync("schema", stream)).Trim()));
    }

    [TestCase("events")]
    [TestCase("all")]
    public async Task Lists_every_option_of_the_exporter(string command)
    {
        using var exporter = new CommandLine.Exporter();
        var options = Regex.Matches(await exporter.RunAsync(command, "--help"), "^ +(?:-., )?(--[a-z-]+)", RegexOptions.Multiline).Select(match => match.Groups[1].Value).ToList();

        Assert.That(options, Has.Count.GreaterThan(15));
        Assert.That(options.Where(option => option is not "--help" && !Repository.Read("README.md").Contains($"`{option}`", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Lists_every_option_of_the_client() =>
        Assert.That(
            typeof(ExportClientOptions).GetProperties().Where(property => property.CanWrite && !Repository.Read("README.md").Contains($"`{property.Name}`", StringComparison.Ordinal)),
            Is.Empty);
}
