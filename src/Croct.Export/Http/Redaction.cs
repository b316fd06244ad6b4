using System.Text.RegularExpressions;
using Croct.Export.Json;
using Newtonsoft.Json;

namespace Croct.Export.Http;

/// <summary>Removes the API key, in any capitalisation, from text of a server, and its beginning where an excerpt ends within it.</summary>
internal static class Redaction
{
    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    /// <summary>The minimum length of a text that counts as the beginning of the key.</summary>
    private const int MinBeginningLength = 4;

    public static string Redact(string text, string key) => Regex.Replace(text, CreatePattern(key), "[API key]", Options);

    public static bool ContainsApiKey(string text, string key) => Regex.IsMatch(text, CreatePattern(key), Options);

    /// <summary>Returns the key as it appears in rewritten JSON.</summary>
    private static string InJson(string key) => JsonConvert.ToString(key).Trim('"');

    private static string CreatePattern(string key)
    {
        var longest = Math.Min(key.Length - 1, ForeignText.ExcerptLength);
        var beginnings = Enumerable.Range(MinBeginningLength, Math.Max(0, longest - MinBeginningLength + 1)).Reverse()
            .Select(length => Regex.Escape(key.Substring(0, length)) + $"(?={Regex.Escape(ForeignText.Ellipsis)})");
        return string.Join("|", beginnings.Prepend(Regex.Escape(key)).Prepend(Regex.Escape(InJson(key))));
    }
}
