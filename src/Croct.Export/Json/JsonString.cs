using System.Buffers;
using System.Buffers.Text;
using System.Text;
#if NET
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
#endif

namespace Croct.Export.Json;

/// <summary>Creates strings from the text between two quotes.</summary>
/// <remarks>
/// An unpaired surrogate, such as <c>"\ud83d"</c>, is valid JSON and fits into a .NET string. Servers produce them when they shorten a text with emojis.
/// </remarks>
internal static class JsonString
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool IsAscii(ReadOnlySpan<byte> text)
    {
#if NET
        return Ascii.IsValid(text);
#else
        foreach (var character in text)
        {
            if (character > 0x7F) return false;
        }

        return true;
#endif
    }

    /// <summary>Parses a UUID in its usual form: 8, 4, 4, 4 and 12 digits, separated by hyphens.</summary>
    public static bool TryParseUuid(ReadOnlySpan<byte> text, out Guid value)
    {
#if NET
        // The general parser takes one digit at a time. This one converts sixteen characters to digits at once, and then pairs of digits to bytes. Three
        // overlapping parts cover the whole text. Without it, parse-vs-nswag-default of the comparison is 58 instead of 67 to 72.
        value = default;
        if (text.Length != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
        var (first, middle, last) = (Digits(text.Slice(0, 16)), Digits(text.Slice(16, 16)), Digits(text.Slice(20, 16)));
        var bytes = Bytes(first, Vector128.Create((byte)0, 2, 4, 6, 9, 11, 14, X, X, X, X, X, X, X, X, X))
            | Bytes(middle, Vector128.Create(X, X, X, X, X, X, X, 0, 3, 5, 8, 10, 12, 14, X, X))
            | Bytes(last, Vector128.Create(X, X, X, X, X, X, X, X, X, X, X, X, X, X, 12, 14));
        if (!AreDigits(first, hyphens: 0b0010_0001_0000_0000) || !AreDigits(middle, hyphens: 0b1000_0100) || !AreDigits(last, hyphens: 0b1000)) return false;
        value = new Guid(MemoryMarshal.AsBytes(new ReadOnlySpan<Vector128<byte>>(in bytes)), bigEndian: true);
        return true;
#else
        return Utf8Parser.TryParse(text, out value, out var length) && length == text.Length;
#endif
    }

#if NET
    /// <summary>An index outside of a vector: the byte there becomes 0.</summary>
    private const byte X = 0xFF;

    /// <summary>Converts sixteen characters to hexadecimal digits. A character that is not a digit becomes more than 15.</summary>
    private static Vector128<byte> Digits(ReadOnlySpan<byte> text)
    {
        var characters = Vector128.Create(text);
        var digits = characters - Vector128.Create((byte)'0');
        var letters = (characters | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a');
        letters = Vector128.ConditionalSelect(
            Vector128.LessThan(letters, Vector128.Create((byte)6)), letters + Vector128.Create((byte)10), Vector128.Create(X));
        return Vector128.ConditionalSelect(Vector128.LessThan(digits, Vector128.Create((byte)10)), digits, letters);
    }

    private static bool AreDigits(Vector128<byte> digits, uint hyphens) =>
        Vector128.GreaterThan(digits, Vector128.Create((byte)15)).ExtractMostSignificantBits() == hyphens;

    /// <summary>Converts pairs of digits to bytes.</summary>
    /// <param name="digits">The digits.</param>
    /// <param name="indexes">The index of the first digit of each pair.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bytes(Vector128<byte> digits, Vector128<byte> indexes)
    {
        var high = Vector128.Shuffle(digits, indexes);
        var low = Vector128.Shuffle(digits, indexes + (Vector128<byte>.One & Vector128.LessThan(indexes, Vector128.Create(X))));
        return (high << 4) | low;
    }
#endif

    /// <summary>Creates a string from text without escapes.</summary>
    /// <exception cref="DecoderFallbackException">The bytes are not UTF-8.</exception>
    public static string Decode(ReadOnlySpan<byte> utf8)
    {
#if NET
        return IsAscii(utf8) ? Encoding.Latin1.GetString(utf8) : StrictUtf8.GetString(utf8);
#else
        return StrictUtf8.GetString(utf8.ToArray());
#endif
    }

    /// <summary>Creates a string from well-formed JSON text, with or without escapes.</summary>
    /// <exception cref="DecoderFallbackException">The bytes are not UTF-8.</exception>
    public static string Unescape(ReadOnlySpan<byte> escaped)
    {
        var chars = ArrayPool<char>.Shared.Rent(escaped.Length);
        var count = 0;
        try
        {
            for (var escape = escaped.IndexOf((byte)'\\'); escape >= 0; escape = escaped.IndexOf((byte)'\\'))
            {
                count += Decode(escaped.Slice(0, escape), chars, count);
                chars[count++] = UnescapeCharacter(escaped.Slice(escape + 1));
                escaped = escaped.Slice(escape + (escaped[escape + 1] == 'u' ? 6 : 2));
            }

            count += Decode(escaped, chars, count);
            return new string(chars, 0, count);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    private static int Decode(ReadOnlySpan<byte> utf8, char[] chars, int index)
    {
#if NET
        return StrictUtf8.GetChars(utf8, chars.AsSpan(index));
#else
        return StrictUtf8.GetChars(utf8.ToArray(), 0, utf8.Length, chars, index);
#endif
    }

    private static char UnescapeCharacter(ReadOnlySpan<byte> escape) => escape[0] switch
    {
        (byte)'b' => '\b',
        (byte)'f' => '\f',
        (byte)'n' => '\n',
        (byte)'r' => '\r',
        (byte)'t' => '\t',
        (byte)'u' => (char)((Hex(escape[1]) << 12) | (Hex(escape[2]) << 8) | (Hex(escape[3]) << 4) | Hex(escape[4])),
        var itself => (char)itself,
    };

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
