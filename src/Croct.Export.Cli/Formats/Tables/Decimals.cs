namespace Croct.Export.Cli.Formats.Tables;

/// <summary>What numbers a decimal column holds.</summary>
internal static class Decimals
{
    /// <summary>How many digits there are in all: enough for every <see cref="decimal"/> that has no more than the places below.</summary>
    public const int Precision = 38;

    /// <summary>How many places there are; what has more is rounded, half to even.</summary>
    public const int Scale = 9;

    private static readonly Int128[] Powers = [.. Enumerable.Range(0, Scale + 1).Select(power => Int128.Parse("1" + new string('0', power), System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>A number as a multiple of the smallest place.</summary>
    public static Int128 Unscaled(decimal number)
    {
        if (number.Scale > Scale) number = decimal.Round(number, Scale);
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number, bits);
        var digits = (Int128)new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]) * Powers[Scale - number.Scale];
        return bits[3] < 0 ? -digits : digits;
    }
}
