using System.Globalization;
using Croct.Export.Contract;

namespace Croct.Export.Sandbox.Data;

/// <summary>Texts for properties that are not written by hand: in their format, and similar to the example of the contract.</summary>
internal static class SampleText
{
    private const long MonthMs = 30 * 86_400_000L;

    /// <summary>Examples up to this length without a digit are not varied: they are codes, such as currency codes.</summary>
    private const int MaxCodeLength = 3;

    public static string Of(ContractProperty property, string? example, long time, ref Draw draw)
    {
        if (property.Pattern is not null && example is not null) return example;
        var (words, number) = (Words(property.Name), draw.Below(1000));
        var text = property.Format switch
        {
            null => example is null ? string.Create(CultureInfo.InvariantCulture, $"{words} {number}") : Vary(example, number, ref draw),
            "uuid" => draw.Uuid().ToString(),
            "date" => Moment(time, ref draw).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            "date-time" => Moment(time, ref draw).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            "uri" or "url" => Address(example, words, number),
            "email" => Invariant($"{words.Replace(' ', '.')}{number}@mail.example"),
            _ => example ?? words,
        };
        return FitLength(text, property);
    }

    /// <summary>Splits the name of a property into words: <c>trialEndsAt</c> becomes <c>trial ends at</c>.</summary>
    public static string Words(string name)
    {
        var parts = name.Select(character => char.IsAsciiLetterUpper(character)
            ? $" {char.ToLowerInvariant(character)}"
            : char.IsLetterOrDigit(character) ? $"{character}" : " ");
        return string.Join(' ', string.Concat(parts).Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Replaces the digits of an example, if it has any, so that a number, an id or an address remains one.</summary>
    private static string Vary(string example, int number, ref Draw draw)
    {
        if (!example.Any(char.IsAsciiDigit)) return example.Length <= MaxCodeLength || number % 2 == 0 ? example : Invariant($"{example} {number}");
        var characters = example.ToCharArray();
        for (var place = 0; place < characters.Length; place++)
        {
            if (!char.IsAsciiDigit(characters[place])) continue;
            var isFirst = place == 0 || !char.IsAsciiDigit(example[place - 1]);
            if (!isFirst) characters[place] = (char)('0' + draw.Below(10));
            else if (characters[place] != '0') characters[place] = (char)('1' + draw.Below(9));
        }

        return new string(characters);
    }

    private static string Address(string? example, string words, int number)
    {
        if (example is null) return Invariant($"https://shop.example/{words.Replace(' ', '-')}/{number}");
        return Invariant($"{example}{(example.Contains('?', StringComparison.Ordinal) ? '&' : '?')}sample={number}");
    }

    private static string FitLength(string text, ContractProperty property)
    {
        text = text.PadRight(property.MinLength ?? 0, '.');
        if (property.MaxLength is not { } most || text.Length <= most) return text;
        return most > 0 && char.IsHighSurrogate(text[most - 1]) ? text[..(most - 1)].PadRight(most, '.') : text[..most];
    }

    private static DateTimeOffset Moment(long time, ref Draw draw) => DateTimeOffset.FromUnixTimeMilliseconds(time - draw.Below(MonthMs));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
