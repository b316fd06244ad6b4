using System.Text.RegularExpressions;

namespace Croct.Export.Sandbox;

/// <summary>The format of API keys.</summary>
internal static partial class ApiKeys
{
    /// <summary>Returns whether a key is a version 4 UUID. <see cref="Guid"/> would also accept whitespace, signs and other variants.</summary>
    public static bool IsWellFormed(string? key) => key is not null && VersionFour().IsMatch(key);

    [GeneratedRegex(@"\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex VersionFour();
}
