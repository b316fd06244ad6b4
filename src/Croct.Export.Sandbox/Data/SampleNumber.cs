using System.Text.Json;
using Croct.Export.Contract;

namespace Croct.Export.Sandbox.Data;

/// <summary>Numbers for properties that are not written by hand: within the limits of the contract and near its example.</summary>
internal static class SampleNumber
{
    private const long HourMs = 3_600_000;

    /// <summary>The maximum number of steps between the limits.</summary>
    private const long MaxSteps = 1_000_000_000;

    /// <summary>A time in the hour before the item.</summary>
    public static long Time(ContractProperty property, long time, ref Draw draw) =>
        (long)Math.Clamp(time - draw.Below(HourMs), property.Minimum ?? long.MinValue, property.Maximum ?? long.MaxValue);

    public static long Integer(ContractProperty property, JsonElement? example, ref Draw draw)
    {
        var (min, max) = property.Kind == "int32" ? (int.MinValue, int.MaxValue) : (long.MinValue, long.MaxValue);
        var (low, high) = GetRange(property, example, step: 1);
        return (long)Between(Math.Clamp(low, min, max), Math.Clamp(high, min, max), step: 1, ref draw);
    }

    public static decimal Fraction(ContractProperty property, JsonElement? example, ref Draw draw)
    {
        var (low, high) = GetRange(property, example, step: 0.01m);
        return Between(low, high, Math.Min(0.01m, (high - low) / 100), ref draw);
    }

    /// <summary>An amount with two digits.</summary>
    public static decimal Money(ContractProperty property, JsonElement? example, ref Draw draw)
    {
        var (low, high) = GetRange(property, example, step: 0.01m);
        return Between(low, high, step: 0.01m, ref draw);
    }

    private static (decimal Low, decimal High) GetRange(ContractProperty property, JsonElement? example, decimal step)
    {
        if (property is { Minimum: { } min, Maximum: { } max }) return (min, max);
        var (low, high) = example is { ValueKind: JsonValueKind.Number } shown && shown.TryGetDecimal(out var middle)
            ? (middle - (Math.Abs(middle) / 2), Math.Max(middle + (Math.Abs(middle) / 2), middle + (10 * step)))
            : (0, 1000);
        if (property.Minimum > low) (low, high) = (property.Minimum.Value, Math.Max(high, property.Minimum.Value + (high - low)));
        if (property.Maximum < high) (low, high) = (low < property.Maximum ? low : property.Maximum.Value - (high - low), property.Maximum.Value);
        return (low, high);
    }

    private static decimal Between(decimal low, decimal high, decimal step, ref Draw draw)
    {
        if (step == 0) return low;
        var (first, last) = (decimal.Ceiling(low / step), decimal.Floor(high / step));
        return last < first ? low : (first + draw.Below((long)Math.Min(last - first, MaxSteps) + 1)) * step;
    }
}
