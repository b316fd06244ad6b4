using System.Text.RegularExpressions;

namespace Croct.Export.Http;

/// <summary>Takes the API key out of what a server wrote, however it is capitalised.</summary>
internal static class Redaction
{
    public static string Redact(string text, string key) =>
        Holds(text, key) ? Regex.Replace(text, Regex.Escape(key), "[API key]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant) : text;

    public static bool Holds(string text, string key) => text.IndexOf(key, StringComparison.OrdinalIgnoreCase) >= 0;
}
