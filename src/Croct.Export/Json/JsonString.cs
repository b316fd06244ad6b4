using System.Buffers;
using System.Buffers.Text;
using System.Text;

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
        // The general parser takes one digit at a time.
        value = default;
        if (text.Length != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
        Span<byte> digits = stackalloc byte[32];
        text.Slice(0, 8).CopyTo(digits);
        text.Slice(9, 4).CopyTo(digits.Slice(8));
        text.Slice(14, 4).CopyTo(digits.Slice(12));
        text.Slice(19, 4).CopyTo(digits.Slice(16));
        text.Slice(24, 12).CopyTo(digits.Slice(20));
        Span<byte> bytes = stackalloc byte[16];
        if (Convert.FromHexString(digits, bytes, out _, out var count) != OperationStatus.Done || count != bytes.Length) return false;
        value = new Guid(bytes, bigEndian: true);
        return true;
#else
        return Utf8Parser.TryParse(text, out value, out var length) && length == text.Length;
#endif
    }

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
