using System.Globalization;
using System.Text.RegularExpressions;

namespace Croct.Export.Cli.Destinations;

/// <summary>A file name in which <c>{run}</c> and <c>{date}</c> stand for the number and the date (UTC) of the run.</summary>
internal static partial class NamePattern
{
    public const string Run = "{run}";
    public const string Date = "{date}";

    public static bool HasRun(string name) => name.Contains(Run, StringComparison.Ordinal);

    public static bool HasPlaceholder(string name) => HasRun(name) || name.Contains(Date, StringComparison.Ordinal);

    /// <summary>The first word in braces that is not a placeholder, but was surely meant as one; null if there is none.</summary>
    public static string? FindUnknownPlaceholder(string name) =>
        Placeholder().Matches(name).Select(match => match.Value).FirstOrDefault(word => word is not (Run or Date));

    public static string Fill(string name, int run, DateTimeOffset now) => name
        .Replace(Run, run.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace(Date, now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal);

    [GeneratedRegex(@"\{[^{}/\\]+\}")]
    private static partial Regex Placeholder();
}
