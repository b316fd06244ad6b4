using System.CommandLine;
using System.CommandLine.Help;

namespace Croct.Export.Cli.Commands;

/// <summary>Options that the command line leaves out can come from the environment: <c>--page-size</c> from <c>CROCT_EXPORT_PAGE_SIZE</c>.</summary>
internal static class EnvironmentOptions
{
    private const string Prefix = "CROCT_EXPORT_";
    private const string Sandbox = "--sandbox";

    /// <summary>Options of which one on the command line stands against the other one of the environment.</summary>
    private static readonly (string One, string Other)[] Opposites = [("--quiet", "--verbose"), (Sandbox, "--api-key"), (Sandbox, "--base-address")];

    /// <summary>Options that mean nothing without a sandbox, and so do no harm in the environment of an export that has none.</summary>
    private static readonly string[] OfSandbox = ["--sandbox-items", "--seed", "--fault"];

    /// <summary>The arguments, and behind them, but before a <c>--</c> that ends the options, those that the environment adds.</summary>
    /// <exception cref="UsageException">The value of a variable is none of its option.</exception>
    public static string[] AddTo(RootCommand root, string[] arguments)
    {
        var parsed = root.Parse(arguments);
        var options = parsed.CommandResult.Command.Options;
        var given = options.Where(option => parsed.GetResult(option) is { Implicit: false }).ToList();
        var wanted = given.Where(option => option is not Option<bool> flag || parsed.GetValue(flag)).Select(option => option.Name).ToList();
        var added = options.Except(given)
            .Where(IsTaken)
            .Where(option => !Opposites.Any(pair => (pair.One == option.Name && wanted.Contains(pair.Other)) || (pair.Other == option.Name && wanted.Contains(pair.One))))
            .Select(option => (option.Name, Value: ValueOf(option)))
            .Where(option => !string.IsNullOrEmpty(option.Value))
            .ToList();
        if (options.Any(option => option.Name == Sandbox) && !wanted.Contains(Sandbox) && !added.Contains((Sandbox, "true")))
        {
            added.RemoveAll(option => OfSandbox.Contains(option.Name));
        }

        var end = Array.IndexOf(arguments, "--") is var found and >= 0 ? found : arguments.Length;
        return [.. arguments[..end], .. added.Select(option => $"{option.Name}={option.Value}"), .. arguments[end..]];
    }

    /// <summary>All but those that run something else than the command, and the key, which has a variable of its own.</summary>
    private static bool IsTaken(Option option) => option is not (HelpOption or VersionOption) && option.Name != "--api-key";

    private static string? ValueOf(Option option)
    {
        var variable = Prefix + option.Name.TrimStart('-').Replace('-', '_').ToUpperInvariant();
        var value = Environment.GetEnvironmentVariable(variable);
        if (option is not Option<bool> || string.IsNullOrEmpty(value)) return value;
        return value.ToLowerInvariant() switch
        {
            "true" or "1" => "true",
            "false" or "0" => "false",
            _ => throw new UsageException($"{variable} was '{value}'; it must be true or false."),
        };
    }
}
