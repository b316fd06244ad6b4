using System.CommandLine;
using System.Runtime.InteropServices;
using Croct.Export;
using Croct.Export.Cli.Commands;

using var stop = new CancellationTokenSource();
var stopCode = ExitCode.Done;
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, ExitCode.Interrupted));
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, ExitCode.Terminated));

var root = new RootCommand("Brings events, sessions and users of the Croct Export API into files. Try it without a key: croct-export events --sandbox")
{
    ExportCommand.Create(ExportStream.Events),
    ExportCommand.Create(ExportStream.Sessions),
    ExportCommand.Create(ExportStream.Users),
    AllCommand.Create(),
    GetCommand.Create(),
    SchemaCommand.Create(),
    SandboxCommand.Create(),
};

ParseResult parsed;
try
{
    parsed = root.Parse(EnvironmentOptions.AddTo(root, args));
}
catch (UsageException exception)
{
    Fail(exception.Message);
    return ExitCode.WrongUsage;
}

if (parsed.Errors.Count > 0)
{
    foreach (var error in UsageErrors.Of(parsed)) Fail(error);
    return ExitCode.WrongUsage;
}

try
{
    // Signals are handled above, so that the exit code tells which one it was.
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Fail("Stopped before the end.");
    return stopCode;
}
catch (Exception exception) when (exception is UsageException or ArgumentException)
{
    Fail(exception is ArgumentException argument ? UsageException.MessageOf(argument) : exception.Message);
    return ExitCode.WrongUsage;
}
catch (Exception exception) when (exception is ExportException or IOException or UnauthorizedAccessException)
{
    var attempts = exception is ExportException { Attempts: > 1 and var many } ? $" ({many} attempts)" : "";
    Fail($"{exception.Message}{Hints.Of(exception)}{attempts}");
    return ExitCode.Failed;
}
catch (Exception exception)
{
    // Nobody foresaw it: the trace helps who mends it, and nobody else.
    Fail($"{exception.GetType().Name}: {exception.Message}");
    if (parsed.GetResult("--verbose") is not null && parsed.GetValue<bool>("--verbose")) Console.Error.WriteLine(exception.StackTrace);
    return ExitCode.Failed;
}

void Stop(PosixSignalContext signal, int code)
{
    // A second signal ends the process at once, and so does the time that a page may take to be written: a pipe that nobody reads would hold it for ever.
    if (stop.IsCancellationRequested) return;
    signal.Cancel = true;
    stopCode = code;
    stop.Cancel();
    _ = Task.Delay(TimeSpan.FromSeconds(10)).ContinueWith(_ => Environment.Exit(code), TaskScheduler.Default);
}

static void Fail(string message) => Console.Error.WriteLine($"croct-export: {message.ReplaceLineEndings(" ")}");
