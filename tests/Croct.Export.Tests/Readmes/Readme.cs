using System.Text.RegularExpressions;

namespace Croct.Export.Tests.Readmes;

/// <summary>A README of the repository, taken apart.</summary>
internal sealed class Readme(string path)
{
    public static Readme Top { get; } = new("README.md");

    public static Readme Library { get; } = new("src/Croct.Export/README.md");

    public static Readme DependencyInjection { get; } = new("src/Croct.Export.DependencyInjection/README.md");

    public static Readme Sandbox { get; } = new("src/Croct.Export.Sandbox/README.md");

    public static Readme Exporter { get; } = new("src/Croct.Export.Cli/README.md");

    public static Readme Tests { get; } = new("tests/README.md");

    /// <summary>The READMEs that NuGet shows for the packages.</summary>
    public static IReadOnlyList<Readme> OfPackages { get; } = [Library, DependencyInjection, Sandbox, Exporter];

    public static IReadOnlyList<Readme> All { get; } =
    [
        Top, .. OfPackages, Tests, new("build/README.md"), new("build/CHANGELOG.md"), new(".github/CONTRIBUTING.md"), new(".github/SECURITY.md"),
    ];

    public string Path => path;

    public string Text { get; } = Repository.Read(path);

    /// <summary>The cells of every row of every table, headings included.</summary>
    public IEnumerable<string[]> Rows => RowsIn(Text);

    public IEnumerable<string> Snippets => CodeBlocks("csharp");

    /// <summary>The commands of the blocks for a shell, without the comments after them.</summary>
    public IEnumerable<string> Commands =>
        CodeBlocks("sh").SelectMany(block => block.Split('\n')).Select(line => Regex.Replace(line, @"\s+# .*$", "").Trim()).Where(line => line.Length > 0);

    public static IEnumerable<string> CodesIn(string text) => Regex.Matches(text, "`([^`]+)`").Select(match => match.Groups[1].Value);

    public IEnumerable<string> CodeBlocks(string language) =>
        Regex.Matches(Text, $"^ *```{language}\n(.*?)^ *```", RegexOptions.Singleline | RegexOptions.Multiline).Select(match => match.Groups[1].Value);

    /// <summary>The rows of the first table whose first column has this heading.</summary>
    public IReadOnlyList<string[]> Table(string heading) => [.. RowsIn(From($"\n| {heading} |", "\n\n")).Skip(2)];

    /// <summary>The first snippet after a text.</summary>
    public string SnippetAfter(string text)
    {
        var start = Text.IndexOf(text, StringComparison.Ordinal);
        Assert.That(start, Is.Not.Negative, $"{path} has no '{text}'.");
        return Snippets.First(snippet => Text.IndexOf(snippet, StringComparison.Ordinal) > start);
    }

    public string Paragraph(string start) => From($"\n\n{start}", "\n\n");

    public override string ToString() => path;

    private static IEnumerable<string[]> RowsIn(string text) =>
        text.Split('\n').Where(line => line.StartsWith('|')).Select(line => Regex.Split(line, @"(?<!\\)\|")[1..^1].Select(cell => cell.Trim()).ToArray());

    private string From(string start, string end)
    {
        var from = Text.IndexOf(start, StringComparison.Ordinal);
        Assert.That(from, Is.Not.Negative, $"{path} has no '{start.Trim()}'.");
        from += start.Length - start.TrimStart('\n').Length;
        var to = Text.IndexOf(end, from, StringComparison.Ordinal);
        return to < 0 ? Text[from..] : Text[from..to];
    }
}
