using System.Globalization;
using System.Text.RegularExpressions;

namespace Croct.Export.Tests.Habits;

/// <summary>How the repository's own text reads.</summary>
public class SourceTests
{
    private static readonly string[] Folders = ["src", "build", "tests", "openapi", ".github"];

    [Test]
    public void No_line_is_longer_than_editorconfig_says()
    {
        var stated = Regex.Match(Repository.Read(".editorconfig"), @"\[\*\.cs\][^\[]*max_line_length = (\d+)").Groups[1].Value;
        var limit = int.Parse(stated, CultureInfo.InvariantCulture);

        var longer =
            from file in Files("*.cs")
            from line in File.ReadLines(file).Select((text, index) => (text.Length, Number: index + 1))
            where line.Length > limit
            select $"{file}:{line.Number} has {line.Length} characters";

        Assert.That(Files("*.cs").Count(), Is.GreaterThan(200));
        Assert.That(longer, Is.Empty);
    }

    [Test]
    public void No_text_has_an_expression_that_is_to_be_avoided()
    {
        var avoided = File.ReadLines(Repository.PathOf("tests/avoided-words.txt")).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t'))
            .Select(cells => (Pattern: new Regex(cells[0], RegexOptions.IgnoreCase | RegexOptions.CultureInvariant), Instead: cells[1]))
            .ToList();
        string[] texts =
        [
            .. Files("*.cs", "src", "build"), .. Files("*.md"), .. Files("*.yaml", "openapi"), .. Files("*.liquid"), .. Files("*.props"), .. Files("*.targets"),
            Repository.PathOf("README.md"),
        ];

        var found =
            from file in texts
            from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
            from expression in avoided
            where expression.Pattern.IsMatch(line.Text)
            select $"{file}:{line.Number} has '{expression.Pattern.Match(line.Text).Value}'; write: {expression.Instead}";

        Assert.That(avoided, Has.Count.GreaterThan(20));
        Assert.That(texts, Has.Length.GreaterThan(150));
        Assert.That(found, Is.Empty);
    }

    private static IEnumerable<string> Files(string pattern, params string[] folders) =>
        (folders.Length == 0 ? Folders : folders)
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), pattern, SearchOption.AllDirectories))
            .Where(file => !Regex.IsMatch(Path.GetRelativePath(Repository.PathOf("."), file), @"[\\/](obj|bin|StrykerOutput|TestResults)[\\/]"));
}
