using System.Runtime.CompilerServices;
using System.Text.Json;
#if NET
using System.Numerics;
using System.Runtime.Intrinsics;
#endif

namespace Croct.Export.Json;

/// <summary>
/// Reads the tokens of a JSON document, strictly according to RFC 8259. It does not track objects and arrays: the caller knows where it is, and asks for
/// what may follow. This, and the lack of a type for each token, makes it faster than a general reader.
/// </summary>
internal ref struct JsonScanner(ReadOnlySpan<byte> document)
{
    /// <summary>The maximum number of digits that always fit a long.</summary>
    private const int SafeDigits = 18;

    private readonly ReadOnlySpan<byte> _document = document;

    public readonly int Length => _document.Length;

    /// <summary>The position of the next byte.</summary>
    public int Position { readonly get; set; }

    /// <summary>Moves to the next byte that is not whitespace, and returns it. Returns 0, which no token begins with, at the end of the document.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Peek()
    {
        var position = Position;
        if ((uint)position < (uint)_document.Length && _document[position] is > (byte)' ' and var next) return next;
        Position = SkipWhitespace(_document, position);
        return ByteAt(_document, Position);
    }

    /// <summary>Takes the next byte if it is the expected one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Take(byte expected)
    {
        if (Peek() != expected) return false;
        Position++;
        return true;
    }

    /// <summary>Takes a string, and returns the text between its quotes, as written.</summary>
    public ReadOnlySpan<byte> TakeString(out bool escaped)
    {
        var document = _document;
        var position = Position;
        if (Next(document, ref position) != '"') throw CreateError(document, "A string was expected", position);
        var text = TakeText(document, ref position, out escaped);
        Position = position;
        return text;
    }

    /// <summary>Takes the name of the next member, with the comma before it and the colon after it, or the end of the object.</summary>
    /// <param name="isFirst">Whether it is the first member of the object.</param>
    /// <param name="name">The text between the quotes, as written.</param>
    /// <param name="escaped">Whether the name has escapes.</param>
    /// <returns>False at the end of the object.</returns>
    public bool TakeName(bool isFirst, out ReadOnlySpan<byte> name, out bool escaped)
    {
        var document = _document;
        var position = Position;
        var next = Next(document, ref position);
        if (next == '}')
        {
            name = default;
            escaped = false;
            Position = position + 1;
            return false;
        }

        if (!isFirst)
        {
            if (next != ',') throw CreateError(document, "A comma or '}' was expected", position);
            position++;
            next = Next(document, ref position);
        }

        if (next != '"') throw CreateError(document, "A string was expected", position);
        name = TakeText(document, ref position, out escaped);
        if (Next(document, ref position) != ':') throw CreateError(document, "A colon was expected", position);
        Position = position + 1;
        return true;
    }

    /// <summary>Takes a name, with the comma before it, if exactly this name is next. Takes nothing otherwise.</summary>
    /// <param name="isFirst">Whether it is the first member of the object.</param>
    /// <param name="name">The name with its quotes and the colon, without whitespace and escapes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeName(bool isFirst, ReadOnlySpan<byte> name)
    {
        var position = Position;
        if (!isFirst && ByteAt(_document, position++) != ',') return false;
        if ((uint)position > (uint)_document.Length || !_document.Slice(position).StartsWith(name)) return false;
        Position = position + name.Length;
        return true;
    }

    /// <summary>Takes a UUID in its usual form. Takes nothing otherwise.</summary>
    public bool TryTakeUuid(out Guid value)
    {
        const int Length = 36;
        value = default;
        if (Peek() != '"' || ByteAt(_document, Position + Length + 1) != '"') return false;
        if (!JsonString.TryParseUuid(_document.Slice(Position + 1, Length), out value)) return false;
        Position += Length + 2;
        return true;
    }

    /// <summary>Takes an integer of at most 18 digits. Takes nothing otherwise.</summary>
    public bool TryTakeInteger(out long value)
    {
        var start = Position;
        if (TryTakeDigits(out var negative, out _, out value) && !IsAt('.') && !IsAt('e') && !IsAt('E'))
        {
            if (negative) value = -value;
            return true;
        }

        Position = start;
        return false;
    }

    /// <summary>Takes a number of at most 18 digits, with its scale: 59.90 stays 59.90. Takes nothing otherwise.</summary>
    /// <remarks>Without it, parse-vs-nswag-default of the comparison is 41 instead of 67 to 72, and alloc-per-event-bytes is 1,197 instead of 745.</remarks>
    public bool TryTakeDecimal(out decimal value)
    {
        value = default;
        var start = Position;
        if (!TryTakeDigits(out var negative, out var digits, out var mantissa) || !IsAt('.'))
        {
            Position = start;
            var isInteger = TryTakeInteger(out var integer);
            value = integer;
            return isInteger;
        }

        var point = Position++;
        while ((uint)Position < (uint)_document.Length && (uint)(_document[Position] - '0') <= 9)
        {
            mantissa = unchecked((mantissa * 10) + (_document[Position] - '0'));
            Position++;
        }

        var scale = Position - point - 1;
        if (scale == 0 || digits + scale > SafeDigits || IsAt('e') || IsAt('E'))
        {
            Position = start;
            return false;
        }

        value = new decimal((int)mantissa, (int)(mantissa >> 32), 0, negative, (byte)scale);
        return true;
    }

    /// <summary>Takes a number, and returns it as written.</summary>
    public ReadOnlySpan<byte> TakeNumber()
    {
        Peek();
        var start = Position;
        Position = FindEndOfNumber(_document, start);
        return _document.Slice(start, Position - start);
    }

    /// <summary>Takes <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    public void TakeLiteral(ReadOnlySpan<byte> word)
    {
        Peek();
        Position = FindEndOfLiteral(_document, Position, word);
    }

    /// <summary>Returns the end of the number or word that begins at a position, which must not be whitespace.</summary>
    public static int FindEndOfScalar(ReadOnlySpan<byte> document, int position) => document[position] switch
    {
        (byte)'t' => FindEndOfLiteral(document, position, "true"u8),
        (byte)'f' => FindEndOfLiteral(document, position, "false"u8),
        (byte)'n' => FindEndOfLiteral(document, position, "null"u8),
        _ => FindEndOfNumber(document, position),
    };

    /// <summary>Returns the length of the escape at the beginning of a text: 0 if it is unknown, -1 if the text ends within it.</summary>
    public static int GetEscapeLength(ReadOnlySpan<byte> text)
    {
        if (text.Length > 1 && "\"\\/bfnrt"u8.IndexOf(text[1]) >= 0) return 2;
        if (text.Length > 1 && text[1] != 'u') return 0;
        for (var i = 2; i < 6; i++)
        {
            if (i >= text.Length) return -1;
            if (text[i] is not ((>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f') or (>= (byte)'A' and <= (byte)'F'))) return 0;
        }

        return 6;
    }

    /// <summary>Takes a value of any type, and checks that it is well-formed.</summary>
    /// <param name="depth">The number of objects and arrays around the value.</param>
    public void TakeValue(int depth)
    {
#if NET
        if (Vector128.IsHardwareAccelerated && Peek() is (byte)'{' or (byte)'['
            && depth <= ModelReader.MaxDepth - CompactJson.MaxDepth
            && CompactJson.FindEnd(_document, Position) is > 0 and var end)
        {
            Position = end;
            return;
        }
#endif
        Position = FindEndOfValue(_document, Position, depth);
    }

    public readonly void CheckDepth(int depth) => CheckDepth(_document, depth, Position);

    /// <summary>Creates the exception for an error at the next byte.</summary>
    public readonly JsonException CreateError(string message) => CreateError(_document, message, Position);

    /// <summary>Moves past the string that begins at a position, and returns the text between its quotes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> TakeText(ReadOnlySpan<byte> document, scoped ref int position, out bool escaped)
    {
        var start = position + 1;
        var end = FindEndOfPlainText(document, start);
        escaped = ByteAt(document, end) != '"';
        if (escaped) end = FindEndOfEscapedText(document, end);
        position = end + 1;
        return document.Slice(start, end - start);
    }

    /// <summary>Returns the byte at a position, or 0 after the end of the document.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ByteAt(ReadOnlySpan<byte> document, int position) => (uint)position < (uint)document.Length ? document[position] : (byte)0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int SkipWhitespace(ReadOnlySpan<byte> document, int position)
    {
        while (ByteAt(document, position) is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') position++;
        return position;
    }

    /// <summary>Returns the position of the next quote, backslash or control character, or the end of the document.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FindEndOfPlainText(ReadOnlySpan<byte> document, int position)
    {
#if NET
        // Names and most values are short: comparing a few bytes at once here is faster than calling a search. Without it, parse-vs-nswag-default of the
        // comparison is 62 instead of 67 to 72.
        for (; document.Length - position >= Vector128<byte>.Count; position += Vector128<byte>.Count)
        {
            var block = Vector128.Create(document.Slice(position));
            var ends = Vector128.Equals(block, Vector128.Create((byte)'"')) | Vector128.Equals(block, Vector128.Create((byte)'\\'))
                | Vector128.LessThan(block, Vector128.Create((byte)' '));
            if (ends != Vector128<byte>.Zero) return position + BitOperations.TrailingZeroCount(ends.ExtractMostSignificantBits());
        }
#endif
        while ((uint)position < (uint)document.Length && document[position] >= ' ' && document[position] is not ((byte)'"' or (byte)'\\')) position++;
        return position;
    }

    /// <summary>Returns the end of a value. Skips whitespace before the value.</summary>
    /// <remarks>This is one loop with local variables, which stay in registers, rather than a method for each type of value.</remarks>
    private static int FindEndOfValue(ReadOnlySpan<byte> document, int position, int depth)
    {
        // A bit for each open object or array: set if the one around it is an object.
        Span<ulong> around = stackalloc ulong[ModelReader.MaxDepth / 64];
        var (open, inObject) = (0, false);
        while (true)
        {
            if (inObject)
            {
                if (Next(document, ref position) != '"') throw CreateError(document, "A string was expected", position);
                TakeText(document, ref position, out _);
                if (Next(document, ref position) != ':') throw CreateError(document, "A colon was expected", position);
                position++;
            }

            var first = Next(document, ref position);
            if (first == '"')
            {
                TakeText(document, ref position, out _);
            }
            else if (first is (byte)'{' or (byte)'[')
            {
                CheckDepth(document, depth + open, position);
                position++;
                if (Next(document, ref position) != GetClosing(first))
                {
                    if (inObject) around[open / 64] |= 1UL << open;
                    else around[open / 64] &= ~(1UL << open);
                    open++;
                    inObject = first == '{';
                    continue;
                }

                position++;
            }
            else
            {
                position = position < document.Length ? FindEndOfScalar(document, position) : throw CreateUnexpectedEndError(document);
            }

            while (true)
            {
                if (open == 0) return position;
                var next = Next(document, ref position);
                if (next != ',' && next != (inObject ? '}' : ']'))
                {
                    var message = inObject ? "A comma or the end of an object was expected" : "A comma or the end of an array was expected";
                    throw CreateError(document, message, position);
                }

                position++;
                if (next == ',') break;
                open--;
                inObject = (around[open / 64] >> open & 1) != 0;
            }
        }
    }

    /// <summary>Returns the character that closes an object or array. In ASCII, it is two after the opening one.</summary>
    private static int GetClosing(byte opening) => opening + 2;

    /// <summary>Moves to the next byte that is not whitespace, and returns it. Returns 0 at the end of the document.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Next(ReadOnlySpan<byte> document, ref int position)
    {
        if ((uint)position < (uint)document.Length && document[position] is > (byte)' ' and var next) return next;
        position = SkipWhitespace(document, position);
        return ByteAt(document, position);
    }

    private static int FindEndOfLiteral(ReadOnlySpan<byte> document, int position, ReadOnlySpan<byte> word) =>
        document.Slice(position).StartsWith(word) ? position + word.Length : throw CreateError(document, "Invalid literal", position);

    private static int FindEndOfNumber(ReadOnlySpan<byte> document, int position)
    {
        if (ByteAt(document, position) == '-') position++;
        position = ByteAt(document, position) == '0' ? position + 1 : FindEndOfDigits(document, position);
        if (ByteAt(document, position) == '.') position = FindEndOfDigits(document, position + 1);
        if (ByteAt(document, position) is (byte)'e' or (byte)'E')
        {
            position++;
            if (ByteAt(document, position) is (byte)'+' or (byte)'-') position++;
            position = FindEndOfDigits(document, position);
        }

        return position;
    }

    /// <summary>Returns the end of one or more digits.</summary>
    private static int FindEndOfDigits(ReadOnlySpan<byte> document, int position)
    {
        var start = position;
        while ((uint)(ByteAt(document, position) - '0') <= 9) position++;
        return position > start ? position : throw CreateError(document, "A value was expected", position);
    }

    /// <summary>Returns the position of the closing quote of a text with escapes.</summary>
    /// <param name="document">The document.</param>
    /// <param name="position">The end of the plain part of the text.</param>
    private static int FindEndOfEscapedText(ReadOnlySpan<byte> document, int position)
    {
        while (ByteAt(document, position) == '\\')
        {
            position = GetEscapeLength(document.Slice(position)) switch
            {
                -1 => throw CreateUnexpectedEndError(document),
                0 => throw JsonPath.CreateErrorAt(document, "A string has an unknown escape", position),
                var length => FindEndOfPlainText(document, position + length),
            };
        }

        if (position >= document.Length) throw CreateUnexpectedEndError(document);
        return document[position] == '"' ? position : throw CreateError(document, "A string has an unescaped control character", position);
    }

    private static void CheckDepth(ReadOnlySpan<byte> document, int depth, int position)
    {
        if (depth >= ModelReader.MaxDepth) throw JsonPath.CreateErrorAt(document, $"Nested deeper than {ModelReader.MaxDepth}", position);
    }

    private static JsonException CreateUnexpectedEndError(ReadOnlySpan<byte> document) =>
        JsonPath.CreateErrorAt(document, "The JSON ends unexpectedly", document.Length);

    private static JsonException CreateError(ReadOnlySpan<byte> document, string message, int position)
    {
        position = SkipWhitespace(document, position);
        return position >= document.Length ? CreateUnexpectedEndError(document) : JsonPath.CreateErrorAt(document, message, position);
    }

    private readonly bool IsAt(char c) => ByteAt(_document, Position) == c;

    /// <summary>Takes an optional sign and 1 to 18 digits without leading zeros.</summary>
    private bool TryTakeDigits(out bool negative, out int digits, out long value)
    {
        negative = Peek() == '-';
        if (negative) Position++;
        var start = Position;
        var position = start;
        value = 0;
        while ((uint)position < (uint)_document.Length && (uint)(_document[position] - '0') <= 9)
        {
            value = unchecked((value * 10) + (_document[position] - '0'));
            position++;
        }

        Position = position;
        digits = position - start;
        return digits is > 0 and <= SafeDigits && (digits == 1 || _document[start] != '0');
    }
}
