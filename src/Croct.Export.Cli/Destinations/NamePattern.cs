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

    /// <summary>Checks that an output has no word in braces that is not a placeholder: it was surely meant as one.</summary>
    /// <exception cref="UsageException">It has.</exception>
    public static void CheckPlaceholders(string output)
    {
        if (Placeholder().Matches(output).Select(match => match.Value).FirstOrDefault(word => word is not (Run or Date)) is not { } unknown) return;
        throw new UsageException($"--output '{output}' contains {unknown}; the placeholders are {Run} and {Date}.");
    }

    public static string Fill(string name, int run, DateTimeOffset now) => name
        .Replace(Run, run.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace(Date, now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal);

    [GeneratedRegex(@"\{[^{}/\\]+\}")]
    private static partial Regex Placeholder();
}
