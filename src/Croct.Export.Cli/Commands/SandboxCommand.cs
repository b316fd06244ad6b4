using System.CommandLine;
using Croct.Export.Sandbox;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export sandbox</c>.</summary>
internal static class SandboxCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port")
        {
            Description = "The port on 127.0.0.1; 0 for any free one.",
            CustomParser = result => (int)Parse.Number(result, 0, 65535),
            HelpName = "N",
        };
        var items = ConnectionOptions.SandboxItems();
        var seed = ConnectionOptions.Seed();
        var timeUnit = new Option<TimeUnit>("--time-unit")
        {
            Description = "The unit in which the sandbox takes time windows; seconds by default.",
            CustomParser = result => Parse.TimeUnit(result, canDetect: false),
            HelpName = "seconds|milliseconds",
        };
        var faults = ConnectionOptions.Faults();
        var endOfData = new Option<SandboxEndOfData>("--end-of-data")
        {
            Description = "How the sandbox tells that there is nothing more: an empty page, as by default, or a null cursor.",
            CustomParser = Parse.EndOfData,
            HelpName = "empty-page|null-cursor",
        };
        var growth = new Option<int>("--events-per-second")
        {
            Description = "How many events come every second while the sandbox serves; sessions and users grow with them.",
            CustomParser = result => (int)Parse.Number(result, 0, 1_000_000),
            DefaultValueFactory = _ => 0,
            HelpName = "N",
        };
        var command = new Command("sandbox", """
            Serves an emulation of the API on 127.0.0.1 until Ctrl+C.

            Examples:
              croct-export sandbox
              croct-export sandbox --port 4000 --sandbox-items 1000000 --fault 429:every=10,retry-after=1
            """)
        {
            port, items, seed, timeUnit, faults, endOfData, growth, FaultsCommand(),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = ConnectionOptions.SandboxOf(ExportStream.Events, parsed.GetValue(items), parsed.GetValue(seed), parsed.GetValue(timeUnit));
            options.Port = parsed.GetValue(port);
            options.Faults = parsed.GetValue(faults)!;
            options.EndOfData = parsed.GetValue(endOfData);
            options.EventsPerSecond = parsed.GetValue(growth);
            await using var sandbox = await SandboxServer.StartAsync(options, cancellationToken);
            await Console.Out.WriteLineAsync($"address  {sandbox.BaseAddress}");
            await Console.Out.WriteLineAsync($"api key  {sandbox.ApiKey}");
            await Console.Error.WriteLineAsync("Serving until Ctrl+C.");

            var stopped = new TaskCompletionSource();
            await using (cancellationToken.Register(stopped.SetResult)) await stopped.Task;
            return ExitCode.Done;
        });
        return command;
    }

    private static Command FaultsCommand()
    {
        var command = new Command("faults", """
            Lists what can go wrong, for --fault.

            Examples:
              croct-export sandbox faults
              croct-export events --sandbox --fault 503:request=2 --fault cut:request=3
            """);
        command.SetAction(async (_, _) =>
        {
            await Console.Out.WriteLineAsync("| fault | what it does | settings |\n| --- | --- | --- |");
            foreach (var kind in SandboxFault.Kinds) await Console.Out.WriteLineAsync($"| `{kind.Name}` | {kind.Summary} | {kind.Settings} |");
            return ExitCode.Done;
        });
        return command;
    }
}
