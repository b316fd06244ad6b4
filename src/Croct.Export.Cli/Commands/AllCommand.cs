using System.CommandLine;
using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export all</c>: the three streams side by side.</summary>
internal static class AllCommand
{
    private static readonly ExportStream[] Streams = [ExportStream.Events, ExportStream.Sessions, ExportStream.Users];

    public static Command Create(Interruption interruption)
    {
        var command = new Command("all", """
            Exports events, sessions and users side by side, each into a file with a state of
            its own; the next run adds what came since. A failure of one stream does not stop
            the others.

            Examples:
              croct-export all --sandbox --output-dir export
              croct-export all --output-dir /var/lib/croct --compress gzip \
                --report report.json
            """);
        var folder = new Option<string>("--output-dir")
        {
            Description = "The folder for events.ndjson, sessions.ndjson, users.ndjson and their states, *.state. Made if it is not there. Parquet files get the number of the run into their names.",
            Required = true,
            HelpName = "DIR",
        };
        var settings = new ExportSettings();
        command.Options.Add(folder);
        settings.AddTo(command, withEvents: true);
        command.SetAction((parsed, _) =>
        {
            var target = parsed.GetValue(folder)!;
            var streams = Streams.Select(stream =>
            {
                var name = Path.Combine(Path.GetFullPath(target), stream.ToString().ToLowerInvariant());
                var format = settings.FormatOf(parsed);
                return settings.StreamOf(parsed, stream, name + (format.IsResumable ? "" : "-" + NamePattern.Run) + format.Extension, name + ".state");
            });
            return settings.PlanOf(parsed, stream: null, [.. streams], target).RunAsync(interruption);
        });
        return command;
    }
}
