using System.CommandLine;
using Croct.Export.Cli.Output;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export all</c>: the three streams side by side.</summary>
internal static class AllCommand
{
    private static readonly ExportStream[] Streams = [ExportStream.Events, ExportStream.Sessions, ExportStream.Users];

    public static Command Create()
    {
        var command = new Command("all", """
            Exports events, sessions and users side by side, each into a file with a state of its own; the next run adds what came since.

            Examples:
              croct-export all --sandbox --output-dir export
              croct-export all --output-dir /var/lib/croct --compress gzip --report report.json
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
        command.SetAction(async (parsed, cancellationToken) =>
        {
            settings.CheckTogether(parsed);
            var target = Make(parsed.GetValue(folder)!);
            await using var open = await settings.Connection.OpenAsync(parsed, stream: null, cancellationToken);
            var destinations = new List<Destination>();
            try
            {
                var runs = new List<(ExportProgress Progress, Func<CancellationToken, Task> Run)>();
                foreach (var stream in Streams)
                {
                    var name = Path.Combine(target, stream.ToString().ToLowerInvariant());
                    var output = name + (settings.IsParquet(parsed) ? "-{run}" : "") + settings.ExtensionOf(parsed);
                    var format = settings.FormatOf(parsed, stream, output);
                    var destination = ExportCommand.OpenState(name + ".state", settings.RequestOf(parsed, stream, output), format, settings.EndOf(parsed), settings.IsEndGiven(parsed));
                    destinations.Add(destination);
                    var progress = settings.ProgressOf(parsed, stream, destination);
                    runs.Add((progress, token => ExportRunner.RunAsync(open.Client, settings.OptionsOf(parsed, stream), format, destination, progress, long.MaxValue, token)));
                }

                await settings.RunAsync(parsed, [.. runs.Select(run => run.Progress)], destinations, () => SideBySideAsync(runs.Select(run => run.Run), cancellationToken));
                return ExitCode.Done;
            }
            finally
            {
                foreach (var destination in destinations) await destination.DisposeAsync();
            }
        });
        return command;
    }

    /// <summary>Runs all to their ends; the first failure stops the others behind their pages in hand, and is what is thrown.</summary>
    private static async Task SideBySideAsync(IEnumerable<Func<CancellationToken, Task>> runs, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exception? first = null;
        await Task.WhenAll(runs.Select(async run =>
        {
            try
            {
                await Task.Run(() => run(stop.Token), CancellationToken.None);
            }
            catch (Exception exception)
            {
                if (Interlocked.CompareExchange(ref first, exception, null) is null) await stop.CancelAsync();
            }
        }));
        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    private static string Make(string folder)
    {
        if (folder.Contains("{run}", StringComparison.Ordinal) || folder.Contains("{date}", StringComparison.Ordinal))
        {
            throw new UsageException($"--output-dir '{folder}' cannot have {{run}} or {{date}}: the states stay in one folder, and so do the files.");
        }

        try
        {
            return Directory.CreateDirectory(folder).FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--output-dir '{folder}' cannot be made: {exception.Message}");
        }
    }
}
