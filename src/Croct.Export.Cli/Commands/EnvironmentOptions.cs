using System.CommandLine;
using System.CommandLine.Help;

namespace Croct.Export.Cli.Commands;

/// <summary>Options that the command line leaves out can come from the environment: <c>--page-size</c> from <c>CROCT_EXPORT_PAGE_SIZE</c>.</summary>
internal sealed class EnvironmentOptions(RootCommand root, ParserConfiguration syntax)
{
    private const string Prefix = "CROCT_EXPORT_";
    private const string Sandbox = "--sandbox";

    /// <summary>Options of which one on the command line stands against the other one of the environment.</summary>
    private static readonly (string One, string Other)[] Opposites =
        [("--quiet", "--verbose"), (Sandbox, "--base-address")];

    /// <summary>Options that mean nothing without a sandbox, and so do no harm in the environment of an export that has none.</summary>
    private static readonly string[] OfSandbox = ["--sandbox-items", "--seed", "--fault"];

    /// <summary>The key has variables of its own.</summary>
    private static readonly string[] OfKey = ["--api-key", "--api-key-file"];

    private IReadOnlyList<(string Name, string Value)> _added = [];

    /// <summary>The arguments, and after them, but before a <c>--</c> that ends the options, those that the environment adds.</summary>
    /// <exception cref="UsageException">A variable has a value that its option does not take.</exception>
    public string[] AddTo(string[] arguments)
    {
        var parsed = root.Parse(arguments, syntax);
        var options = parsed.CommandResult.Command.Options;
        var given = options.Where(option => parsed.GetResult(option) is { Implicit: false }).ToList();
        var wanted = given.Where(option => option is not Option<bool> flag || parsed.GetValue(flag)).Select(option => option.Name).ToList();
        var added = options.Except(given)
            .Where(option => option is not (HelpOption or VersionOption) && !OfKey.Contains(option.Name))
            .Where(option => !Opposites.Any(pair => (pair.One == option.Name && wanted.Contains(pair.Other)) || (pair.Other == option.Name && wanted.Contains(pair.One))))
            .Select(option => (option.Name, Value: ValueOf(option)))
            .Where(option => !string.IsNullOrEmpty(option.Value))
            .Select(option => (option.Name, Value: option.Value!))
            .ToList();

        // A key on the command line says that it is not about a sandbox.
        if (OfKey.Any(wanted.Contains)) added.RemoveAll(option => option.Name == Sandbox);
        if (options.Any(option => option.Name == Sandbox) && !wanted.Contains(Sandbox) && !added.Contains((Sandbox, "true")))
        {
            added.RemoveAll(option => OfSandbox.Contains(option.Name));
        }

        _added = added;
        var end = Array.IndexOf(arguments, "--") is var found and >= 0 ? found : arguments.Length;
        return [.. arguments[..end], .. added.Select(option => $"{option.Name}={option.Value}"), .. arguments[end..]];
    }

    /// <summary>A message, and where the options come from that it names, if they are not on the command line.</summary>
    public string WithOrigin(string message)
    {
        var words = message.Split([' ', '\'', ',', ';', '.', ':', '(', ')']);
        var origins = _added.Where(option => words.Contains(option.Name)).Select(option => $" {option.Name} comes from {VariableOf(option.Name)}.");
        return message + string.Concat(origins);
    }

    private static string VariableOf(string name) => Prefix + name.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    private static string? ValueOf(Option option)
    {
        var value = Environment.GetEnvironmentVariable(VariableOf(option.Name));
        if (option is not Option<bool> || string.IsNullOrEmpty(value)) return value;
        return value.ToLowerInvariant() switch
        {
            "true" or "1" => "true",
            "false" or "0" => "false",
            _ => throw new UsageException($"{VariableOf(option.Name)} was '{value}'; it must be true or false."),
        };
    }
}
