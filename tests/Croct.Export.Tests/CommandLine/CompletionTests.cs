using Croct.Export.Models;
using Croct.Export.Sandbox;

namespace Croct.Export.Tests.CommandLine;

/// <summary><c>croct-export completion</c>, as shells use it.</summary>
public class CompletionTests
{
    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [TestCase("ev", "events")]
    [TestCase("get s", "session")]
    [TestCase("events --page", "--page-size")]
    [TestCase("events --format ", "csv", "ndjson", "parquet")]
    [TestCase("events --format=c", "--format=csv")]
    [TestCase("all --compress ", "gzip", "none", "zstd", Category = "Long")]
    [TestCase("users --time-unit ", "detect", "milliseconds", "seconds", Category = "Long")]
    [TestCase("users --start ", "now", "today", "yesterday")]
    [TestCase("events --events orderPlaced,goal", "orderPlaced,goalCompleted")]
    [TestCase("sandbox --time-unit ", "milliseconds", "seconds", Category = "Long")]
    [TestCase("sandbox --end-of-data ", "empty-page", "null-cursor", Category = "Long")]
    [TestCase("sandbox --no-permission events,", "events,sessions", "events,users")]
    [TestCase("completion ", "bash", "fish", "powershell", "zsh")]
    [TestCase("events --output ")]
    public async Task Completes_commands_options_and_values(string line, params string[] words)
    {
        var found = await CompleteAsync(line);

        Assert.That(found.Where(word => words.Length == 1 || word[0] != '-'), Is.EquivalentTo(words));
    }

    [Test]
    public async Task Completes_every_type_of_event() =>
        Assert.That(await CompleteAsync("events --events "), Is.SupersetOf(EventType.KnownValues.Select(type => type.Value)));

    [TestCase("events --sandbox --fault ")]
    [TestCase("sandbox --fault ")]
    public async Task Completes_every_fault(string line) => Assert.That(await CompleteAsync(line), Is.SupersetOf(SandboxFault.Kinds.Select(kind => kind.Name)));

    [TestCase("croct-export events --form", "croct-export events --form", "--format")]
    [TestCase("croct-export events --format ", "croct-export events --format ''", "csv ndjson parquet")]
    [TestCase("croct-export events --format=c", "croct-export events --format = c", "csv")]
    [TestCase("croct-export sandbox --fault 429-", "croct-export sandbox --fault 429-", "429-date")]
    [TestCase("croct-export events --output ", "croct-export events --output ''", "")]
    public async Task The_script_for_bash_completes(string line, string words, string expected)
    {
        await _exporter.RequireAsync("bash is not installed.", "bash", "-c", "true");
        await File.WriteAllTextAsync(_exporter.PathOf("script"), await _exporter.RunAsync("completion", "bash"));

        // The function replaces the installed program.
        const string Session = """
            program="$2"
            croct-export() { dotnet "$program" "$@"; }
            source ./script
            COMP_LINE=$LINE COMP_POINT=${#LINE}
            eval "COMP_WORDS=($WORDS)"
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            $(complete -p croct-export | sed 's/.*-F \([^ ]*\).*/\1/') croct-export "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            echo "${COMPREPLY[*]}"
            """;
        var (code, output, errors) = await _exporter.TryUnderAsync("bash", ["-c", $"LINE='{line}'\nWORDS=\"{words}\"\n{Session}", "bash-of-test"], []);

        Assert.That((code, output, errors), Is.EqualTo((0, expected + "\n", "")));
    }

    [TestCase("zsh", "-n")]
    [TestCase("fish", "--no-execute")]
    public async Task The_shell_can_parse_its_script(string shell, string check)
    {
        await _exporter.RequireAsync($"{shell} is not installed.", shell, "-c", "true");
        var script = _exporter.PathOf("script");
        await File.WriteAllTextAsync(script, await _exporter.RunAsync("completion", shell));

        Assert.That(await _exporter.TryUnderAsync(shell, [check, script], []), Is.EqualTo((0, "", "")));
    }

    [Test]
    public async Task Every_script_calls_the_program()
    {
        foreach (var shell in new[] { "bash", "zsh", "fish", "powershell" })
        {
            Assert.That(await _exporter.RunAsync("completion", shell), Does.Contain("completion words --").And.Not.Contain("orderPlaced"), shell);
        }
    }

    private async Task<string[]> CompleteAsync(string line) =>
        (await _exporter.RunAsync("completion", "words", "--", line)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
