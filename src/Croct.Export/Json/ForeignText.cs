using System.Globalization;

namespace Croct.Export.Json;

/// <summary>Makes text from a server safe for messages, which go to logs and terminals.</summary>
internal static class ForeignText
{
    public const int ExcerptLength = 100;

    /// <summary>Ends an excerpt of a longer text.</summary>
    public const string Ellipsis = "...";

    /// <summary>
    /// Returns the text as one line. Control characters, with which a server could forge log lines or control a terminal, are replaced with spaces.
    /// </summary>
    public static string OneLine(string text) =>
        text.All(IsPrintable) ? text : new string([.. text.Select(character => IsPrintable(character) ? character : ' ')]);

    /// <summary>Returns the beginning of the text as one line, enough to recognise it.</summary>
    public static string Excerpt(string text)
    {
        if (text.Length <= ExcerptLength) return OneLine(text);
        return OneLine(text.Remove(char.IsHighSurrogate(text[ExcerptLength - 1]) ? ExcerptLength - 1 : ExcerptLength)) + Ellipsis;
    }

    private static bool IsPrintable(char character) =>
        CharUnicodeInfo.GetUnicodeCategory(character)
            is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
