using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Croct.Export.Cli.Commands;

/// <summary>What is wrong with a command line that cannot be parsed.</summary>
internal static partial class UsageErrors
{
    /// <param name="parsed">The command line.</param>
    /// <param name="withOrigin">Adds to a message where its options come from.</param>
    public static IReadOnlyList<string> Of(ParseResult parsed, Func<string, string> withOrigin)
    {
        var errors = parsed.UnmatchedTokens is [var unmatched, ..] ? [Unmatched(unmatched, parsed.CommandResult.Command)] : parsed.Errors.Select(error => error.Message).ToList();
        errors = errors.ConvertAll(error => withOrigin(error));
        errors[^1] += $" See {NameOf(parsed.CommandResult)} --help";
        return errors;
    }

    /// <summary>What does not belong there may be the value of a mistyped option, a key at worst: only what is surely a name is repeated.</summary>
    private static string Unmatched(string token, Command command)
    {
        var option = OptionName().Match(token);
        if (option.Success) return $"{command.Name} has no option {option.Value}.";
        if (command.Subcommands.Count == 0) return $"{command.Name} takes no further argument.";
        var name = CommandName().IsMatch(token) ? $" '{token}'" : "";
        return $"There is no such command{name}; there are {string.Join(", ", command.Subcommands.Where(subcommand => !subcommand.Hidden).Select(subcommand => subcommand.Name))}.";
    }

    private static string NameOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : "croct-export";

    [GeneratedRegex(@"\A--?[A-Za-z][a-z-]{0,30}(?=\z|=|:)")]
    private static partial Regex OptionName();

    [GeneratedRegex(@"\A[a-z]{1,12}\z")]
    private static partial Regex CommandName();
}
