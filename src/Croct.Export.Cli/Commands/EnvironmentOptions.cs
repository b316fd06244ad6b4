using System.CommandLine;

namespace Croct.Export.Cli.Commands;

/// <summary>Options that the command line leaves out can come from the environment: <c>--page-size</c> from <c>CROCT_EXPORT_PAGE_SIZE</c>.</summary>
internal static class EnvironmentOptions
{
    private const string Prefix = "CROCT_EXPORT_";

    /// <summary>The arguments, and behind them, but before a <c>--</c> that ends the options, those that the environment adds.</summary>
    public static string[] AddTo(RootCommand root, string[] arguments)
    {
        var parsed = root.Parse(arguments);
        var added = parsed.CommandResult.Command.Options
            .Where(option => option.Name.StartsWith("--", StringComparison.Ordinal) && parsed.GetResult(option) is null or { Implicit: true })
            .Select(option => (option.Name, Value: Environment.GetEnvironmentVariable(VariableOf(option.Name))))
            .Where(option => !string.IsNullOrEmpty(option.Value))
            .Select(option => $"{option.Name}={option.Value}");
        var end = Array.IndexOf(arguments, "--") is var found and >= 0 ? found : arguments.Length;
        return [.. arguments[..end], .. added, .. arguments[end..]];
    }

    private static string VariableOf(string option) => Prefix + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();
}
