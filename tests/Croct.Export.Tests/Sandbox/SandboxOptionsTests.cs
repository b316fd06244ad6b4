using System.Globalization;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Readmes;

namespace Croct.Export.Tests.Sandbox;

/// <summary>The options of a sandbox, as listed in README.</summary>
public class SandboxOptionsTests
{
    private static readonly string[][] Rows = [.. Readme.Sandbox.Table("`SandboxOptions`").Select(row => row.Select(cell => cell.Trim('`')).ToArray())];

    [Test]
    public void Are_all_in_the_README() =>
        Assert.That(Rows.Select(row => row[0]), Is.EquivalentTo(typeof(SandboxOptions).GetProperties().Select(property => property.Name)));

    [TestCase("Events")]
    [TestCase("Seed")]
    [TestCase("EventsPerSecond")]
    [TestCase("LatePercent")]
    [TestCase("IgnoreWindows")]
    [TestCase("EndOfData")]
    [TestCase("TimeUnit")]
    [TestCase("Start")]
    [TestCase("Port")]
    [TestCase("RequestLogSize")]
    public void Have_the_default_that_the_README_gives(string name)
    {
        var value = typeof(SandboxOptions).GetProperty(name)!.GetValue(new SandboxOptions());

        var text = value is DateTimeOffset time ? time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : value is Enum ? value.ToString()
            : value is bool flag ? (flag ? "true" : "false")
            : string.Format(CultureInfo.InvariantCulture, "{0:N0}", value);
        Assert.That(Row(name)[2].Split(", ")[0].TrimEnd(','), Is.EqualTo(text));
    }

    [TestCase("Events")]
    [TestCase("Sessions")]
    [TestCase("Users")]
    [TestCase("EventsPerSecond")]
    [TestCase("LatePercent")]
    [TestCase("Port")]
    [TestCase("RequestLogSize")]
    public async Task Accept_exactly_the_numbers_that_the_README_allows(string name)
    {
        var ends = Regex.Match(Row(name)[3], "^([0-9,]+) to ([0-9,]+)$").Groups.Values
            .Skip(1)
            .Select(end => long.Parse(end.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))
            .ToList();

        // The highest port may be in use.
        foreach (var end in name == "Port" ? ends[..1] : ends) await (await SandboxServer.StartAsync(With(name, end))).DisposeAsync();
        foreach (var beyond in new[] { ends[0] - 1, ends[1] + 1 })
        {
            await Assert.ThatAsync(
                () => SandboxServer.StartAsync(With(name, beyond)),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains($"{name} was {beyond}"));
        }
    }

    [TestCase(1969, false)]
    [TestCase(1970, true)]
    [TestCase(2200, true)]
    [TestCase(2201, false)]
    public async Task Accept_exactly_the_years_that_the_README_allows(int year, bool allowed)
    {
        Assert.That(Row("Start")[3], Is.EqualTo("1970 to 2200"));
        var options = new SandboxOptions { Start = new DateTimeOffset(year, 6, 1, 0, 0, 0, TimeSpan.Zero) };

        if (allowed) await (await SandboxServer.StartAsync(options)).DisposeAsync();
        else
            await Assert.ThatAsync(
                () => SandboxServer.StartAsync(options),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("from 1970 to 2200"));
    }

    private static string[] Row(string name) => Rows.Single(row => row[0] == name);

    private static SandboxOptions With(string name, long value)
    {
        var options = new SandboxOptions();
        var property = typeof(SandboxOptions).GetProperty(name)!;
        property.SetValue(
            options,
            Convert.ChangeType(
                value, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, CultureInfo.InvariantCulture));
        return options;
    }
}
