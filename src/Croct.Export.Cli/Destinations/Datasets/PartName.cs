using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>The name of a part: of the chain of parts, or of one that repairs it.</summary>
/// <param name="Number">The number in the chain, from 1; null for a repair.</param>
/// <param name="Hash">A hash of the cursor that the part starts at; for a repair, of the parts that it was found against.</param>
/// <param name="Extension">The extension, with its point.</param>
internal readonly partial record struct PartName(int? Number, string Hash, string Extension)
{
    public override string ToString() => Number is { } number
        ? string.Create(CultureInfo.InvariantCulture, $"part-{number:000000}-{Hash}{Extension}")
        : $"part-repair-{Hash}{Extension}";

    /// <summary>The next part of the chain.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="cursor">The cursor that it starts at; null for the beginning of the window.</param>
    /// <param name="extension">The extension of the format.</param>
    public static PartName At(int number, string? cursor, string extension) => new(number, HashOf(cursor ?? ""), extension);

    /// <summary>The repair of what is missing in these parts. Two repairs at the same time have the same name, so that only one is created.</summary>
    public static PartName RepairOf(IEnumerable<PartName> parts, string extension) =>
        new(Number: null, HashOf(string.Join('\n', parts.Select(part => part.ToString()).Order(StringComparer.Ordinal))), extension);

    /// <summary>Parses the name of a file; returns null if it is not that of a part.</summary>
    public static PartName? Parse(string name) => Syntax().Match(name) is { Success: true } match
        ? new PartName(
            match.Groups["number"] is { Success: true } number ? int.Parse(number.Value, CultureInfo.InvariantCulture) : null,
            match.Groups["hash"].Value,
            match.Groups["extension"].Value)
        : null;

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    [GeneratedRegex(@"\Apart-((?<number>[0-9]{6,9})|repair)-(?<hash>[0-9a-f]{16})(?<extension>\.[a-z.]+)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Syntax();
}
