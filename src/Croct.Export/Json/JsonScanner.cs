using System.Runtime.CompilerServices;
using System.Text.Json;
#if NET
using System.Numerics;
using System.Runtime.Intrinsics;
#endif

namespace Croct.Export.Json;

/// <summary>
/// The tokens of a JSON document, strictly as RFC 8259 has them. It keeps no account of objects and arrays: who reads knows which of them it is in,
/// and asks for what may follow. That, and no token type per token, is what makes it faster than a general reader.
/// </summary>
internal ref struct JsonScanner(ReadOnlySpan<byte> document)
{
    /// <summary>The longest run of digits that always fits a long.</summary>
    private const int SafeDigits = 18;

    private readonly ReadOnlySpan<byte> _document = document;

    public readonly int Length => _document.Length;

    /// <summary>The byte that comes next.</summary>
    public int Position { readonly get; set; }

    /// <summary>Moves to the next byte that is no whitespace, and gives it; 0, which no token begins with, at the end of the document.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Peek()
    {
        var position = Position;
        if ((uint)position < (uint)_document.Length && _document[position] is > (byte)' ' and var next) return next;
        Position = BehindWhitespace(_document, position);
        return ByteAt(_document, Position);
    }

    /// <summary>Takes a byte if it comes next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Take(byte expected)
    {
        if (Peek() != expected) return false;
        Position++;
        return true;
    }

    /// <summary>Takes a string and gives what is between its quotes, as written.</summary>
    public ReadOnlySpan<byte> TakeString(out bool escaped)
    {
        if (Peek() != '"') throw Malformed("A string was expected", Position);
        var start = Position + 1;
        var end = EndOfPlainText(_document, start);
        escaped = ByteAt(_document, end) != '"';
        if (escaped) end = EndOfEscapedText(end);
        Position = end + 1;
        return _document.Slice(start, end - start);
    }

    /// <summary>Takes an integer of at most 18 digits; anything else is left where it is.</summary>
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

    /// <summary>Takes a number of at most 18 digits, with its scale: 59.90 stays 59.90. Anything else is left where it is.</summary>
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

    /// <summary>Takes a number and gives it as written.</summary>
    public ReadOnlySpan<byte> TakeNumber()
    {
        Peek();
        var start = Position;
        Position = EndOfNumber(start);
        return _document.Slice(start, Position - start);
    }

    /// <summary>Takes <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    public void TakeWord(ReadOnlySpan<byte> word)
    {
        Peek();
        Position = EndOfWord(Position, word);
    }

    /// <summary>Takes a value of any kind, and checks that it is well-formed.</summary>
    /// <param name="depth">In how many objects and arrays it stands.</param>
    public void TakeValue(int depth) => Position = EndOfValue(Position, depth);

    public void TakeColon()
    {
        if (!Take((byte)':')) throw Malformed("A colon was expected", Position);
    }

    public readonly void CheckDepth(int depth) => CheckDepth(depth, Position);

    /// <summary>An error at the byte that comes next.</summary>
    public readonly JsonException Malformed(string message) => Malformed(message, Position);

    /// <summary>An error about the token that begins at a byte.</summary>
    public readonly JsonException Error(string message, int position) => new($"{message}. Path '{JsonPath.At(_document, position)}', byte {position}.");

    /// <summary>The byte there, or 0 behind the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ByteAt(ReadOnlySpan<byte> document, int position) => (uint)position < (uint)document.Length ? document[position] : (byte)0;

    /// <summary>The position of the next byte that is no whitespace.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Skip(ReadOnlySpan<byte> document, int position) =>
        (uint)position < (uint)document.Length && document[position] > ' ' ? position : BehindWhitespace(document, position);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int BehindWhitespace(ReadOnlySpan<byte> document, int position)
    {
        while (ByteAt(document, position) is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') position++;
        return position;
    }

    /// <summary>Where the next quote, backslash or control character stands, or the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfPlainText(ReadOnlySpan<byte> document, int position)
    {
#if NET
        // Names and most values are short: comparing a few bytes at once, in place, beats calling a search.
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

    // What follows keeps the position in a local variable, and so in a register: raw pages are nothing but values that are skipped.

    /// <summary>Where a value ends; whitespace before it is skipped.</summary>
    private readonly int EndOfValue(int position, int depth)
    {
        position = Skip(_document, position);
        return ByteAt(_document, position) switch
        {
            (byte)'"' => EndOfString(position),
            (byte)'{' => EndOfObject(position, depth),
            (byte)'[' => EndOfArray(position, depth),
            (byte)'t' => EndOfWord(position, "true"u8),
            (byte)'f' => EndOfWord(position, "false"u8),
            (byte)'n' => EndOfWord(position, "null"u8),
            _ => EndOfNumber(position),
        };
    }

    private readonly int EndOfObject(int position, int depth)
    {
        CheckDepth(depth, position);
        var document = _document;
        position = Skip(document, position + 1);
        if (ByteAt(document, position) == '}') return position + 1;
        while (true)
        {
            position = Skip(document, position);
            if (ByteAt(document, position) != '"') throw Malformed("A string was expected", position);
            position = Skip(document, EndOfString(position));
            if (ByteAt(document, position) != ':') throw Malformed("A colon was expected", position);
            position++;
            position = Skip(document, EndOfValue(position, depth + 1));
            if (ByteAt(document, position) != ',') break;
            position++;
        }

        return ByteAt(document, position) == '}' ? position + 1 : throw Malformed("A comma or the end of an object was expected", position);
    }

    private readonly int EndOfArray(int position, int depth)
    {
        CheckDepth(depth, position);
        var document = _document;
        position = Skip(document, position + 1);
        if (ByteAt(document, position) == ']') return position + 1;
        while (true)
        {
            position = Skip(document, EndOfValue(position, depth + 1));
            if (ByteAt(document, position) != ',') break;
            position++;
        }

        return ByteAt(document, position) == ']' ? position + 1 : throw Malformed("A comma or the end of an array was expected", position);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int EndOfString(int position)
    {
        var end = EndOfPlainText(_document, position + 1);
        return (ByteAt(_document, end) == '"' ? end : EndOfEscapedText(end)) + 1;
    }

    private readonly int EndOfWord(int position, ReadOnlySpan<byte> word) =>
        _document.Slice(position).StartsWith(word) ? position + word.Length : throw Malformed("No such value", position);

    private readonly int EndOfNumber(int position)
    {
        if (ByteAt(_document, position) == '-') position++;
        position = ByteAt(_document, position) == '0' ? position + 1 : EndOfDigits(position);
        if (ByteAt(_document, position) == '.') position = EndOfDigits(position + 1);
        if (ByteAt(_document, position) is (byte)'e' or (byte)'E')
        {
            position++;
            if (ByteAt(_document, position) is (byte)'+' or (byte)'-') position++;
            position = EndOfDigits(position);
        }

        return position;
    }

    /// <summary>Where one or more digits end.</summary>
    private readonly int EndOfDigits(int position)
    {
        var start = position;
        while ((uint)(ByteAt(_document, position) - '0') <= 9) position++;
        return position > start ? position : throw Malformed("A value was expected", position);
    }

    /// <summary>Where the closing quote of a text stands whose plain part ends at a byte.</summary>
    private readonly int EndOfEscapedText(int position)
    {
        while (ByteAt(_document, position) == '\\')
        {
            position += LengthOfEscape(position);
            position = EndOfPlainText(_document, position);
        }

        if (position >= _document.Length) throw Error("The JSON ends too early", _document.Length);
        return _document[position] == '"' ? position : throw Malformed("A control character stands in a string", position);
    }

    private readonly int LengthOfEscape(int position)
    {
        var text = _document.Slice(position);
        if (text.Length > 1 && "\"\\/bfnrt"u8.IndexOf(text[1]) >= 0) return 2;
        if (text.Length > 1 && text[1] != 'u') throw Error("An unknown escape stands in a string", position);
        for (var i = 2; i < 6; i++)
        {
            if (i >= text.Length) throw Error("The JSON ends too early", _document.Length);
            if (text[i] is not ((>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f') or (>= (byte)'A' and <= (byte)'F')))
            {
                throw Error("An unknown escape stands in a string", position);
            }
        }

        return 6;
    }

    private readonly void CheckDepth(int depth, int position)
    {
        if (depth >= PageReader.MaxDepth) throw Error($"Nested deeper than {PageReader.MaxDepth}", position);
    }

    private readonly JsonException Malformed(string message, int position)
    {
        position = BehindWhitespace(_document, position);
        return Error(position >= _document.Length ? "The JSON ends too early" : message, position);
    }

    private readonly bool IsAt(char c) => ByteAt(_document, Position) == c;

    /// <summary>Takes a sign and 1 to 18 digits, without a zero before others.</summary>
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
