using System.Buffers;
using System.Buffers.Text;
using System.Text;
#if NET
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
#endif

namespace Croct.Export.Json;

/// <summary>Makes a string of what stands between two quotes.</summary>
/// <remarks>Half a surrogate pair, such as <c>"\ud83d"</c>, is JSON and fits into a string of .NET: servers make them when they shorten a text with emojis.</remarks>
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

    /// <summary>Parses a UUID in its usual form, eight, four, four, four and twelve digits.</summary>
    public static bool TryParseUuid(ReadOnlySpan<byte> text, out Guid value)
    {
#if NET
        // The general parser takes one digit at a time. Here sixteen characters become digits at once, and pairs of digits bytes; three overlapping
        // parts have all of them. Without it, parse-vs-nswag-default of the comparison is 58 and not 67 to 72.
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
    /// <summary>An index behind a vector: nothing comes to that place.</summary>
    private const byte X = 0xFF;

    /// <summary>What sixteen characters are as hexadecimal digits; more than 15 where they are none.</summary>
    private static Vector128<byte> Digits(ReadOnlySpan<byte> text)
    {
        var characters = Vector128.Create(text);
        var digits = characters - Vector128.Create((byte)'0');
        var letters = (characters | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a');
        letters = Vector128.ConditionalSelect(Vector128.LessThan(letters, Vector128.Create((byte)6)), letters + Vector128.Create((byte)10), Vector128.Create(X));
        return Vector128.ConditionalSelect(Vector128.LessThan(digits, Vector128.Create((byte)10)), digits, letters);
    }

    private static bool AreDigits(Vector128<byte> digits, uint hyphens) =>
        Vector128.GreaterThan(digits, Vector128.Create((byte)15)).ExtractMostSignificantBits() == hyphens;

    /// <summary>Pairs of digits as bytes: of each the place of its first digit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bytes(Vector128<byte> digits, Vector128<byte> places)
    {
        var high = Vector128.Shuffle(digits, places);
        var low = Vector128.Shuffle(digits, places + (Vector128<byte>.One & Vector128.LessThan(places, Vector128.Create(X))));
        return (high << 4) | low;
    }
#endif

    /// <summary>Makes a string of text without escapes.</summary>
    /// <exception cref="DecoderFallbackException">The bytes are not UTF-8.</exception>
    public static string Decode(ReadOnlySpan<byte> utf8)
    {
#if NET
        return IsAscii(utf8) ? Encoding.Latin1.GetString(utf8) : StrictUtf8.GetString(utf8);
#else
        return StrictUtf8.GetString(utf8.ToArray());
#endif
    }

    /// <summary>Makes a string of well-formed JSON text, with or without escapes.</summary>
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
                chars[count++] = Unescaped(escaped.Slice(escape + 1));
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

    private static char Unescaped(ReadOnlySpan<byte> escape) => escape[0] switch
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
