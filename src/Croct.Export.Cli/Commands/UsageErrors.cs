using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Croct.Export.Cli.Commands;

/// <summary>The error messages for a command line that cannot be parsed.</summary>
internal static partial class UsageErrors
{
    /// <param name="parsed">The command line.</param>
    /// <param name="withOrigin">Appends the source of options to a message that names them.</param>
    public static IReadOnlyList<string> Of(ParseResult parsed, Func<string, string> withOrigin)
    {
        var errors = parsed.UnmatchedTokens is [var unmatched, ..]
            ? [Unmatched(unmatched, parsed.CommandResult.Command)]
            : parsed.Errors.Select(error => error.Message).ToList();
        errors = errors.ConvertAll(error => withOrigin(error));
        errors[^1] += $" See {NameOf(parsed.CommandResult)} --help";
        return errors;
    }

    /// <summary>An unexpected argument may be the value of a mistyped option, even a key. It is repeated only if it looks like a name.</summary>
    private static string Unmatched(string token, Command command)
    {
        var option = OptionName().Match(token);
        if (option.Success) return $"{command.Name} has no option {option.Value}.";
        if (command.Subcommands.Count == 0) return $"{command.Name} takes no more arguments.";
        var name = CommandName().IsMatch(token) ? $" '{token}'" : "";
        var names = command.Subcommands.Where(subcommand => !subcommand.Hidden).Select(subcommand => subcommand.Name);
        return $"Unknown command{name}; the commands are {string.Join(", ", names)}.";
    }

    private static string NameOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : "croct-export";

    [GeneratedRegex(@"\A--?[A-Za-z][a-z-]{0,30}(?=\z|=|:)")]
    private static partial Regex OptionName();

    [GeneratedRegex(@"\A[a-z]{1,12}\z")]
    private static partial Regex CommandName();
}
