using System.CommandLine;
using Croct.Export.Cli.Output;
using Croct.Export.Cli.Output.Tables;
using Croct.Export.Models;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export events|sessions|users</c>.</summary>
internal static class ExportCommand
{
    public static Command Create(ExportStream stream)
    {
        var name = stream.ToString().ToLowerInvariant();
        var command = new Command(name, $"Exports {name} as NDJSON: one line of JSON an item, as received.");
        var start = TimeOption("--start", "Start of the time window, inclusive.");
        var end = TimeOption("--end", "End of the time window, exclusive.");
        var events = new Option<IReadOnlyList<EventType>?>("--events")
        {
            Description = "Only these types of events, separated by commas; all types by default.",
            CustomParser = Parse.EventTypes,
            AllowMultipleArgumentsPerToken = true,
            HelpName = "TYPE,...",
        };
        var pageSize = new Option<int>("--page-size")
        {
            Description = "The most items of a page: 1 to 1000.",
            CustomParser = result => (int)Parse.Number(result, 1, 1000),
            DefaultValueFactory = _ => 1000,
            HelpName = "N",
        };
        var maxItems = new Option<long?>("--max-items")
        {
            Description = "Stop after so many items; no limit by default.",
            CustomParser = result => Parse.Number(result, 1, long.MaxValue),
            HelpName = "N",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The file to write, or - for standard output. A file is replaced only when the export is complete.",
            DefaultValueFactory = _ => "-",
            HelpName = "FILE|-",
        };
        var format = new Option<string>("--format") { DefaultValueFactory = _ => "ndjson" };
        format.AcceptOnlyFromAmong("ndjson", "csv", "parquet");
        var compress = new Option<string?>("--compress");
        compress.AcceptOnlyFromAmong("none", "gzip", "zstd");
        var csvSafe = new Option<bool>("--csv-safe");
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Show no progress." };
        var connection = new ConnectionOptions();

        command.Options.Add(start);
        command.Options.Add(end);
        if (stream == ExportStream.Events) command.Options.Add(events);
        command.Options.Add(pageSize);
        command.Options.Add(maxItems);
        command.Options.Add(output);
        command.Options.Add(format);
        command.Options.Add(compress);
        command.Options.Add(csvSafe);
        command.Options.Add(quiet);
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            ExportOptions options = stream switch
            {
                ExportStream.Events => new EventExportOptions { Events = parsed.GetValue(events) },
                ExportStream.Sessions => new SessionExportOptions(),
                _ => new UserExportOptions(),
            };
            options.Start = parsed.GetValue(start);
            options.End = parsed.GetValue(end);
            options.PageSize = parsed.GetValue(pageSize);
            if (options.Start >= options.End) throw new UsageException($"--start ({options.Start:O}) must be before --end ({options.End:O}).");

            await using var open = await connection.OpenAsync(parsed, stream, cancellationToken);
            await using var file = OutputFile.Open(parsed.GetValue(output)!);
            var most = parsed.GetValue(maxItems) ?? long.MaxValue;
            var isParquet = parsed.GetValue(format) == "parquet";
            var asked = parsed.GetValue(compress);
            Compression? compression = asked switch
            {
                "gzip" => Compression.Gzip,
                "zstd" => Compression.Zstd,
                null => isParquet ? Compression.Zstd : CompressedStream.Of(parsed.GetValue(output)!),
                _ => null,
            };
            var compressed = compression is { } kind && !isParquet ? new CompressedStream(file.Stream, kind, appends: false) : null;
            var target = compressed ?? file.Stream;
            if (parsed.GetValue(format) == "ndjson")
            {
                var runner = new ExportRunner(open.Client, new NdjsonWriter(target), new ProgressDisplay(name, parsed.GetValue(quiet)));
                await runner.RunAsync(stream, options, most, cancellationToken);
            }
            else
            {
                TableWriter<T> Writer<T>(Table<T> table) => isParquet
                    ? new ParquetTableWriter<T>(table, target, compression)
                    : new CsvTableWriter<T>(table, target, header: true, parsed.GetValue(csvSafe));
                async Task Run<T>(IAsyncEnumerable<ExportPage<T>> pages, Table<T> table)
                {
                    await using var writer = Writer(table);
                    await foreach (var page in pages.WithCancellation(cancellationToken))
                    {
                        var count = (int)Math.Min(most, page.Count);
                        await writer.WriteAsync(page.Items.Take(count).ToList(), cancellationToken);
                        if (compressed is not null) await compressed.EndPartAsync();
                        if ((most -= count) == 0) break;
                    }

                    await writer.CompleteAsync(cancellationToken);
                }

                await (stream switch
                {
                    ExportStream.Events => Run(open.Client.ExportEventPagesAsync((EventExportOptions)options, cancellationToken), new EventTable()),
                    ExportStream.Sessions => Run(open.Client.ExportSessionPagesAsync((SessionExportOptions)options, cancellationToken), new SessionTable()),
                    _ => Run(open.Client.ExportUserPagesAsync((UserExportOptions)options, cancellationToken), new UserTable()),
                });
            }

            if (compressed is not null) await compressed.DisposeAsync();
            await file.CompleteAsync();
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<DateTimeOffset?> TimeOption(string name, string description) => new(name)
    {
        Description = description + " A date or an ISO 8601 time; unbounded by default.",
        CustomParser = Parse.Time,
        HelpName = "TIME",
    };
}
