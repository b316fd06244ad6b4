using System.CommandLine;
using Croct.Export.Cli.Output;
using Croct.Export.Cli.Output.Tables;
using Croct.Export.Cli.State;
using Croct.Export.Models;

namespace Croct.Export.Cli.Commands;

/// <summary>The options that say what is exported and in which form; the same for one stream and for all of them.</summary>
internal sealed class ExportSettings
{
    private const string Ndjson = "ndjson";
    private const string Csv = "csv";
    private const string Parquet = "parquet";

    private readonly Option<DateTimeOffset?> _start = Time("--start", "Start of the time window, inclusive.");
    private readonly Option<DateTimeOffset?> _end = Time("--end", "End of the time window, exclusive.");

    private readonly Option<IReadOnlyList<EventType>?> _events = new("--events")
    {
        Description = "Only these types of events, separated by commas; all types by default.",
        CustomParser = Parse.EventTypes,
        AllowMultipleArgumentsPerToken = true,
        HelpName = "TYPE,...",
    };

    private readonly Option<int> _pageSize = new("--page-size")
    {
        Description = "The most items of a page: 1 to 1000.",
        CustomParser = result => (int)Parse.Number(result, 1, 1000),
        DefaultValueFactory = _ => 1000,
        HelpName = "N",
    };

    private readonly Option<string> _format = new("--format")
    {
        Description = "ndjson: one line of JSON an item, as received. csv, parquet: flat columns, which croct-export schema lists.",
        CustomParser = result => Parse.OneOf(result, Ndjson, Csv, Parquet),
        DefaultValueFactory = _ => Ndjson,
        HelpName = "ndjson|csv|parquet",
    };

    private readonly Option<string?> _compress = new("--compress")
    {
        Description = "How the file is compressed, or the columns within a Parquet file. By default as the name says, .gz or .zst; Parquet has zstd.",
        CustomParser = result => Parse.OneOf(result, "gzip", "zstd", "none"),
        HelpName = "gzip|zstd|none",
    };

