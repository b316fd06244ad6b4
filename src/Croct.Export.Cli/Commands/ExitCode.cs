namespace Croct.Export.Cli.Commands;

/// <summary>What scripts see; part of the documented face of the tool.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int Interrupted = 130;
    public const int Terminated = 143;
}
