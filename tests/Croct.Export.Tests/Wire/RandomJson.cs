using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.Wire;

/// <summary>
/// Makes JSON that is as unusual as possible from JSON as served by the sandbox. In a tree, a number is a string that begins with <c>#</c> and keeps its
/// digits.
/// </summary>
/// <param name="seed">The seed of the random numbers.</param>
/// <param name="isOdd">Whether values sometimes have other types than the contract says.</param>
internal sealed partial class RandomJson(int seed, bool isOdd = false)
{
    private static readonly string[] Numbers =
    [
        "0", "-1", "59.90", "1E+2", "1e400", "5e-324", "1.50E-7", "123456789012345678901234567890", "9223372036854775807",
        "-9223372036854775808", "0.1234567890123456789012345678901234567890",
    ];

    private static readonly string[] Texts =
    [
        "", " ", "é", "日本", "🦊 fox", "a\"b\\c/d", "\t\r\n\b\f\u0001\u007F", "\u2028", "2024-01-01T00:00:00Z", "null", "12", "#", "\uD83D",
        "x\uDC00y",
    ];

    private static readonly Dictionary<char, string> Escapes = new()
    {
        ['"'] = "\\\"",
        ['\\'] = "\\\\",
        ['/'] = "\\/",
        ['\b'] = "\\b",
        ['\f'] = "\\f",
        ['\n'] = "\\n",
        ['\r'] = "\\r",
        ['\t'] = "\\t",
    };

    private readonly Random _random = new(seed);

    /// <summary>Parses JSON and keeps numbers as written. Used for sent and for returned JSON.</summary>
    public static JToken Parse(string json) => JsonConvert.DeserializeObject<JToken>(
        StringOrNumber().Replace(json, match => match.Value[0] == '"' ? WithSurrogates(match.Value).Insert(1, "$") : $"\"#{match.Value}\""),
        new JsonSerializerSettings { DateParseHandling = DateParseHandling.None, MaxDepth = 1000 })!;

    /// <summary>A tree in which equal numbers and equal UUIDs are written in the same way.</summary>
    public static JToken Canonical(JToken token) => token switch
    {
        JObject obj => new JObject(obj.Properties().Select(member => new JProperty(member.Name, Canonical(member.Value)))),
        JArray array => new JArray(array.Select(Canonical)),
        JValue { Value: string text } when text.StartsWith('#') => new JValue(Normalize(text[1..])),
        JValue { Value: string text } when text.Length == 37 && Guid.TryParseExact(text[1..], "D", out _) => new JValue(text.ToLowerInvariant()),
        _ => token.DeepClone(),
    };

    /// <summary>The differences between two trees.</summary>
    public static IEnumerable<string> Differences(JToken expected, JToken actual) => (expected, actual) switch
    {
        (JObject one, JObject other) => one.Properties().Select(member => member.Name).Union(other.Properties().Select(member => member.Name))
            .SelectMany(name =>
                one[name] is { } left && other[name] is { } right
                    ? Differences(left, right)
                    : [$"{one.Path}: {name} is {one[name] ?? "absent"}, not {other[name] ?? "absent"}"]),
        (JArray one, JArray other) when one.Count == other.Count => one.Zip(other).SelectMany(pair => Differences(pair.First, pair.Second)),
        _ => JToken.DeepEquals(expected, actual) ? [] : [$"{expected.Path}: {expected} is not {actual}"],
    };

    /// <summary>A variation: members shuffled, unknown ones added, some set to null, texts replaced, numbers written differently.</summary>
    /// <param name="token">The tree of a model.</param>
    /// <param name="isMap">Whether it is a map from texts to texts, which may contain nothing else.</param>
    public JToken Vary(JToken token, bool isMap = false)
    {
        switch (token)
        {
            case JObject obj:
                var members = obj.Properties()
                    .Select(member => new JProperty(
                        member.Name,
                        isOdd && Chance(8)
                            ? Odd(member.Name)
                            : IsDiscriminator(member) ? member.Value
                            : Chance(12) ? JValue.CreateNull()
                            : Vary(member.Value, member.Name == "$metadata")))
                    .ToList();
                if (Chance(4)) members.Add(new JProperty($"${Text()}-new", isMap ? new JValue($"${Text()}") : Any(3)));
                return new JObject(members.OrderBy(_ => _random.Next()));
            case JArray array:
                return new JArray(array.Select(element => Vary(element)));
            case JValue { Value: string text } when text.StartsWith('$') && !Guid.TryParse(text[1..], out _) && Chance(3):
                return new JValue($"${Text()}");
            case JValue { Value: string text } when text.StartsWith('#') && Chance(3):
                return new JValue($"#{Rewritten(text[1..])}");
            default:
                return token.DeepClone();
        }
    }

