using System.CommandLine;
using Croct.Export.Cli.Output;
using Croct.Export.Cli.Output.Tables;
using Croct.Export.Cli.State;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export events|sessions|users</c>.</summary>
internal static class ExportCommand
{
    public static Command Create(ExportStream stream)
    {
        var name = stream.ToString().ToLowerInvariant();
        var command = new Command(name, $"""
            Exports {name}.

            Examples:
              croct-export {name} --sandbox --output {name}.ndjson
              croct-export {name} --start 2026-01-01 --end 2026-02-01 --format csv --output january.csv.gz
              croct-export {name} --state {name}.state --output {name}.ndjson    every night: goes on where the last run ended
              croct-export {name} --state {name}.state --format parquet --output "{name}-{"{run}"}.parquet"
            """);
        var settings = new ExportSettings();
        var maxItems = new Option<long?>("--max-items")
        {
            Description = "Stop after so many items; no limit by default.",
            CustomParser = result => Parse.Number(result, 1, long.MaxValue),
            HelpName = "N",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The file to write, or - for standard output. A new file has its name only when the export is complete. With --state, {run} and {date} stand for the number and the date (UTC) of the run.",
            DefaultValueFactory = _ => "-",
            HelpName = "FILE|-",
        };
        var state = new Option<string?>("--state")
        {
            Description = "Keep in this file how far the export has come. An interrupted run is gone on with, and a later one adds what came since: every row is in the files once.",
            HelpName = "FILE",
        };

        var lookback = new Option<TimeSpan?>("--lookback")
        {
            Description = "With --state: each run exports a window of time, from so long before the end of the run before (--start for the first one) to --end or now. What the files have already is dropped by its id.",
            CustomParser = result => Parse.Duration(result, most: TimeSpan.FromDays(100_000)),
            HelpName = "30m|2h|1d",
        };

        command.Options.Add(output);
        command.Options.Add(state);
        command.Options.Add(lookback);
        command.Options.Add(maxItems);
        settings.AddTo(command, withEvents: stream == ExportStream.Events);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var target = parsed.GetValue(output)!;
            settings.CheckTogether(parsed);
            settings.CheckName(parsed, target);
            if (parsed.GetValue(state) is null && (target.Contains("{run}", StringComparison.Ordinal) || target.Contains("{date}", StringComparison.Ordinal)))
            {
                throw new UsageException($"--output '{target}': {{run}} and {{date}} go with --state, which counts the runs.");
            }

            if (parsed.GetValue(lookback) is not null && parsed.GetValue(state) is null) throw new UsageException("--lookback needs --state, which knows what the run before exported.");
            if (parsed.GetValue(state) is not null)
            {
                if (target == "-") throw new UsageException("--state needs an --output that is a file.");
                if (parsed.GetValue(maxItems) is not null) throw new UsageException("--max-items cannot go with --state: there is no cursor in the middle of a page.");
            }

            if (settings.IsParquet(parsed) && CompressedStream.Of(target) is not null)
            {
                throw new UsageException($"--output '{target}' names a compressed file, but a Parquet file is compressed within; name it .parquet and choose with --compress.");
            }

            var (format, most) = (settings.FormatOf(parsed, stream, target), parsed.GetValue(maxItems) ?? long.MaxValue);
            await using var open = await settings.Connection.OpenAsync(parsed, stream, cancellationToken);
            var end = settings.EndOf(parsed);
            await using var destination = parsed.GetValue(state) is { } file
                ? OpenState(file, settings.RequestOf(parsed, stream, target, parsed.GetValue(lookback)), format, end, settings.IsEndGiven(parsed))
                : (Destination)OutputFile.Open(target);
            var progress = settings.ProgressOf(parsed, stream, destination);
            var options = settings.OptionsOf(parsed, stream);
            options.PageSize = (int)Math.Min(options.PageSize!.Value, most);
            await settings.RunAsync(parsed, [progress], [destination], () => ExportRunner.RunAsync(open.Client, options, format, destination, progress, most, cancellationToken));
            if (destination.Window is { } window && window.End < end)
            {
                await Console.Error.WriteLineAsync($"croct-export: This finished the window to {window.End.UtcDateTime:O} of a run that was interrupted; run it again for what came since.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    public static StatefulFile OpenState(string state, ExportRequest request, Format format, DateTimeOffset end, bool isEndGiven)
    {
        if (!format.IsResumable && !request.Output.Contains("{run}", StringComparison.Ordinal) && !request.Output.Contains("{date}", StringComparison.Ordinal))
        {
            throw new UsageException("--format parquet with --state needs {run} or {date} in --output: a Parquet file cannot be added to, so that each run makes a file of its own.");
        }

        if (string.IsNullOrWhiteSpace(state)) throw new UsageException("--state was blank; it must name a file.");
        return StatefulFile.Open(state, request, isWhole: !format.IsResumable, end, isEndGiven, DateTimeOffset.UtcNow);
    }
}
