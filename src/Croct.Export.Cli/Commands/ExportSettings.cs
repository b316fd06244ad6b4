using System.CommandLine;
using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Databases;
using Croct.Export.Cli.Planning;
using Croct.Export.Cli.Running;
using Croct.Export.Models;

namespace Croct.Export.Cli.Commands;

/// <summary>The options that select the items and their format; the same for one stream and for all.</summary>
internal sealed class ExportSettings
{
    private readonly Option<Moment?> _start = Time("--start", "Start of the time window, inclusive");
    private readonly Option<Moment?> _end = Time("--end", "End of the time window, exclusive");

    private readonly Option<IReadOnlyList<EventType>?> _events = new("--events")
    {
        Description = "Export only these event types, separated by commas; all types by default.",
        CustomParser = Parse.EventTypes,
        AllowMultipleArgumentsPerToken = true,
        HelpName = "TYPE,...",
    };

    private readonly Option<int> _pageSize = new("--page-size")
    {
        Description = "The maximum number of items per page: 1 to 1000.",
        CustomParser = result => (int)Parse.Number(result, 1, 1000),
        DefaultValueFactory = _ => 1000,
        HelpName = "N",
    };

    private readonly Option<string> _format = new("--format")
    {
        Description = "ndjson: one line of JSON per item, as received. csv, parquet: flat columns, listed by croct-export schema.",
        CustomParser = result => Parse.OneOf(result, FormatPlan.Names),
        DefaultValueFactory = _ => FormatPlan.Ndjson,
        HelpName = "ndjson|csv|parquet",
    };

    private readonly Option<string?> _compress = new("--compress")
    {
        Description = "The compression of the file, or of the columns in a Parquet file. By default it follows the file name, .gz or .zst; zstd for Parquet.",
        CustomParser = result => Parse.OneOf(result, FormatPlan.Compressions),
        HelpName = "gzip|zstd|none",
    };

    private readonly Option<bool> _csvSafe = new("--csv-safe")
    {
        Description = "With csv: put an apostrophe before text that a spreadsheet would treat as a formula.",
    };

    private readonly Option<long> _partRows = new("--part-rows")
    {
        Description = "With a dataset: the number of rows after which a part ends, at the end of a page.",
        CustomParser = result => Parse.Number(result, 1, 1_000_000_000),
        DefaultValueFactory = _ => PartsPlan.DefaultPartRows,
        HelpName = "N",
    };

    private readonly Option<int?> _partSize = new("--part-size")
    {
        Description = "With a dataset: the size after which a part ends, at the end of a page: 1KiB to 1GiB. [default: 256MiB]",
        CustomParser = Parse.Size,
        HelpName = "256MiB|1GiB",
    };

    private readonly Option<TimeSpan?> _sliceBy = new("--slice-by")
    {
        Description = "With a dataset or database, --start and --end: cut the window into slices by the calendar in UTC. " +
            "Complete slices are skipped.",
        CustomParser = result => Parse.OneOf(result, "1d", "6h", "1h") switch
        {
            "1d" => TimeSpan.FromDays(1),
            "6h" => TimeSpan.FromHours(6),
            _ => TimeSpan.FromHours(1),
        },
        HelpName = "1d|6h|1h",
    };

    private readonly Option<TimeSpan?> _settle = Settle("With --slice-by");

    private readonly Option<int?> _parallel = new("--parallel")
    {
        Description = "With --slice-by: the number of slices to export at the same time, of all streams together: 1 to 64. [default: one per stream]",
        CustomParser = result => (int)Parse.Number(result, 1, 64),
        HelpName = "N",
    };

    private readonly Option<SliceShare?> _slice = new("--slice")
    {
        Description = "With --slice-by: export only the slices whose number since 1970 is I modulo N, so that N machines share them. " +
            "auto takes I and N from the job array of Kubernetes, Slurm, AWS Batch or Cloud Run, auto/N only I.",
        CustomParser = Parse.Share,
        HelpName = "I/N|auto|auto/N",
    };

