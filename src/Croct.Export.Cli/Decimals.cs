namespace Croct.Export.Cli;

/// <summary>The precision and scale of decimal columns.</summary>
internal static class Decimals
{
    /// <summary>The maximum number of digits: enough for every <see cref="decimal"/> with no more than <see cref="Scale"/> decimal places.</summary>
    public const int Precision = 38;

    /// <summary>The maximum number of decimal places; numbers with more are rounded, half to even.</summary>
    public const int Scale = 9;

    private static readonly Int128[] Powers =
        [.. Enumerable.Range(0, Scale + 1).Select(power => Int128.Parse("1" + new string('0', power), System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>A number in units of its last decimal place, 10^-<see cref="Scale"/>.</summary>
    public static Int128 ToUnscaled(decimal number)
    {
        if (number.Scale > Scale) number = decimal.Round(number, Scale);
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number, bits);
        var digits = (Int128)new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]) * Powers[Scale - number.Scale];
        return bits[3] < 0 ? -digits : digits;
    }
}
