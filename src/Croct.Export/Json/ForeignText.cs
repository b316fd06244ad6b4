using System.Globalization;

namespace Croct.Export.Json;

/// <summary>Text of a server that becomes part of a message, which goes into logs and to terminals.</summary>
internal static class ForeignText
{
    public const int ExcerptLength = 100;

    /// <summary>What stands behind an excerpt for the rest.</summary>
    public const string Ellipsis = "...";

    /// <summary>One line of it: control characters, with which a server could forge lines of a log or command a terminal, are spaces.</summary>
    public static string OneLine(string text) => text.All(IsPlain) ? text : new string([.. text.Select(character => IsPlain(character) ? character : ' ')]);

    /// <summary>The beginning of one line of it, enough to recognise it.</summary>
    public static string Excerpt(string text)
    {
        if (text.Length <= ExcerptLength) return OneLine(text);
        return OneLine(text.Remove(char.IsHighSurrogate(text[ExcerptLength - 1]) ? ExcerptLength - 1 : ExcerptLength)) + Ellipsis;
    }

    private static bool IsPlain(char character) =>
        CharUnicodeInfo.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