    /// <summary>Writes a tree with random whitespace and escapes.</summary>
    public string Write(JToken token) => token switch
    {
        JObject obj => $"{{{Space()}{string.Join($"{Space()},{Space()}", obj.Properties().Select(WriteMember))}{Space()}}}",
        JArray array => $"[{Space()}{string.Join($"{Space()},{Space()}", array.Select(Write))}{Space()}]",
        JValue { Value: string text } => text[0] == '#' ? text[1..] : Quoted(text[1..]),
        JValue { Value: bool value } => value ? "true" : "false",
        _ => "null",
    };

    private string WriteMember(JProperty member) => $"{Quoted(member.Name[1..])}{Space()}:{Space()}{Write(member.Value)}";

    /// <summary>A text whose surrogates are not escaped: Newtonsoft.Json would turn a lone escaped surrogate into U+FFFD.</summary>
    private static string WithSurrogates(string quoted) => Escape().Replace(
        quoted,
        escape => escape.Groups["surrogate"] is { Success: true, Value: var digits }
            ? $"{(char)int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture)}"
            : escape.Value);

    private static bool IsDiscriminator(JProperty member) => member.Name is "$@type" or "$type";

    /// <summary>A value of any type, except a single text in place of a list, which is read as a list of one.</summary>
    private JToken Odd(string name)
    {
        var value = Any(2);
        return name is "$activities" or "$interests" && value.Type == JTokenType.String ? new JValue(true) : value;
    }

    private JToken Any(int depth) => _random.Next(depth > 0 ? 6 : 4) switch
    {
        0 => new JValue($"#{Numbers[_random.Next(Numbers.Length)]}"),
        1 => new JValue($"${Text()}"),
        2 => JValue.CreateNull(),
        3 => new JValue(Chance(2)),
        4 => new JArray(Enumerable.Range(0, _random.Next(4)).Select(_ => Any(depth - 1))),
        _ => new JObject(Enumerable.Range(0, _random.Next(4)).Select(index => new JProperty($"${Text()}{index}", Any(depth - 1)))),
    };

    private string Text() => string.Concat(Enumerable.Range(0, _random.Next(4)).Select(_ => Texts[_random.Next(Texts.Length)]));

    private string Space() => Chance(5) ? new string(" \t\r\n"[_random.Next(4)], _random.Next(3)) : "";

    private string Quoted(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (Escapes.TryGetValue(c, out var escape) && Chance(2)) json.Append(escape);
            else if (c < ' ' || c is '"' or '\\' || char.IsSurrogate(c) || Chance(9))
                json.Append("\\u").Append(((int)c).ToString(Chance(2) ? "x4" : "X4", CultureInfo.InvariantCulture));
            else json.Append(c);
        }

        return json.Append('"').ToString();
    }

    /// <summary>The same number in another form: 59.90 as 59.900, 59.90e0, 5.990E1 or 5990e-2.</summary>
    private string Rewritten(string literal)
    {
        if (literal.IndexOfAny(['e', 'E']) >= 0) return literal;
        var sign = literal.StartsWith('-') ? "-" : "";
        var parts = literal[sign.Length..].Split('.');
        var (whole, fraction) = (parts[0], parts.Length > 1 ? parts[1] : "");
        return _random.Next(4) switch
        {
            0 => $"{sign}{whole}.{fraction}0",
            1 => $"{literal}{(Chance(2) ? "e0" : "E+00")}",
            2 => $"{sign}{whole[0]}.{whole[1..]}{fraction}0E{whole.Length - 1}",
            _ => $"{sign}{((whole + fraction).TrimStart('0') is { Length: > 0 } digits ? digits : "0")}e-{fraction.Length}",
        };
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    /// <summary>A number as digits without leading and trailing zeros, and a power of ten: 59.90 and 5.99e1 are 599 and -1.</summary>
    private static string Normalize(string literal)
    {
        var parts = literal.ToUpperInvariant().Split('E');
        var exponent = parts.Length > 1 ? BigInteger.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        if (point >= 0) exponent -= parts[0].Length - point - 1;
        var sign = parts[0].StartsWith('-') ? "-" : "";
        var digits = parts[0].Replace(".", "", StringComparison.Ordinal).TrimStart('-').TrimStart('0');
        var trimmed = digits.TrimEnd('0');
        return trimmed.Length == 0 ? "#0" : $"#{sign}{trimmed}e{exponent + digits.Length - trimmed.Length}";
    }

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*
        """)]
    private static partial Regex StringOrNumber();

    [GeneratedRegex(@"\\(?:u(?<surrogate>[dD][89a-fA-F][0-9a-fA-F]{2})|.)")]
    private static partial Regex Escape();
}
