using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;

namespace Croct.Export.Cli.Commands;

/// <summary>
/// Help as wide as the terminal. The description comes first, with its examples; lines of examples are never wrapped, so that they can be copied.
/// </summary>
internal sealed class TerminalHelp(HelpAction sections) : SynchronousCommandLineAction
{
    private const int DefaultWidth = 80;

    /// <summary>The minimum width for two columns.</summary>
    private const int MinWidth = 40;

    private const string Indent = "  ";

    public override bool ClearsParseErrors => true;

    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new TerminalHelp((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var (configuration, output, width) = (parseResult.InvocationConfiguration, parseResult.InvocationConfiguration.Output, Width());
        var command = parseResult.CommandResult.Command;
        var description = command.Description ?? "";
        using var rest = new StringWriter();

        // Lists of commands show no examples. The descriptions need not be restored: the program ends after its help.
        foreach (var subcommand in command.Subcommands) subcommand.Description = GetSummary(subcommand.Description ?? "");
        configuration.Output = rest;
        sections.MaxWidth = width;
        try
        {
            sections.Invoke(parseResult);
        }
        finally
        {
            configuration.Output = output;
        }

        // The description of System.CommandLine is left out: it would wrap the examples, too.
        var text = rest.ToString();
        output.WriteLine("Description:");
        foreach (var line in Wrap(description, width - Indent.Length)) output.WriteLine(line.Length == 0 ? line : Indent + line);
        output.WriteLine();
        var usage = text[Math.Max(0, text.IndexOf("Usage:", StringComparison.Ordinal))..];
        foreach (var line in usage.TrimEnd().ReplaceLineEndings("\n").Split('\n')) output.WriteLine(line.TrimEnd());
        return ExitCode.Done;
    }

    /// <summary>The first paragraph, on one line.</summary>
    private static string GetSummary(string description) => description.ReplaceLineEndings("\n").Split("\n\n")[0].Replace('\n', ' ');

    private static int Width()
    {
        if (Console.IsOutputRedirected) return DefaultWidth;
        return Console.WindowWidth is > 0 and var width ? Math.Max(width, MinWidth) : DefaultWidth;
    }

    /// <summary>Wraps paragraphs; keeps indented lines, empty lines and lines that end with a colon.</summary>
    private static IEnumerable<string> Wrap(string description, int width)
    {
        var line = new StringBuilder();
        foreach (var source in description.ReplaceLineEndings("\n").Split('\n'))
        {
            var stays = source.Length == 0 || source[0] == ' ' || source.EndsWith(':');
            if (stays)
            {
                if (line.Length > 0) yield return line.ToString();
                line.Clear();
                yield return source;
                continue;
            }

            foreach (var word in source.Split(' '))
            {
                if (line.Length > 0 && line.Length + 1 + word.Length > width)
                {
                    yield return line.ToString();
                    line.Clear();
                }

                if (line.Length > 0) line.Append(' ');
                line.Append(word);
            }
        }

        if (line.Length > 0) yield return line.ToString();
    }
}
