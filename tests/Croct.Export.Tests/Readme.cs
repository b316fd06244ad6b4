using System.Text.RegularExpressions;

namespace Croct.Export.Tests;

/// <summary>The parts of README.md.</summary>
internal static class Readme
{
    public static string Text { get; } = Repository.Read("README.md");

    /// <summary>The cells of all rows of all tables, including the headings.</summary>
    public static IEnumerable<string[]> Rows => RowsOf(Text);

    /// <summary>The cells of the rows of the first table with this heading in its first column.</summary>
    public static IReadOnlyList<string[]> TableAfter(string header) => [.. RowsOf(From($"\n| {header} |", "\n\n")).Skip(2)];

    /// <summary>The text under a heading, up to the next one of the same level.</summary>
    public static string SectionOf(string heading) => From($"\n## {heading}\n", "\n## ");

    /// <summary>The paragraph that begins with this text.</summary>
    public static string ParagraphOf(string start) => From($"\n\n{start}", "\n\n");

    public static IEnumerable<string> SnippetsOf(string text) =>
        Regex.Matches(text, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value);

    /// <summary>The inline code in a text.</summary>
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
