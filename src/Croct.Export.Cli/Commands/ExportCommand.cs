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
                (every night; continues where the last run ended)
              croct-export {name} --start 2026-01-01 --end today --slice-by 1d \
                --parallel 4 --format parquet --output data/
                (a backfill, and every night: only what is missing)
            """);
        var settings = new ExportSettings();
        var maxItems = new Option<long?>("--max-items")
        {
            Description = "Stop after N items; no limit by default. The cursor in the report then points to the page that was cut, " +
                "so that its items are exported again.",
            CustomParser = result => Parse.Number(result, 1, long.MaxValue),
            HelpName = "N",
        };
        var cursor = new Option<string?>("--cursor")
        {
            Description = "Start at this cursor, such as the lastCursor of a report. It must belong to the same stream, window and event types.",
            HelpName = "CURSOR",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The file to write, - for standard output, or DIR/, s3://BUCKET/PREFIX/ or az://CONTAINER/PREFIX/ for a dataset of parts, " +
                "or postgres://USER@HOST/DATABASE?schema=SCHEMA for tables; both continue where they ended. " +
                "A new file gets its name only when the export is complete. " +
                $"With --state, {NamePattern.Run} and {NamePattern.Date} stand for the number and the date (UTC) of the run.",
            DefaultValueFactory = _ => OutputFile.StandardOutput,
            HelpName = "FILE|DIR/|URL/|-",
        };
        var state = new Option<string?>("--state")
        {
            Description = "Keep the progress of the export in this file. The next run continues an interrupted one, or adds new items after a complete one. " +
                "Every row is in the files once.",
            HelpName = "FILE",
        };
        var lookback = new Option<TimeSpan?>("--lookback")
        {
            Description = "With --state: each run exports a time window that starts this long before the end of the previous one (the first run: at --start) " +
                "and ends at --end or now. Items that are already in the files, by id and time, are dropped.",
            CustomParser = result => Parse.Duration(result, max: TimeSpan.FromDays(100_000)),
            HelpName = "30m|2h|1d",
        };

        foreach (var option in new Option[] { output, state, lookback, cursor, maxItems }) command.Options.Add(option);
        settings.AddTo(command, withEvents: stream == ExportStream.Events);
        command.SetAction((parsed, _) =>
        {
            var plan = settings.CreateStreamPlan(parsed, stream, parsed.GetValue(output)!, parsed.GetValue(state)) with
            {
                Cursor = parsed.GetValue(cursor),
                MaxItems = parsed.GetValue(maxItems),
                Lookback = parsed.GetValue(lookback),
            };
            return settings.CreatePlan(parsed, stream, [plan]).RunAsync(interruption);
        });
        return command;
    }
}
