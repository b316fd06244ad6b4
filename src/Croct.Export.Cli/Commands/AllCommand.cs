using System.CommandLine;
using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Planning;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export all</c>: exports the three streams concurrently.</summary>
internal static class AllCommand
{
    private static readonly ExportStream[] Streams = [ExportStream.Events, ExportStream.Sessions, ExportStream.Users];

    public static Command Create(Interruption interruption)
    {
        var command = new Command("all", """
            Exports events, sessions and users at the same time, each to its own file, dataset
            or table; the next run adds new items. If one stream fails, the others continue.

            Examples:
              croct-export all --sandbox --output-dir export
              croct-export all --output-dir /var/lib/croct --compress gzip \
                --report report.json
              croct-export all --start 2026-01-01 --end today --slice-by 1d \
                --parallel 4 --format parquet --output data/
              croct-export all --output "postgres://loader@db.example/shop?schema=croct"
            """);
        var output = new Option<string?>("--output", "-o")
        {
            Description = "Instead of --output-dir: the folder, or s3://BUCKET/PREFIX/ or az://CONTAINER/PREFIX/, of a dataset of parts for each stream, " +
                "with a slash at the end; or postgres://USER@HOST/DATABASE?schema=SCHEMA for tables.",
            HelpName = "DIR/|URL/",
        };
        var folder = new Option<string?>("--output-dir")
        {
            Description = "The folder for events.ndjson, sessions.ndjson, users.ndjson and their states, *.state. " +
                "It is created if it does not exist. The names of Parquet files include the number of the run.",
            HelpName = "DIR",
        };
        var settings = new ExportSettings();
        command.Options.Add(folder);
        command.Options.Add(output);
        command.Validators.Add(result =>
        {
            var isDataset = result.GetResult(output) is not null;
            if (isDataset == result.GetResult(folder) is not null) result.AddError($"Pass either {folder.Name} DIR or {output.Name} DIR/.");
            if (isDataset && !StorePlan.IsDataset(result.GetValue(output)!))
            {
                result.AddError($"{output.Name} was '{result.GetValue(output)}'; with all, it must be a folder that ends with a slash.");
            }
        });
        settings.AddTo(command, withEvents: true);
        command.SetAction((parsed, _) =>
        {
            var target = parsed.GetValue(folder);
            var streams = Streams.Select(stream =>
            {
                if (target is null) return settings.CreateStreamPlan(parsed, stream, parsed.GetValue(output)!, state: null);
                var name = Path.Combine(Path.GetFullPath(target), stream.ToString().ToLowerInvariant());
                var format = settings.CreateFormat(parsed);
                return settings.CreateStreamPlan(parsed, stream, name + (format.IsResumable ? "" : "-" + NamePattern.Run) + format.Extension, name + ".state");
            });
            return settings.CreatePlan(parsed, stream: null, [.. streams], target).RunAsync(interruption);
        });
        return command;
    }
}
