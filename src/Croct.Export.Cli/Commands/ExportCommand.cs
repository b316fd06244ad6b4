using System.CommandLine;
using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export events|sessions|users</c>.</summary>
internal static class ExportCommand
{
    public static Command Create(ExportStream stream, Interruption interruption)
    {
        var name = stream.ToString().ToLowerInvariant();
        var command = new Command(name, $"""
            Exports {name}.

            Examples:
              croct-export {name} --sandbox --output {name}.ndjson
              croct-export {name} --start 2026-01-01 --end 2026-02-01 --format csv \
                --output january.csv.gz
              croct-export {name} --state {name}.state --output {name}.ndjson
                (every night: continues where the last run ended)
              croct-export {name} --state {name}.state --format parquet \
                --output "{name}-{NamePattern.Run}.parquet"
            """);
        var settings = new ExportSettings();
        var maxItems = new Option<long?>("--max-items")
        {
            Description = "Stop after so many items; no limit by default. The cursor of the report then leads to the page that was cut, so that its items come again.",
            CustomParser = result => Parse.Number(result, 1, long.MaxValue),
            HelpName = "N",
        };
        var cursor = new Option<string?>("--cursor")
        {
            Description = "Begin at this cursor, such as the lastCursor of a report. It must be of the same stream, window and event types.",
            HelpName = "CURSOR",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = $"The file to write, or - for standard output. A new file has its name only when the export is complete. With --state, {NamePattern.Run} and {NamePattern.Date} stand for the number and the date (UTC) of the run.",
            DefaultValueFactory = _ => OutputFile.StandardOutput,
            HelpName = "FILE|-",
        };
        var state = new Option<string?>("--state")
        {
            Description = "Keep in this file how far the export has come. An interrupted run is continued, and a later one adds what came since: every row is in the files once.",
            HelpName = "FILE",
        };
        var lookback = new Option<TimeSpan?>("--lookback")
        {
            Description = "With --state: each run exports a window of time, from so long before the end of the run before (--start for the first one) to --end or now. What the files have already is dropped by id and time.",
            CustomParser = result => Parse.Duration(result, max: TimeSpan.FromDays(100_000)),
            HelpName = "30m|2h|1d",
        };

        foreach (var option in new Option[] { output, state, lookback, cursor, maxItems }) command.Options.Add(option);
        settings.AddTo(command, withEvents: stream == ExportStream.Events);
        command.SetAction((parsed, _) =>
        {
            var plan = settings.StreamOf(parsed, stream, parsed.GetValue(output)!, parsed.GetValue(state)) with
            {
                Cursor = parsed.GetValue(cursor),
                MaxItems = parsed.GetValue(maxItems),
                Lookback = parsed.GetValue(lookback),
            };
            return settings.PlanOf(parsed, stream, [plan]).RunAsync(interruption);
        });
        return command;
    }
}
