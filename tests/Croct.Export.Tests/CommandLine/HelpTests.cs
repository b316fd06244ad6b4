namespace Croct.Export.Tests.CommandLine;

/// <summary>The content and the width of --help.</summary>
public class HelpTests
{
    private static readonly string[] Commands =
    [
        "", "events", "sessions", "users", "all", "get", "get event", "check", "schema", "schema events", "sandbox", "sandbox faults", "completion",
        "completion bash",
    ];

    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [TestCaseSource(nameof(Commands))]
    public async Task Is_80_columns_wide_without_a_terminal(string command)
    {
        var help = await _exporter.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.That(help.Split('\n').Where(line => line.Length > 80 || line.EndsWith(' ')), Is.Empty);
        Assert.That(help.Split('\n').Max(line => line.Length), Is.GreaterThan(command is "completion bash" ? 40 : 50), "It is not narrower than necessary.");
    }

    [Test]
    public async Task Is_as_wide_as_the_terminal_and_wraps_no_example()
    {
        var (narrow, wide) = (await RunInTerminalAsync(columns: 50), await RunInTerminalAsync(columns: 150));

        const string Example = "    croct-export events --start 2026-01-01 --end 2026-02-01 --format csv \\";
        Assert.That(narrow, Does.Contain(Example));
        Assert.That(narrow.SkipWhile(line => line != "Usage:").Max(line => line.Length), Is.LessThanOrEqualTo(50));
        Assert.That(wide, Does.Contain(Example));
        Assert.That(wide.Max(line => line.Length), Is.InRange(100, 150));
    }

    [Test]
    public async Task Has_examples_before_usage_and_options_and_none_in_lists_of_commands()
    {
        var help = await _exporter.RunAsync("--help");

        Assert.That(help, Does.StartWith("Description:\n  Exports events"));
        Assert.That(help.IndexOf("Examples:", StringComparison.Ordinal), Is.InRange(1, help.IndexOf("Usage:", StringComparison.Ordinal)));
        Assert.That(help[help.IndexOf("Usage:", StringComparison.Ordinal)..], Does.Not.Contain("Examples:"));
    }

    private async Task<string[]> RunInTerminalAsync(int columns)
    {
        await _exporter.RequireAsync("script(1) is not installed.", "script", "--version");
        var (code, output, errors) = await _exporter.TryUnderAsync(
            "sh", ["-c", $"script -qec \"stty cols {columns}; dotnet '$2' events --help\" /dev/null </dev/null", "sh"], []);
        Assert.That(code, Is.Zero, errors);
        return output.ReplaceLineEndings("\n").Split('\n');
    }
}
