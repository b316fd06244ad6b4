using System.CommandLine;
using System.CommandLine.Help;

namespace Croct.Export.Cli.Commands;

/// <summary>Takes options that are not on the command line from the environment: <c>--page-size</c> from <c>CROCT_EXPORT_PAGE_SIZE</c>.</summary>
internal sealed class EnvironmentOptions(RootCommand root, ParserConfiguration syntax)
{
    private const string Prefix = "CROCT_EXPORT_";
    private const string Sandbox = "--sandbox";
    private const string Output = "--output";

    /// <summary>The option that requires an output in S3. For another one, its variable is ignored.</summary>
    private const string S3OnlyOption = "--s3-endpoint";

    /// <summary>Pairs of options that exclude each other: one on the command line overrides the other in the environment.</summary>
    private static readonly (string One, string Other)[] ExclusivePairs =
        [("--quiet", "--verbose"), (Sandbox, "--base-address")];

    /// <summary>Options that require a sandbox. Without one, their variables are ignored.</summary>
    private static readonly string[] SandboxOnlyOptions = ["--sandbox-items", "--seed", "--fault"];

    /// <summary>Options that have variables of their own.</summary>
    private static readonly string[] KeyOptions = ["--api-key", "--api-key-file"];

    private IReadOnlyList<(string Name, string Value)> _added = [];

    /// <summary>Returns the arguments followed by the options from the environment, which come before a <c>--</c> that ends the options.</summary>
    /// <exception cref="UsageException">The variable of a flag is neither true nor false.</exception>
    public string[] AddTo(string[] arguments)
    {
        // Usually there are none, and the start-up of the program can do without parsing its arguments twice.
        var variables = Environment.GetEnvironmentVariables().Keys.Cast<string>();
        if (!variables.Any(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))) return arguments;

        var parsed = root.Parse(arguments, syntax);
        var options = parsed.CommandResult.Command.Options;
        var given = options.Where(option => parsed.GetResult(option) is { Implicit: false }).ToList();
        var wanted = given.Where(option => option is not Option<bool> flag || parsed.GetValue(flag)).Select(option => option.Name).ToList();
        var added = options.Except(given)
            .Where(option => option is not (HelpOption or VersionOption) && !KeyOptions.Contains(option.Name))
            .Where(option => !ExclusivePairs.Any(pair =>
                (pair.One == option.Name && wanted.Contains(pair.Other))
                || (pair.Other == option.Name && wanted.Contains(pair.One))))
            .Select(option => (option.Name, Value: ReadValue(option)))
            .Where(option => !string.IsNullOrEmpty(option.Value))
            .Select(option => (option.Name, Value: option.Value!))
            .ToList();

        // A key on the command line overrides --sandbox in the environment.
        if (KeyOptions.Any(wanted.Contains)) added.RemoveAll(option => option.Name == Sandbox);
        if (options.Any(option => option.Name == Sandbox) && !wanted.Contains(Sandbox) && !added.Contains((Sandbox, "true")))
        {
            added.RemoveAll(option => SandboxOnlyOptions.Contains(option.Name));
        }

        var output = added.FirstOrDefault(option => option.Name == Output).Value
            ?? (options.FirstOrDefault(option => option.Name == Output) is Option<string> other ? parsed.GetValue(other) : null);
        if (output?.StartsWith("s3:", StringComparison.OrdinalIgnoreCase) != true) added.RemoveAll(option => option.Name == S3OnlyOption);

        _added = added;
        var end = Array.IndexOf(arguments, "--") is var found and >= 0 ? found : arguments.Length;
        return [.. arguments[..end], .. added.Select(option => $"{option.Name}={option.Value}"), .. arguments[end..]];
    }

    /// <summary>Appends to a message the variables of those options in it that come from the environment.</summary>
    public string WithOrigin(string message)
    {
        var words = message.Split([' ', '\'', ',', ';', '.', ':', '(', ')']);
        var origins = _added.Where(option => words.Contains(option.Name)).Select(option => $" {option.Name} comes from {GetVariableName(option.Name)}.");
        return message + string.Concat(origins);
    }

    private static string GetVariableName(string name) => Prefix + name.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    private static string? ReadValue(Option option)
    {
        var value = Environment.GetEnvironmentVariable(GetVariableName(option.Name));
        if (option is not Option<bool> || string.IsNullOrEmpty(value)) return value;
        return value.ToLowerInvariant() switch
        {
            "true" or "1" => "true",
            "false" or "0" => "false",
            _ => throw new UsageException($"{GetVariableName(option.Name)} was '{value}'; it must be true or false."),
        };
    }
}
