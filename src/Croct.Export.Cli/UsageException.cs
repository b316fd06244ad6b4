namespace Croct.Export.Cli;

/// <summary>The command line cannot be carried out as it stands.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>What an argument exception says, without the name of the parameter that .NET puts behind it.</summary>
    public static string MessageOf(ArgumentException exception) =>
        exception.ParamName is { } name ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : exception.Message;
}
