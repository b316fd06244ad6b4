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
        return (uint)position < (uint)_document.Length && _document[position] is > (byte)' ' and var next ? next : PeekBehindWhitespace();
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
        if (!Take((byte)'"')) throw Malformed("A string was expected");
        var rest = _document.Slice(Position);
        var length = LengthOfPlainText(rest);
        if ((uint)length < (uint)rest.Length && rest[length] == '"')
        {
            escaped = false;
            Position += length + 1;
            return rest.Slice(0, length);
        }

        escaped = true;
        return TakeStringWithEscapes(rest, length);
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
        if (IsAt('-')) Position++;
        if (IsAt('0')) Position++;
        else TakeDigits();
        if (IsAt('.'))
        {
            Position++;
            TakeDigits();
        }

        if (IsAt('e') || IsAt('E'))
        {
            Position++;
            if (IsAt('+') || IsAt('-')) Position++;
            TakeDigits();
        }

        return _document.Slice(start, Position - start);
    }

    /// <summary>Takes <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    public void TakeWord(ReadOnlySpan<byte> word)
    {
        Peek();
        if (!_document.Slice(Position).StartsWith(word)) throw Malformed("No such value");
        Position += word.Length;
    }

    /// <summary>Takes a value of any kind, and checks that it is well-formed.</summary>
    /// <param name="depth">In how many objects and arrays it stands.</param>
    public void TakeValue(int depth)
    {
        switch (Peek())
        {
            case (byte)'"':
                TakeString(out _);
                break;
            case (byte)'{':
                CheckDepth(depth);
                Position++;
                if (Take((byte)'}')) break;
                do
                {
                    TakeString(out _);
                    TakeColon();
                    TakeValue(depth + 1);
                }
                while (Take((byte)','));
                if (!Take((byte)'}')) throw Malformed("A comma or the end of an object was expected");
                break;
            case (byte)'[':
                CheckDepth(depth);
                Position++;
                if (Take((byte)']')) break;
                do TakeValue(depth + 1); while (Take((byte)','));
                if (!Take((byte)']')) throw Malformed("A comma or the end of an array was expected");
                break;
            case (byte)'t':
                TakeWord("true"u8);
                break;
            case (byte)'f':
                TakeWord("false"u8);
                break;
            case (byte)'n':
                TakeWord("null"u8);
                break;
            default:
                TakeNumber();
                break;
        }
    }

    public void TakeColon()
    {
        if (!Take((byte)':')) throw Malformed("A colon was expected");
    }

    public readonly void CheckDepth(int depth)
    {
        if (depth >= PageReader.MaxDepth) throw Error($"Nested deeper than {PageReader.MaxDepth}", Position);
    }

    /// <summary>An error at the byte that comes next.</summary>
    public JsonException Malformed(string message)
    {
        Peek();
        return Error(Position >= _document.Length ? "The JSON ends too early" : message, Position);
    }

    /// <summary>An error about the token that begins at a byte.</summary>
    public readonly JsonException Error(string message, int position) => new($"{message}. Path '{JsonPath.At(_document, position)}', byte {position}.");

    private readonly bool IsAt(char c) => (uint)Position < (uint)_document.Length && _document[Position] == c;

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

    private void TakeDigits()
    {
        var start = Position;
        while ((uint)Position < (uint)_document.Length && (uint)(_document[Position] - '0') <= 9) Position++;
        if (Position == start) throw Malformed("A value was expected");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte PeekBehindWhitespace()
    {
        var position = Position;
        while ((uint)position < (uint)_document.Length)
        {
            var next = _document[position];
            if (next is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                Position = position;
                return next;
            }

            position++;
        }

        Position = position;
        return 0;
    }

    private ReadOnlySpan<byte> TakeStringWithEscapes(ReadOnlySpan<byte> rest, int length)
    {
        while ((uint)length < (uint)rest.Length && rest[length] == '\\')
        {
            length += LengthOfEscape(rest.Slice(length));
            length += LengthOfPlainText(rest.Slice(length));
        }

        if ((uint)length >= (uint)rest.Length)
        {
            Position = _document.Length;
            throw Malformed("The JSON ends too early");
        }

        if (rest[length] != '"')
        {
            Position += length;
            throw Malformed("A control character stands in a string");
        }

        Position += length + 1;
        return rest.Slice(0, length);
    }

    /// <summary>How many bytes there are before a quote, a backslash, a control character or the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LengthOfPlainText(ReadOnlySpan<byte> text)
    {
        var length = 0;
#if NET
        // Names and most values are short: comparing sixteen bytes in place beats calling a search.
        for (; text.Length - length >= Vector128<byte>.Count; length += Vector128<byte>.Count)
        {
            var block = Vector128.Create(text.Slice(length));
            var ends = Vector128.Equals(block, Vector128.Create((byte)'"')) | Vector128.Equals(block, Vector128.Create((byte)'\\'))
                | Vector128.LessThan(block, Vector128.Create((byte)' '));
            if (ends != Vector128<byte>.Zero) return length + BitOperations.TrailingZeroCount(ends.ExtractMostSignificantBits());
        }
#endif
        while ((uint)length < (uint)text.Length && text[length] >= ' ' && text[length] is not ((byte)'"' or (byte)'\\')) length++;
        return length;
    }

    private readonly int LengthOfEscape(ReadOnlySpan<byte> text)
    {
        if (text.Length > 1 && "\"\\/bfnrt"u8.IndexOf(text[1]) >= 0) return 2;
        if (text.Length > 1 && text[1] != 'u') throw Error("An unknown escape stands in a string", _document.Length - text.Length);
        for (var i = 2; i < 6; i++)
        {
            if (i >= text.Length) throw Error("The JSON ends too early", _document.Length);
            if (text[i] is not ((>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f') or (>= (byte)'A' and <= (byte)'F')))
            {
                throw Error("An unknown escape stands in a string", _document.Length - text.Length);
            }
        }

        return 6;
    }
}
