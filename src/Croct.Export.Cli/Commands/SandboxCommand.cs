using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export sandbox</c>.</summary>
internal static partial class SandboxCommand
{
    /// <summary>In the order of <see cref="SandboxStream"/>.</summary>
    private static readonly string[] StreamNames = [.. Enum.GetNames<SandboxStream>().Select(name => name.ToLowerInvariant())];

    public static Command Create()
    {
        var port = new Option<int>("--port")
        {
            Description = "The port on 127.0.0.1; 0 for any free port.",
            CustomParser = result => (int)Parse.Number(result, 0, 65535),
            HelpName = "N",
        };
        var items = ConnectionOptions.SandboxItems();
        var seed = ConnectionOptions.Seed();
        var timeUnit = new Option<TimeUnit>("--time-unit")
        {
            Description = "The unit in which the sandbox expects time windows; seconds by default.",
            CustomParser = result => Parse.TimeUnit(result, canDetect: false),
            HelpName = "seconds|milliseconds",
        };
        var faults = ConnectionOptions.Faults();
        var endOfData = new Option<SandboxEndOfData>("--end-of-data")
        {
            Description = "How the sandbox marks the end of the data: an empty page (the default) or a null cursor.",
            CustomParser = Parse.EndOfData,
            HelpName = "empty-page|null-cursor",
        };
        var growth = new Option<int>("--events-per-second")
        {
            Description = "The number of events added per second while the sandbox runs; sessions and users grow with them.",
            CustomParser = result => (int)Parse.Number(result, 0, 1_000_000),
            DefaultValueFactory = _ => 0,
            HelpName = "N",
        };
        var latePercent = new Option<int>("--late-percent")
        {
            Description = "The percentage of late events among those added while the sandbox runs: they are older than existing events. 0 to 100.",
            CustomParser = result => (int)Parse.Number(result, 0, 100),
            DefaultValueFactory = _ => 0,
            HelpName = "N",
        };
        var firstEvent = new Option<DateTimeOffset?>("--first-event")
        {
            Description = "The time of the first event, from 1970 to 2200, as for --start of an export: 2026-01-01 or -30d. [default: 2024-01-01]",
            CustomParser = FirstEvent,
            HelpName = "TIME",
            CompletionSources = { "today", "yesterday" },
        };
        var apiKey = new Option<string?>("--api-key")
        {
            Description = "The only key that is accepted, a version 4 UUID. It is not printed. By default, a fixed key, which is printed and protects nothing.",
            CustomParser = Key,
            HelpName = "KEY",
        };
        var noPermission = new Option<SandboxStream[]>("--no-permission")
        {
            Description = "The streams that the key may not read, separated by commas: the response is 403.",
            CustomParser = Streams,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
            HelpName = "STREAM,...",
        };

        // The default completions of an enum are its names in C#.
        foreach (var option in new Option[] { timeUnit, endOfData, noPermission }) option.CompletionSources.Clear();
        timeUnit.CompletionSources.Add("seconds", "milliseconds");
        endOfData.CompletionSources.Add("empty-page", "null-cursor");
        noPermission.CompletionSources.Add(context => CompletionCommand.CompleteList(context, StreamNames));
        var ignoreWindow = new Option<bool>("--ignore-window")
        {
            Description = "Accept the start and end of a window, but return all items, like a server that does not support windows.",
        };
        var command = new Command("sandbox", """
            Runs an emulation of the API on 127.0.0.1 until Ctrl+C.

            Examples:
              croct-export sandbox
              croct-export sandbox --port 4000 --sandbox-items 1000000 \
                --fault 429:every=10,retry-after=1
              croct-export sandbox --no-permission users --events-per-second 10
            """)
        {
            port, items, seed, timeUnit, faults, endOfData, growth, latePercent, firstEvent, apiKey, noPermission, ignoreWindow, FaultsCommand(),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = ConnectionOptions.CreateSandboxOptions(ExportStream.Events, parsed.GetValue(items), parsed.GetValue(seed), parsed.GetValue(timeUnit));
            options.Port = parsed.GetValue(port);
            options.Faults = parsed.GetValue(faults)!;
            options.EndOfData = parsed.GetValue(endOfData);
            options.EventsPerSecond = parsed.GetValue(growth);
            options.LatePercent = parsed.GetValue(latePercent);
            options.Start = parsed.GetValue(firstEvent) ?? options.Start;
            options.ApiKey = parsed.GetValue(apiKey) ?? options.ApiKey;
            options.ForbiddenStreams = parsed.GetValue(noPermission)!;
            options.IgnoreWindows = parsed.GetValue(ignoreWindow);
            if (options.LatePercent > 0 && options.Events == 0)
            {
                throw new UsageException("--late-percent requires --sandbox-items of at least 1: late events happen at the times of other events.");
            }

            await using var sandbox = await StartAsync(options, cancellationToken);
            if (sandbox is null) return ExitCode.Failed;
            await Console.Out.WriteLineAsync($"address  {sandbox.BaseAddress}");
            await Console.Out.WriteLineAsync($"api key  {(parsed.GetValue(apiKey) is null ? sandbox.ApiKey : "as given")}");
            await Console.Error.WriteLineAsync("Serving until Ctrl+C.");

            var stopped = new TaskCompletionSource();
            await using (cancellationToken.Register(stopped.SetResult)) await stopped.Task;
            return ExitCode.Done;
        });
        return command;
    }

    /// <returns>Null if the sandbox cannot listen on the port. The error is reported here, since it is not a disk error.</returns>
    private static async Task<SandboxServer?> StartAsync(SandboxOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await SandboxServer.StartAsync(options, cancellationToken);
        }
        catch (IOException exception)
        {
            Terminal.WriteMessage(exception.Message.Replace(nameof(SandboxOptions.Port), "--port", StringComparison.Ordinal));
            return null;
        }
    }

    private static DateTimeOffset? FirstEvent(ArgumentResult result)
    {
        const int MaxYear = 2200;
        var time = Parse.Time(result)?.Time;
        if (time?.UtcDateTime.Year > MaxYear)
        {
            result.AddError($"--first-event was '{result.Tokens.Single().Value}'; it must not be after the year {MaxYear}.");
        }

        return time;
    }

    /// <summary>The error does not repeat the key, which may be a real one with a typo.</summary>
    private static string? Key(ArgumentResult result)
    {
        var key = result.Tokens.Single().Value;
        if (!VersionFour().IsMatch(key)) result.AddError("--api-key must be a version 4 UUID.");
        return key;
    }

    private static SandboxStream[] Streams(ArgumentResult result)
    {
        var names = result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)).ToList();
        foreach (var unknown in names.Except(StreamNames))
        {
            result.AddError($"--no-permission has '{unknown}'; the streams are {string.Join(", ", StreamNames)}.");
        }

        return [.. names.Select(name => (SandboxStream)Math.Max(0, Array.IndexOf(StreamNames, name))).Distinct()];
    }

    [GeneratedRegex(@"\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex VersionFour();

    private static Command FaultsCommand()
    {
        var command = new Command("faults", """
            Lists the faults for --fault.

            Examples:
              croct-export sandbox faults
              croct-export events --sandbox --fault 503:request=2 \
                --fault cut:request=3
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
