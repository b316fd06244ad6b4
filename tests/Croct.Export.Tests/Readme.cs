using System.Text.RegularExpressions;

namespace Croct.Export.Tests;

/// <summary>README.md, taken apart.</summary>
internal static class Readme
{
    public static string Text { get; } = Repository.Read("README.md");

    /// <summary>The cells of every row of every table, headings too.</summary>
    public static IEnumerable<string[]> Rows => RowsOf(Text);

    /// <summary>The cells of the rows of the first table whose first column has this heading.</summary>
    public static IReadOnlyList<string[]> TableAfter(string header) => [.. RowsOf(From($"\n| {header} |", "\n\n")).Skip(2)];

    /// <summary>What stands under a heading, down to the next one of its kind.</summary>
    public static string SectionOf(string heading) => From($"\n## {heading}\n", "\n## ");

    /// <summary>The paragraph that begins so.</summary>
    public static string ParagraphOf(string start) => From($"\n\n{start}", "\n\n");

    public static IEnumerable<string> SnippetsOf(string text) =>
        Regex.Matches(text, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value);

    /// <summary>What is marked as code within a line.</summary>
    public static IEnumerable<string> CodesOf(string text) => Regex.Matches(text, "`([^`]+)`").Select(match => match.Groups[1].Value);

    private static IEnumerable<string[]> RowsOf(string text) =>
        text.Split('\n').Where(line => line.StartsWith('|')).Select(line => Regex.Split(line, @"(?<!\\)\|")[1..^1].Select(cell => cell.Trim()).ToArray());

    private static string From(string start, string end)
    {
        var from = Text.IndexOf(start, StringComparison.Ordinal);
        Assert.That(from, Is.Not.Negative, $"README.md has no '{start.Trim()}'.");
        from += start.Length - start.TrimStart('\n').Length;
        var to = Text.IndexOf(end, from, StringComparison.Ordinal);
        return to < 0 ? Text[from..] : Text[from..to];
    }
}
