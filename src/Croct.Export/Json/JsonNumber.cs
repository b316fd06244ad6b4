using System.Buffers.Text;
using System.Globalization;

namespace Croct.Export.Json;

/// <summary>Converts JSON numbers to .NET numbers that hold them exactly. The notation does not matter: 1.50, 1.5 and 15e-1 are the same number.</summary>
internal static class JsonNumber
{
    /// <summary>Up to this number of digits, the nearest double converts back to the same number, unless the exponent is extreme.</summary>
    private const int SafeDigitsOfDouble = 15;

    /// <summary>The maximum length of a literal to parse. No property holds the digits of a longer one.</summary>
    private const int MaxLength = 400;

    public static bool TryParse(ReadOnlySpan<byte> literal, out long value)
    {
        value = 0;
        if (literal.Length > MaxLength) return false;
        var (digits, exponent, isNegative) = Parts(literal);
        if (digits.Length == 0) return true;
        if (exponent < 0 || digits.Length + exponent > 19) return false;
        var text = (isNegative ? "-" : "") + digits + new string('0', exponent);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    public static bool TryParse(ReadOnlySpan<byte> literal, out decimal value)
    {
        value = 0;
        return literal.Length <= MaxLength
            && decimal.TryParse(JsonString.Decode(literal), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && AreEqual(literal, value.ToString(CultureInfo.InvariantCulture));
    }

    public static bool TryParse(ReadOnlySpan<byte> literal, out double value)
    {
        value = 0;
        if (literal.Length > MaxLength) return false;
        if (literal.Length <= SafeDigitsOfDouble && literal.IndexOfAny((byte)'e', (byte)'E') < 0) return Utf8Parser.TryParse(literal, out value, out _);
        return double.TryParse(JsonString.Decode(literal), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && !double.IsInfinity(value)
            && AreEqual(literal, value.ToString("R", CultureInfo.InvariantCulture));
    }

    private static bool AreEqual(ReadOnlySpan<byte> literal, string other) => Parts(literal) == Parts(System.Text.Encoding.ASCII.GetBytes(other));

    /// <summary>
    /// Splits a number into its digits, without zeros at either end, the power of ten to multiply them by, and the sign. Zero has no digits and no sign.
    /// </summary>
    private static (string Digits, int Exponent, bool IsNegative) Parts(ReadOnlySpan<byte> literal)
    {
        var isNegative = literal[0] == '-';
        var (digits, exponent) = (new List<char>(literal.Length), 0L);
        var isFraction = false;
        for (var i = isNegative ? 1 : 0; i < literal.Length; i++)
        {
            if (literal[i] == '.')
            {
                isFraction = true;
            }
            else if (literal[i] is (byte)'e' or (byte)'E')
            {
                exponent += Exponent(literal.Slice(i + 1));
                break;
            }
            else
            {
                if (digits.Count > 0 || literal[i] != '0') digits.Add((char)literal[i]);
                if (isFraction) exponent--;
            }
        }

        while (digits.Count > 0 && digits[digits.Count - 1] == '0')
        {
            digits.RemoveAt(digits.Count - 1);
            exponent++;
        }

        return digits.Count == 0 ? ("", 0, false) : (new string([.. digits]), (int)exponent, isNegative);
    }

    /// <summary>Parses an exponent. A huge one is capped, still far outside the range of any .NET number.</summary>
    private static int Exponent(ReadOnlySpan<byte> text)
    {
        var isNegative = text[0] == '-';
        var value = 0;
        foreach (var digit in text.Slice(text[0] is (byte)'-' or (byte)'+' ? 1 : 0)) value = Math.Min((value * 10) + (digit - '0'), 100_000);
        return isNegative ? -value : value;
    }
}
