using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Croct.Export.Json;

namespace Croct.Export.Cli.Formats;

/// <summary>Operations on JSON in the bytes in which it was received.</summary>
internal static class JsonBytes
{
    private static readonly SearchValues<byte> QuotesAndWhitespace = SearchValues.Create("\" \t\r\n"u8);

    /// <summary>Appends well-formed JSON without the whitespace between its tokens. Nothing else changes.</summary>
    public static void AppendCompact(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        var (start, position) = (0, 0);
        while (json[position..].IndexOfAny(QuotesAndWhitespace) is >= 0 and var next)
        {
            position += next;
            if (json[position] == '"')
            {
                position += 1 + FindClosingQuote(json[(position + 1)..]) + 1;
                continue;
            }

            output.Write(json[start..position]);
            start = ++position;
        }

        output.Write(json[start..]);
    }

    /// <summary>The text of a string token as UTF-8. An unpaired surrogate, which is valid JSON but not Unicode, becomes U+FFFD.</summary>
    /// <param name="reader">At the string, or at the name of a member.</param>
    /// <param name="scratch">Holds the text if it has to be unescaped; replaced by a larger one if necessary.</param>
    public static ReadOnlySpan<byte> GetText(ref Utf8JsonReader reader, ref byte[] scratch)
    {
        var text = reader.ValueSpan;
        if (!reader.ValueIsEscaped) return text;
        if (scratch.Length < text.Length) scratch = new byte[text.Length * 2];

        // The reader throws on an unpaired surrogate. Its escape begins with \ud.
        if (text.IndexOf("\\ud"u8) < 0 && text.IndexOf("\\uD"u8) < 0) return scratch.AsSpan(0, reader.CopyString(scratch));
        return Encoding.UTF8.GetBytes(JsonString.Unescape(text));
    }

    /// <summary>Moves from the beginning of an object to the value of a member, or to its end if there is no member with that name and type.</summary>
    public static bool TryMoveTo(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, JsonTokenType type, ref byte[] scratch)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = GetText(ref reader, ref scratch).SequenceEqual(name);
            reader.Read();
            if (isIt && reader.TokenType == type) return true;
            reader.Skip();
        }

        return false;
    }

    /// <summary>Parses an integer in any notation: 5, 5.0 and 50e-1 are all 5.</summary>
    public static bool TryParse(ReadOnlySpan<byte> literal, out long value) =>
        (Utf8Parser.TryParse(literal, out value, out var length) && length == literal.Length) || JsonNumber.TryParse(literal, out value);

    /// <summary>The JSON with U+FFFD in place of bytes that are not UTF-8; the same bytes if all are UTF-8, as they should be.</summary>
    public static ReadOnlyMemory<byte> AsUtf8(ReadOnlyMemory<byte> json) =>
        Utf8.IsValid(json.Span) ? json : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));

    /// <summary>The number of bytes before the closing quote.</summary>
    private static int FindClosingQuote(ReadOnlySpan<byte> text)
    {
        for (var length = 0; ; length += 2)
        {
            length += text[length..].IndexOfAny((byte)'"', (byte)'\\');
            if (text[length] == '"') return length;
        }
    }
}
