using System.Buffers.Binary;
#if NET
using System.Text;
#endif

namespace Croct.Export.Json;

/// <summary>
/// The strings of one page. Names of products, addresses of pages and the like are repeated in a page. Sharing one string for each halves the memory of the
/// strings, and relieves the garbage collector.
/// </summary>
/// <remarks>Without it, alloc-per-event-bytes of the comparison is 989 instead of 745.</remarks>
internal sealed class StringPool
{
    private const int SlotBits = 10;

    /// <summary>The maximum length of a pooled text. Longer texts are rarely repeated.</summary>
    private const int MaxLength = 256;

    /// <summary>Texts of this length are ids. They are not pooled: they are not repeated, and would displace others.</summary>
    private const int UuidLength = 36;

    // Each slot has the string that was last seen for it. A displaced one is simply created again.
    private readonly string?[] _seen = new string?[1 << SlotBits];

    /// <summary>Returns the string of a text without escapes.</summary>
    /// <exception cref="System.Text.DecoderFallbackException">The bytes are not UTF-8.</exception>
    public string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or UuidLength or > MaxLength) return JsonString.Decode(utf8);
        ref var seen = ref _seen[GetSlot(utf8)];
        return seen is { } known && IsSame(utf8, known) ? known : seen = JsonString.Decode(utf8);
    }

    /// <summary>Returns the slot of a text, by its length and by bytes of its start, middle and end.</summary>
    private static int GetSlot(ReadOnlySpan<byte> text)
    {
        const ulong Odd = 0x9E37_79B9_7F4A_7C15;
        var mixed = text.Length < sizeof(ulong)
            ? (ulong)text[0] << 16 | (ulong)text[text.Length / 2] << 8 | text[text.Length - 1]
            : BinaryPrimitives.ReadUInt64LittleEndian(text) * Odd
                ^ BinaryPrimitives.ReadUInt64LittleEndian(text.Slice((text.Length - sizeof(ulong)) / 2)) * (Odd >> 1 | 1)
                ^ BinaryPrimitives.ReadUInt64LittleEndian(text.Slice(text.Length - sizeof(ulong)));
        return (int)((mixed + (ulong)text.Length) * Odd >> (64 - SlotBits));
    }

    /// <summary>Whether a text is the same as a string. A text that is not ASCII never is.</summary>
    private static bool IsSame(ReadOnlySpan<byte> utf8, string text)
    {
        if (utf8.Length != text.Length) return false;
#if NET
        return Ascii.Equals(utf8, text);
#else
        for (var i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] != text[i] || utf8[i] > 0x7F) return false;
        }

        return true;
#endif
    }
}