    private readonly Option<string?> _report = new("--report") { Description = "Write a JSON report of the run to this file.", HelpName = "FILE" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Show only warnings and errors, no progress." };
    private readonly Option<bool> _verbose = new("--verbose") { Description = "Show a line for every page and every failed attempt." };
    private readonly StoreSettings _store = new();
    private readonly ConnectionOptions _connection = new();

    public ExportSettings()
    {
        _events.CompletionSources.Add(context => CompletionCommand.CompleteList(context, EventType.KnownValues.Select(type => type.Value)));
        _format.CompletionSources.Add(FormatPlan.Names);
        _compress.CompletionSources.Add(FormatPlan.Compressions);
        _sliceBy.CompletionSources.Add("1d", "6h", "1h");
        _slice.CompletionSources.Add(SliceShare.Auto);
        foreach (var time in (Option[])[_start, _end]) time.CompletionSources.Add("now", "today", "yesterday");
    }

    public static Option<Moment?> Time(string name, string description, string byDefault = "unbounded by default") => new(name)
    {
        Description = $"{description}: a date, an ISO 8601 time, or a relative time such as now, today, yesterday, -7d or now-36h; {byDefault}.",
        CustomParser = Parse.Time,
        HelpName = "TIME",
    };

    public static Option<TimeSpan?> Settle(string condition) => new("--settle")
    {
        Description = $"{condition}: leave a slice that ended less than this ago, by the clock of the server, for a later run. [default: 1h]",
        CustomParser = result => Parse.Duration(result, max: TimeSpan.FromDays(365), min: TimeSpan.Zero),
        HelpName = "1h|2d",
    };

    public void AddTo(Command command, bool withEvents)
    {
        foreach (var option in (Option[])
        [
            _start, _end, _events, _pageSize, _format, _compress, _csvSafe, _partRows, _partSize, _sliceBy, _settle, _parallel, _slice,
            .. _store.Options, _report, _quiet, _verbose,
        ])
        {
            if (option != _events || withEvents) command.Options.Add(option);
        }

        _connection.AddTo(command);
        command.Validators.Add(result =>
        {
            foreach (var option in (Option[])[_settle, _parallel, _slice])
            {
                if (result.GetResult(option) is not null && result.GetResult(_sliceBy) is null) result.AddError($"{option.Name} requires {_sliceBy.Name}.");
            }

            if (result.GetValue(_quiet) && result.GetValue(_verbose)) result.AddError($"{_quiet.Name} and {_verbose.Name} cannot be used together.");
        });
    }

    public FormatPlan CreateFormat(ParseResult parsed) =>
        new(parsed.GetValue(_format)!, IsChosen: parsed.GetResult(_format) is { Implicit: false }, parsed.GetValue(_compress), parsed.GetValue(_csvSafe));

    /// <summary>The plan for one stream.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="output">Its file.</param>
    /// <param name="state">Its state; null for none.</param>
    public StreamPlan CreateStreamPlan(ParseResult parsed, ExportStream stream, string output, string? state) => new()
    {
        Stream = stream,
        Events = stream == ExportStream.Events ? parsed.GetValue(_events) : null,
        Start = parsed.GetValue(_start),
        End = parsed.GetValue(_end),
        Cursor = null,
        PageSize = parsed.GetValue(_pageSize),
        MaxItems = null,
        Format = DatabaseAddress.IsAddress(output) ? FormatPlan.Database : CreateFormat(parsed),
        Output = output,
        Dataset = CreateDataset(parsed, output),
        State = state,
        Lookback = null,
    };

    /// <summary>The plan for a run.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="stream">The stream to export; null for all.</param>
    /// <param name="streams">The plans of the streams.</param>
    /// <param name="folder">The folder to create; null for none.</param>
    public ExportPlan CreatePlan(ParseResult parsed, ExportStream? stream, IReadOnlyList<StreamPlan> streams, string? folder = null) => new()
    {
        Folder = folder,
        Source = _connection.CreatePlan(parsed, stream),
        Streams = streams,
        Parallel = parsed.GetValue(_parallel) ?? streams.Count,
        Report = parsed.GetValue(_report),
        Verbosity = parsed.GetValue(_quiet) ? Verbosity.Quiet : parsed.GetValue(_verbose) ? Verbosity.Verbose : Verbosity.Normal,
    };

    private DatasetPlan? CreateDataset(ParseResult parsed, string output)
    {
        if (DatabaseAddress.IsAddress(output))
        {
            return new DatabasePlan
            {
                Address = DatabaseAddress.Parse(output),
                Options = DatabaseSettings.CreateOptions(
                    parsed, _connection, [_format, _compress, _csvSafe, _partRows, _partSize, .. _store.Options]),
                SliceBy = parsed.GetValue(_sliceBy),
                Settle = parsed.GetValue(_settle) ?? DatasetPlan.DefaultSettle,
                Share = parsed.GetValue(_slice),
            };
        }

        if (StorePlan.IsDataset(output))
        {
            return new PartsPlan
            {
                Store = _store.CreatePlan(parsed, output, _connection),
                Limits = new(parsed.GetValue(_partRows), parsed.GetValue(_partSize) ?? PartsPlan.DefaultPartSize),
                SliceBy = parsed.GetValue(_sliceBy),
                Settle = parsed.GetValue(_settle) ?? DatasetPlan.DefaultSettle,
                Share = parsed.GetValue(_slice),
            };
        }

        foreach (var option in (Option[])[_partRows, _partSize, _sliceBy, .. _store.Options])
        {
            if (parsed.GetResult(option) is not { Implicit: false }) continue;
            var other = option == _sliceBy ? ", or a database, such as postgres://host/database" : "";
            throw new UsageException($"{option.Name} requires a dataset: an --output that ends with a slash, such as export/{other}.");
        }

        return null;
    }
}
