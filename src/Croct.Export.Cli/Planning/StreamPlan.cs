using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Destinations.State;
using Croct.Export.Cli.Destinations.Stores;
using Croct.Export.Cli.Formats;
using Croct.Export.Cli.Running;
using Croct.Export.Models;

namespace Croct.Export.Cli.Planning;

/// <summary>The items of one stream to export, their format and their destination.</summary>
internal sealed record StreamPlan
{
    public required ExportStream Stream { get; init; }

    /// <summary>The event types; null for all.</summary>
    public required IReadOnlyList<EventType>? Events { get; init; }

    public required Moment? Start { get; init; }

    public required Moment? End { get; init; }

    /// <summary>The cursor to start at; null for the start of the window.</summary>
    public required string? Cursor { get; init; }

    public required int PageSize { get; init; }

    /// <summary>The maximum number of items; null for all.</summary>
    public required long? MaxItems { get; init; }

    public required FormatPlan Format { get; init; }

    /// <summary>The file, which may contain placeholders, - for standard output, or the folder or address of a dataset.</summary>
    public required string Output { get; init; }

    /// <summary>The dataset or database to write; null for a file.</summary>
    public required DatasetPlan? Dataset { get; init; }

    /// <summary>The file that keeps the progress of the export; null for none.</summary>
    public required string? State { get; init; }

    /// <summary>How long before the end of the previous window each window starts; null if each run continues where the previous one ended.</summary>
    public required TimeSpan? Lookback { get; init; }

    /// <summary>The files whose names do not depend on the number of the run.</summary>
    public IEnumerable<string> Files =>
    [
        .. Dataset is not null || NamePattern.HasPlaceholder(Output) ? [] : OutputFile.GetFiles(Output),
        .. State is null ? [] : StatefulFile.GetFiles(State),
    ];

    /// <summary>Whether each run has its own window, which ends later than that of the previous run.</summary>
    private bool HasOwnEnd => Lookback is not null || End is { IsRelative: true };

    /// <exception cref="UsageException">An option is invalid, or options contradict each other.</exception>
    public void Validate()
    {
        if (Start?.Time >= End?.Time) throw new UsageException($"--start ({Start.Time.UtcDateTime:O}) must be before --end ({End.Time.UtcDateTime:O}).");
        StoreAddress.CheckIsFile("--state", State);
        if (Dataset is not null)
        {
            Dataset.Validate(this);
            return;
        }

        Format.Validate(Output);
        if (Output != OutputFile.StandardOutput && Directory.Exists(Output))
        {
            throw new UsageException($"--output '{Output}' is a folder. Pass '{Output}/' for a dataset of parts in it, or name a file.");
        }

        NamePattern.CheckPlaceholders(Output);
        if (State is null) ValidateWithoutState();
        else ValidateWithState();
    }

    /// <summary>Opens the destination.</summary>
    /// <param name="source">The source of the data.</param>
    /// <param name="clock">The clock of the server.</param>
    /// <param name="progress">The progress of the stream.</param>
    /// <returns>Null if there is nothing to do.</returns>
    /// <exception cref="UsageException">The destination cannot be written, or belongs to another request.</exception>
    public async Task<StreamRun?> OpenAsync(SourcePlan source, ServerClock clock, ExportProgress progress)
    {
        if (Dataset is not null) return await Dataset.OpenRunAsync(this, source, clock, progress);
        return OpenFile(source) is { } destination ? new WholeRun(CreateExport(destination, progress), progress) : null;
    }

    public ExportOptions CreateOptions()
    {
        ExportOptions options = Stream switch
        {
            ExportStream.Events => new EventExportOptions { Events = Events },
            ExportStream.Sessions => new SessionExportOptions(),
            _ => new UserExportOptions(),
        };
        (options.Start, options.End, options.Cursor) = (Start?.Time, End?.Time, Cursor);
        options.PageSize = (int)Math.Min(PageSize, MaxItems ?? long.MaxValue);
        return options;
    }

    /// <summary>What a dataset contains, whose window is that of a slice or of the whole.</summary>
    public DatasetRequest CreateDatasetRequest(SourcePlan source, Slice? slice) => new()
    {
        Source = source.Identity,
        Stream = Stream,
        Events = EventNames,
        Start = slice is null ? Start?.Time.ToUniversalTime() : slice.Value.Start,
        End = slice is null ? End?.Time.ToUniversalTime() : slice.Value.End,
        SliceBy = Dataset!.SliceBy,
        Format = Format.Describe(Output),
    };

    private IReadOnlyList<string> EventNames => [.. (Events ?? []).Select(type => type.Value).Order(StringComparer.Ordinal)];

    public StreamExport CreateExport(Destination destination, ExportProgress progress) =>
        new(CreateOptions(), Format.CreateFormat(Stream, Output), destination, MaxItems ?? long.MaxValue, progress);

    private Destination? OpenFile(SourcePlan source)
    {
        if (State is null) return OutputFile.Open(Output);
        var now = DateTimeOffset.UtcNow;
        var end = End?.Time ?? (Lookback is null ? null : now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)));
        var window = new WindowPlan(Start?.Time, end, HasOwnEnd, IsEndGiven: End is not null, MayBeEmpty: End is { IsRelative: true });
        return StatefulFile.Open(
            State,
            CreateRequest(source),
            isWhole: !Format.IsResumable,
            Format.GetColumnsVersion(Stream),
            version => Format.CheckColumns(Stream, version),
            window,
            now);
    }

    private void ValidateWithoutState()
    {
        if (NamePattern.HasPlaceholder(Output))
        {
            throw new UsageException($"--output '{Output}': {NamePattern.Run} and {NamePattern.Date} require --state, which counts the runs.");
        }

        if (Lookback is not null) throw new UsageException("--lookback requires --state, which records what the previous run exported.");
    }

    private void ValidateWithState()
    {
        if (string.IsNullOrWhiteSpace(State)) throw new UsageException("--state was blank; it must name a file.");
        if (Output == OutputFile.StandardOutput) throw new UsageException("--state requires an --output that is a file.");
        if (!NamePattern.HasPlaceholder(Output) && StatefulFile.GetFiles(State).FirstOrDefault(file => Destination.IsSameFile(file, Output)) is { } taken)
        {
            throw new UsageException($"--output '{Output}' would overwrite '{taken}', a file of --state itself; give one of them another name.");
        }

        if (MaxItems is not null) throw new UsageException("--max-items cannot be used with --state: a cursor cannot point to the middle of a page.");
        if (Cursor is not null && HasOwnEnd)
        {
            throw new UsageException(
                "--cursor cannot be used with --lookback or a relative --end: each run then has its own window, and a cursor belongs to one window.");
        }

        if (!Format.IsResumable && !NamePattern.HasPlaceholder(Output))
        {
            throw new UsageException(
                $"--format parquet with --state requires {NamePattern.Run} or {NamePattern.Date} in --output: " +
                "a Parquet file cannot be appended to, so each run writes its own file.");
        }
    }

    /// <summary>The request that a state belongs to.</summary>
    private ExportRequest CreateRequest(SourcePlan source) => new()
    {
        Source = source.Identity,
        Stream = Stream,
        Events = EventNames,
        Start = Start?.Text,
        End = HasOwnEnd && End is not { IsRelative: true } ? null : End?.Text,
        Lookback = Lookback,
        TimeUnit = source.TimeUnit,
        Cursor = Cursor,
        Output = Path.GetFullPath(Output),
        Format = Format.Describe(Output),
    };
}
