using System.CommandLine;
using Croct.Export;
using Croct.Export.Cli;
using Croct.Export.Cli.Commands;
using Croct.Export.Cli.Running;

Terminal.Prepare();
using var interruption = new Interruption();

var root = new RootCommand("""
    Brings events, sessions and users of the Croct Export API into files.

    Examples:
      croct-export events --sandbox                    try it without a key
      croct-export check                               is the key right?
      croct-export all --output-dir /var/lib/croct     every night
    """)
{
    ExportCommand.Create(ExportStream.Events, interruption),
    ExportCommand.Create(ExportStream.Sessions, interruption),
    ExportCommand.Create(ExportStream.Users, interruption),
    AllCommand.Create(interruption),
    GetCommand.Create(),
    CheckCommand.Create(),
    SchemaCommand.Create(),
    SandboxCommand.Create(),
    CompletionCommand.Create(),
};
TerminalHelp.AddTo(root);

// An argument may begin with @, as the name of a file does now and then: it is not the name of a file with further arguments.
var syntax = new ParserConfiguration { ResponseFileTokenReplacer = null };
var environment = new EnvironmentOptions(root, syntax);
var isVerbose = false;
try
{
    var parsed = root.Parse(environment.AddTo(args), syntax);
    if (parsed.Errors.Count > 0)
    {
        foreach (var error in UsageErrors.Of(parsed, environment.WithOrigin)) Terminal.Tell(error);
        return ExitCode.WrongUsage;
    }

    isVerbose = parsed.GetResult("--verbose") is not null && parsed.GetValue<bool>("--verbose");

    // Signals are handled here, so that the exit code tells which one it was.
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interruption.Token);
}
catch (OperationCanceledException) when (interruption.ExitCode is not null)
{
    Terminal.Tell("Stopped before the end.");
    return interruption.ExitCode.Value;
}
catch (Exception exception) when (exception is UsageException or ArgumentException or ExportException or IOException or UnauthorizedAccessException)
{
    Terminal.Tell(environment.WithOrigin(Failures.Describe(exception)));
    return ExitCode.Of(exception);
}
catch (Exception exception)
{
    // Nobody foresaw it: the trace helps who mends it, and nobody else.
    Terminal.Tell($"{exception.GetType().Name}: {exception.Message}");
    if (isVerbose) Console.Error.WriteLine(exception.StackTrace);
    return ExitCode.Failed;
}
