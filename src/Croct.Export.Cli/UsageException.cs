namespace Croct.Export.Cli;

/// <summary>The command line is invalid or cannot be carried out.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>The message of an argument exception, without the parameter name that .NET appends.</summary>
    public static string GetMessage(ArgumentException exception) =>
        exception.ParamName is { } name ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : exception.Message;
}
