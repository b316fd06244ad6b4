using System.CommandLine;
using Croct.Export;
using Croct.Export.Cli;
using Croct.Export.Cli.Commands;
using Croct.Export.Cli.Running;

Terminal.Prepare();
using var interruption = new Interruption();

var root = new RootCommand("""
    Exports events, sessions and users from the Croct Export API to files, to datasets in
    folders, S3 and Azure Blob Storage, and to PostgreSQL.

    Examples:
      croct-export events --sandbox                    try it without a key
      croct-export check                               check the key
      croct-export all --output-dir /var/lib/croct     run this every night
    """);
(string Name, Func<Command> Create)[] commands =
[
    ("events", () => ExportCommand.Create(ExportStream.Events, interruption)),
    ("sessions", () => ExportCommand.Create(ExportStream.Sessions, interruption)),
    ("users", () => ExportCommand.Create(ExportStream.Users, interruption)),
    ("all", () => AllCommand.Create(interruption)),
    ("get", GetCommand.Create),
    ("verify", () => VerifyCommand.Create(interruption)),
    ("check", CheckCommand.Create),
    ("schema", SchemaCommand.Create),
    ("sandbox", SandboxCommand.Create),
    ("completion", CompletionCommand.Create),
];

// Creating a command takes milliseconds, so only those that the arguments can refer to are created. To complete words, all are needed.
var named = args is ["completion", ..] ? [] : Array.FindAll(commands, command => command.Name == args.FirstOrDefault());
var needed = named.Length > 0 || args is ["--version"] ? named : commands;
foreach (var command in needed) root.Subcommands.Add(command.Create());
TerminalHelp.AddTo(root);

// No response files: an argument that begins with @, such as a file name, is taken literally.
var syntax = new ParserConfiguration { ResponseFileTokenReplacer = null };
var environment = new EnvironmentOptions(root, syntax);
var isVerbose = false;
try
{
    var parsed = root.Parse(environment.AddTo(args), syntax);
    if (parsed.Errors.Count > 0)
    {
        foreach (var error in UsageErrors.Of(parsed, environment.WithOrigin)) Terminal.WriteMessage(error);
        return ExitCode.WrongUsage;
    }

    isVerbose = parsed.CommandResult.Command.Options.Any(option => option.Name == "--verbose") && parsed.GetValue<bool>("--verbose");

    // The tool handles signals itself, so that the exit code shows which one was received.
    return await parsed.InvokeAsync(
        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
        interruption.Token);
}
catch (OperationCanceledException) when (interruption.ExitCode is not null)
{
    Terminal.WriteMessage("Stopped by a signal.");
    return interruption.ExitCode.Value;
}
catch (Exception exception) when (exception is UsageException or ArgumentException or ExportException or IOException or UnauthorizedAccessException)
{
    Terminal.WriteMessage(environment.WithOrigin(Failures.Describe(exception)));
    return ExitCode.Of(exception);
}
catch (Exception exception)
{
    // An unexpected error: the stack trace is useful only for debugging.
    Terminal.WriteMessage($"{exception.GetType().Name}: {exception.Message}");
    if (isVerbose) Console.Error.WriteLine(exception.StackTrace);
    return ExitCode.Failed;
}
