using System.Globalization;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>Writes rows as they are measured, and the ratios at the end.</summary>
internal sealed class Report(TextWriter output)
{
    private readonly List<(string Name, double Value)> _ratios = [];

    public void Section(string title) => output.WriteLine($"\n{title}");

    public void Row(string name, double value, string unit, string remark = "") =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-40} {value,12:N1} {unit,-8} {remark}").TrimEnd());

    public void Ratio(string name, double value) => _ratios.Add((name, value));

    public void WriteRatios()
    {
        output.WriteLine();
        foreach (var (name, value) in _ratios) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio {name} {value:0.##}"));
    }
}