    private readonly Option<bool> _csvSafe = new("--csv-safe") { Description = "With csv: an apostrophe before a text that a spreadsheet would take for a formula." };
    private readonly Option<string?> _report = new("--report") { Description = "Write a report of the run to this file, as JSON.", HelpName = "FILE" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Show no progress." };
    private readonly Option<bool> _verbose = new("--verbose") { Description = "Show a line for every page." };

    public ConnectionOptions Connection { get; } = new();

    public void AddTo(Command command, bool withEvents)
    {
        foreach (var option in new Option[] { _start, _end, _events, _pageSize, _format, _compress, _csvSafe, _report, _quiet, _verbose })
        {
            if (option != _events || withEvents) command.Options.Add(option);
        }

        Connection.AddTo(command);
    }

    /// <exception cref="UsageException">Two of the options do not go together.</exception>
    public void CheckTogether(ParseResult parsed)
    {
        var (start, end) = (parsed.GetValue(_start), parsed.GetValue(_end));
        if (start >= end) throw new UsageException($"--start ({start:O}) must be before --end ({end:O}).");
        if (parsed.GetValue(_csvSafe) && parsed.GetValue(_format) != Csv) throw new UsageException("--csv-safe goes with --format csv only.");
        if (parsed.GetValue(_quiet) && parsed.GetValue(_verbose)) throw new UsageException("--quiet and --verbose cannot go together.");
        CheckFile("--report", parsed.GetValue(_report));
    }

    /// <summary>A name that promises another format is a slip, unless the format was asked for.</summary>
    /// <exception cref="UsageException">The name is one of CSV or Parquet, and nobody asked for that.</exception>
    public void CheckName(ParseResult parsed, string output)
    {
        if (parsed.GetResult(_format) is { Implicit: false }) return;
        var name = CompressedStream.Of(output) is null ? output : Path.ChangeExtension(output, null);
        var format = Path.GetExtension(name).TrimStart('.').ToLowerInvariant();
        if (format is not (Csv or Parquet)) return;
        throw new UsageException($"--output '{output}' is the name of a {format} file, but without --format the items are written as NDJSON. Pass --format {format}, or --format ndjson to have it so.");
    }

    public bool IsParquet(ParseResult parsed) => parsed.GetValue(_format) == Parquet;

    /// <summary>The ending of a file's name.</summary>
    public string ExtensionOf(ParseResult parsed) => "." + parsed.GetValue(_format) + (IsParquet(parsed) ? "" : parsed.GetValue(_compress) switch { "gzip" => ".gz", "zstd" => ".zst", _ => "" });

    public ExportOptions OptionsOf(ParseResult parsed, ExportStream stream)
    {
        ExportOptions options = stream switch
        {
            ExportStream.Events => new EventExportOptions { Events = parsed.GetValue(_events) },
            ExportStream.Sessions => new SessionExportOptions(),
            _ => new UserExportOptions(),
        };
        options.Start = parsed.GetValue(_start);
        options.End = parsed.GetValue(_end);
        options.PageSize = parsed.GetValue(_pageSize);
        return options;
    }

    public Format FormatOf(ParseResult parsed, ExportStream stream, string output)
    {
        var compression = CompressionOf(parsed, output);
        if (parsed.GetValue(_format) == Ndjson) return new NdjsonFormat(stream, compression);
        var (isParquet, safe) = (IsParquet(parsed), parsed.GetValue(_csvSafe));
        return stream switch
        {
            ExportStream.Events => new TableFormat<Event>(
                new EventTable(), (client, options, token) => client.ExportEventPagesAsync((EventExportOptions)options, token), e => e.Id, e => e.Timestamp, compression, isParquet, safe),
            ExportStream.Sessions => new TableFormat<Session>(
                new SessionTable(), (client, options, token) => client.ExportSessionPagesAsync((SessionExportOptions)options, token), s => s.SessionId?.ToString(), s => s.CloseTime, compression, isParquet, safe),
            _ => new TableFormat<User>(
                new UserTable(), (client, options, token) => client.ExportUserPagesAsync((UserExportOptions)options, token), u => u.UserId?.ToString(), u => u.LastModifiedTime, compression, isParquet, safe),
        };
    }

    /// <summary>What a state is the state of.</summary>
    public ExportRequest RequestOf(ParseResult parsed, ExportStream stream, string output, TimeSpan? lookback = null) => new()
    {
        Source = Connection.SourceOf(parsed),
        Stream = stream,
        Events = [.. (parsed.GetValue(_events) ?? []).Select(type => type.Value).Order(StringComparer.Ordinal)],
        Start = parsed.GetValue(_start),
        End = lookback is null ? parsed.GetValue(_end) : null,
        Lookback = lookback,
        TimeUnit = Connection.TimeUnitOf(parsed),
        Output = Path.GetFullPath(output),
        Format = $"{parsed.GetValue(_format)}{(CompressionOf(parsed, output) is { } compression ? $", {compression.ToString().ToLowerInvariant()}" : "")}{(parsed.GetValue(_csvSafe) ? ", csv-safe" : "")}",
    };

    /// <summary>The end of a window with a lookback, or without one this moment: the whole second, from which the API may read the next window.</summary>
    public DateTimeOffset EndOf(ParseResult parsed)
    {
        var end = parsed.GetValue(_end) ?? DateTimeOffset.UtcNow;
        return end.AddTicks(-(end.Ticks % TimeSpan.TicksPerSecond));
    }

    public bool IsEndGiven(ParseResult parsed) => parsed.GetValue(_end) is not null;

    public ExportProgress ProgressOf(ParseResult parsed, ExportStream stream, Destination destination) =>
        destination.Window is { } window ? new(stream, window.Start, window.End) : new(stream, parsed.GetValue(_start), parsed.GetValue(_end));

    /// <summary>Runs exports, shows how they come along, and reports on them in the end.</summary>
    /// <exception cref="UsageException">A file would take the place of another one of the run.</exception>
    public async Task RunAsync(ParseResult parsed, IReadOnlyList<ExportProgress> exports, IReadOnlyList<Destination> destinations, Func<Task> run)
    {
        var report = parsed.GetValue(_report);
        if (report is not null) CheckApart("--report", report, ExportReport.FilesOf(report), [.. destinations.SelectMany(destination => destination.Files)]);

        var display = new ProgressDisplay(exports, parsed.GetValue(_quiet), parsed.GetValue(_verbose));
        try
        {
            await display.RunAsync(run);
        }
        catch when (report is not null)
        {
            try
            {
                await ExportReport.WriteAsync(report, exports);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or UsageException)
            {
                // A full disk, most likely, and so the second failure of a run: the first one is what it ends with.
                await Console.Error.WriteLineAsync($"croct-export: The report is missing: {exception.Message}");
            }

            throw;
        }

        if (report is not null) await ExportReport.WriteAsync(report, exports);
    }

    private static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        Description = description + " A date or an ISO 8601 time; unbounded by default.",
        CustomParser = Parse.Time,
        HelpName = "TIME",
    };

    private static void CheckFile(string option, string? file)
    {
        if (file is null) return;
        if (string.IsNullOrWhiteSpace(file)) throw new UsageException($"{option} was blank; it must name a file.");
        if (Directory.Exists(file)) throw new UsageException($"{option} '{file}' cannot be written: It is a folder.");
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder)) throw new UsageException($"{option} '{file}' cannot be written: There is no folder '{folder}'.");
    }

    private static void CheckApart(string option, string value, IReadOnlyList<string> written, IReadOnlyList<string> files)
    {
        if (files.FirstOrDefault(file => written.Any(name => Destination.AreOneFile(name, file))) is { } taken)
        {
            throw new UsageException($"{option} '{value}' would overwrite '{taken}', a file of the export itself; give it another name.");
        }
    }

    private Compression? CompressionOf(ParseResult parsed, string output) => parsed.GetValue(_compress) switch
    {
        "gzip" => Compression.Gzip,
        "zstd" => Compression.Zstd,
        null => IsParquet(parsed) ? Compression.Zstd : CompressedStream.Of(output),
        _ => null,
    };
}
