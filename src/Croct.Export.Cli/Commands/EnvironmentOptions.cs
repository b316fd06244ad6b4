using System.CommandLine;

namespace Croct.Export.Cli.Commands;

/// <summary>Options that the command line leaves out can come from the environment: <c>--page-size</c> from <c>CROCT_EXPORT_PAGE_SIZE</c>.</summary>
internal static class EnvironmentOptions
{
    private const string Prefix = "CROCT_EXPORT_";

    /// <summary>Options of which one on the command line stands against the other one of the environment.</summary>
    private static readonly (string One, string Other)[] Opposites = [("--quiet", "--verbose"), ("--sandbox", "--api-key"), ("--sandbox", "--base-address")];

    /// <summary>The arguments, and behind them, but before a <c>--</c> that ends the options, those that the environment adds.</summary>
    public static string[] AddTo(RootCommand root, string[] arguments)
    {
        var parsed = root.Parse(arguments);
        var options = parsed.CommandResult.Command.Options;
        var given = options.Where(option => parsed.GetResult(option) is { Implicit: false }).ToList();
        var wanted = given.Where(option => option is not Option<bool> flag || parsed.GetValue(flag)).Select(option => option.Name).ToList();
        var added = options.Except(given)
            .Where(option => option.Name.StartsWith("--", StringComparison.Ordinal))
            .Where(option => !Opposites.Any(pair => (pair.One == option.Name && wanted.Contains(pair.Other)) || (pair.Other == option.Name && wanted.Contains(pair.One))))
            .Select(option => (option.Name, Value: Environment.GetEnvironmentVariable(VariableOf(option.Name))))
            .Where(option => !string.IsNullOrEmpty(option.Value))
            .Select(option => $"{option.Name}={option.Value}");
        var end = Array.IndexOf(arguments, "--") is var found and >= 0 ? found : arguments.Length;
        return [.. arguments[..end], .. added, .. arguments[end..]];
    }

    private static string VariableOf(string option) => Prefix + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();
}
