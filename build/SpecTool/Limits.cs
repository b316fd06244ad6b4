using System.Globalization;

namespace Croct.Export.SpecTool;

/// <summary>Describes limits in words.</summary>
internal static class Limits
{
    /// <summary>Describes the limits of a length or count. A minimum of 0 is not mentioned.</summary>
    public static IEnumerable<string> DescribeCount(int? minimum, int? maximum, string unit)
    {
        if (minimum == 0) minimum = null;
        return (minimum, maximum) switch
        {
            (null, null) => [],
            (null, { } most) => [Words("at most", most)],
            ({ } least, null) => [Words("at least", least)],
            ({ } least, { } most) when least == most => [Words("exactly", most)],
            ({ } least, { } most) => [Words($"{least.ToString(CultureInfo.InvariantCulture)} to", most)],
        };

        string Words(string before, int number) => $"of {before} {number.ToString(CultureInfo.InvariantCulture)} {unit}{(number == 1 ? "" : "s")}";
    }

    /// <summary>Describes the limits of a number. For an integer, above 0 is the same as from 1.</summary>
    public static IEnumerable<string> DescribeNumber(string? minimum, string? above, string? maximum, string? below, bool isInteger)
    {
        var (least, more, most, less) = (Number(minimum), Number(above), Number(maximum), Number(below));
        if (isInteger && more is not null) (least, more) = (Math.Max(least ?? decimal.MinValue, decimal.Floor(more.Value) + 1), null);
        if (isInteger && less is not null) (most, less) = (Math.Min(most ?? decimal.MaxValue, decimal.Ceiling(less.Value) - 1), null);
        if (least is not null && least == most) return [$"exactly {Text(least)}"];
        if (least is not null && most is not null && more is null && less is null) return [$"from {Text(least)} to {Text(most)}"];
        var words = new List<string>();
        if (least is not null) words.Add($"at least {Text(least)}");
        if (more is not null) words.Add($"more than {Text(more)}");
        if (most is not null) words.Add($"at most {Text(most)}");
        if (less is not null) words.Add($"less than {Text(less)}");
        return words.Count == 0 ? [] : [string.Join(" and ", words)];
    }

    private static decimal? Number(string? text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Formats a number so that 1 and 1.0 are the same limit.</summary>
    private static string Text(decimal? number) => number!.Value.ToString("0.############################", CultureInfo.InvariantCulture);
}
