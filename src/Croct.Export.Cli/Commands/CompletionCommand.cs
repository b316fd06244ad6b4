using System.CommandLine;
using System.CommandLine.Completions;

namespace Croct.Export.Cli.Commands;

/// <summary>
/// <c>croct-export completion bash|zsh|fish|powershell</c>. The scripts get completions from the program itself, so they never become outdated.
/// </summary>
internal static class CompletionCommand
{
    // The [suggest] directive of System.CommandLine does not complete --option=value, and also offers /? and -?.
    private const string Ask = "completion words --";

    private const string Bash = $$"""
        # Completion of croct-export for bash: source <(croct-export completion bash)
        _croct_export() {
            local line=${COMP_LINE:0:COMP_POINT} found word breaks prefix=
            line=${line#"${line%%[![:space:]]*}"}
            [[ $line == *[[:space:]]* ]] || return
            line=${line#*[[:space:]]}
            word=${line##*[[:space:]]}

            # bash replaces only the text after the last word break.
            breaks=${COMP_WORDBREAKS//[^=:]/}
            [[ -n $breaks && $word == *[$breaks]* ]] && prefix=${word%"${word##*[$breaks]}"}
            found=$("$1" {{Ask}} "$line" 2>/dev/null)
            COMPREPLY=()
            while IFS= read -r word; do
                [[ -n $word ]] && COMPREPLY+=("${word#"$prefix"}")
            done <<< "$found"
        }
        complete -o default -F _croct_export croct-export
        """;

    private const string Zsh = $$"""
        #compdef croct-export
        # Completion of croct-export for zsh: source <(croct-export completion zsh)
        _croct_export() {
            local -a found
            found=("${(@f)$("${words[1]}" {{Ask}} "${(j: :)words[2,CURRENT-1]} $PREFIX" 2>/dev/null)}")
            found=(${found:#})
            if (( $#found )); then compadd -- $found; else _files; fi
        }
        if [[ $funcstack[1] == _croct-export ]]; then _croct_export "$@"; else compdef _croct_export croct-export; fi
        """;

    private const string Fish = $$"""
        # Completion of croct-export for fish: croct-export completion fish | source
        function __croct_export_words
            set -l tokens (commandline -opc)
            set -l current (commandline -ct)
            set -l program $tokens[1]
            set -e tokens[1]
            set -l found ($program {{Ask}} "$tokens $current" 2>/dev/null)
            if test (count $found) -gt 0
                printf '%s\n' $found
            else
                __fish_complete_path $current
            end
        end
        complete -c croct-export -f -a '(__croct_export_words)'
        """;

    private const string PowerShell = $$"""
        # Completion of croct-export for PowerShell: croct-export completion powershell | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName croct-export -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            $text = $commandAst.Extent.Text
            $length = $cursorPosition - $commandAst.Extent.StartOffset
            $text = if ($text.Length -lt $length) { $text.PadRight($length) } else { $text.Substring(0, $length) }
            $line = $text -replace '^\S+\s*', ''
            & $commandAst.GetCommandName() {{Ask}} $line | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;

    private static readonly (string Shell, string Name, string Script)[] Shells =
        [("bash", "bash", Bash), ("zsh", "zsh", Zsh), ("fish", "fish", Fish), ("powershell", "PowerShell", PowerShell)];

    public static Command Create()
    {
        var command = new Command("completion", """
            Prints a script that lets a shell complete commands, options and values.

            Examples:
              croct-export completion fish | source
              source <(croct-export completion bash)
            """);
        foreach (var (shell, name, script) in Shells) command.Subcommands.Add(Create(shell, name, script));
        command.Subcommands.Add(CreateWords());
        return command;
    }

    /// <summary>Completes the last word of a comma-separated list with the words that are not in the list yet.</summary>
    public static IEnumerable<CompletionItem> CompleteList(CompletionContext context, IEnumerable<string> words)
    {
        var begun = context.WordToComplete[..(context.WordToComplete.LastIndexOf(',') + 1)];
        return words.Except(begun.Split(',')).Select(word => new CompletionItem(begun + word));
    }

    private static Command Create(string shell, string name, string script)
    {
        var command = new Command(shell, $"""
            Prints the completion script for {name}.

            Examples:
              croct-export completion {shell}
              croct-export completion {shell} > croct-export.{shell}
            """);
        command.SetAction(async (_, _) =>
        {
            await Console.Out.WriteAsync(script.ReplaceLineEndings("\n") + "\n");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The hidden command that the scripts call: prints the completions of the last word of a command line, which may be empty.</summary>
    private static Command CreateWords()
    {
        // PowerShell does not pass an empty argument.
        var line = new Argument<string>("line") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("words", "Prints the completions of a command line.") { line };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            foreach (var word in GetCompletions(parsed.RootCommandResult.Command, parsed.GetValue(line) ?? "")) await Console.Out.WriteLineAsync(word);
            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<string> GetCompletions(Command root, string line)
    {
        var begun = line[(line.LastIndexOf(' ') + 1)..];
        var option = "";
        if (begun.StartsWith("--", StringComparison.Ordinal) && begun.IndexOf('=', StringComparison.Ordinal) is > 0 and var end)
        {
            option = begun[..(end + 1)];
            line = $"{line[..^begun.Length]}{begun[..end]} {begun[(end + 1)..]}";
        }

        return root.Parse(line).GetCompletions(line.Length)
            .Select(item => option + (item.InsertText ?? item.Label))
            .Where(word => word.StartsWith(begun, StringComparison.Ordinal) && word is not ("-?" or "-h" or "/?" or "/h"))
            .Distinct();
    }
}
