using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Planning;

/// <summary>Data that keeps its own progress, as a whole or in slices: parts in a store, or rows in a database.</summary>
internal abstract record DatasetPlan
{
    public static readonly TimeSpan DefaultSettle = TimeSpan.FromHours(1);

    private const int MaxSlices = 100_000;

    /// <summary>The length of a slice; null to export the window as a whole.</summary>
    public required TimeSpan? SliceBy { get; init; }

    /// <summary>A slice that ended less than this ago is left for the next run.</summary>
    public required TimeSpan Settle { get; init; }

    /// <summary>The slices to export; null for all.</summary>
    public required SliceShare? Share { get; init; }

    /// <summary>What it is, for messages, and what of it keeps the progress.</summary>
    protected abstract (string What, string Keeper) Words { get; }

    /// <exception cref="UsageException">The options contradict each other.</exception>
    public virtual void Validate(StreamPlan stream)
    {
        var (what, keeper) = Words;
        var problem = stream switch
        {
            { State: not null } => $"--state cannot be used with {what}: {keeper} the progress. Leave it out.",
            { Lookback: not null } => $"--lookback cannot be used with {what}. croct-export verify --repair adds what arrived late.",
            { Cursor: not null } => $"--cursor cannot be used with {what}: it begins at the start of the window, and continues where it ended.",
            { MaxItems: not null } => $"--max-items cannot be used with {what}: a cursor cannot point to the middle of a page.",
            _ => null,
        };
        if (problem is not null) throw new UsageException(problem);
        if (SliceBy is null)
        {
            foreach (var (option, time) in (IEnumerable<(string, Moment?)>)[("--start", stream.Start), ("--end", stream.End)])
            {
                if (time is not { IsRelative: true }) continue;
                throw new UsageException(
                    $"{option} {time.Text} would give {what} another window in each run. " +
                    "Pass --slice-by 1d, so that each day is exported on its own, or a fixed time.");
            }

            return;
        }

        CheckEnd("--start", stream.Start, SliceBy.Value);
        CheckEnd("--end", stream.End, SliceBy.Value);
        var (start, end) = GetWindow(stream);
        CheckWindow(start, end, SliceBy.Value);
        if ((end - start).Ticks / SliceBy.Value.Ticks > MaxSlices)
        {
            throw new UsageException(
                $"The window has more than {MaxSlices} slices of {Durations.Format(SliceBy.Value)}. Choose a shorter window, or longer slices.");
        }
    }

    /// <summary>Opens the dataset or database of a stream, and creates what is missing.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="source">The source of the data.</param>
    /// <param name="onRetry">Called for each failed attempt to use a database that will be repeated.</param>
    /// <exception cref="UsageException">It has the data of another request.</exception>
    public abstract Task<OpenDataset> OpenAsync(StreamPlan stream, SourcePlan source, Action<FailedAttempt> onRetry);

    /// <summary>Prepares the exports of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="source">The source of the data.</param>
    /// <param name="clock">The clock of the server.</param>
    /// <param name="progress">The progress of the stream.</param>
    /// <exception cref="UsageException">The data belongs to another request, or is damaged.</exception>
    public async Task<StreamRun> OpenRunAsync(StreamPlan stream, SourcePlan source, ServerClock clock, ExportProgress progress)
    {
        var dataset = await OpenAsync(stream, source, progress.Add);
        try
        {
            return await OpenRunAsync(dataset, stream, clock, progress);
        }
        catch
        {
            dataset.Resource.Dispose();
            throw;
        }
    }

    private async Task<StreamRun> OpenRunAsync(OpenDataset dataset, StreamPlan stream, ServerClock clock, ExportProgress progress)
    {
        if (SliceBy is null)
        {
            if (dataset.ProbeAsync is not null) await dataset.ProbeAsync();
            return new WholeRun(stream.CreateExport(await dataset.OpenAsync(null), progress), progress)
            {
                Resource = dataset.Resource,
                FinishAsync = dataset.FinishAsync,
            };
        }

        progress.Slices =
        [
            .. GetSlices(stream).Select(slice =>
                new SliceProgress(slice) { State = dataset.IsComplete(slice) ? SliceState.Skipped : SliceState.Waiting }),
        ];
        if (dataset.ProbeAsync is not null && progress.Slices.Any(slice => !slice.IsComplete)) await dataset.ProbeAsync();
        return new SlicedRun(
            stream.Stream,
            dataset.Name,
            GetWindow(stream),
            async slice => stream.CreateExport(await dataset.OpenAsync(slice), progress),
            Settle,
            clock,
            progress)
        {
            Resource = dataset.Resource,
            FinishAsync = dataset.FinishAsync,
        };
    }

    /// <summary>Checks that a fixed time is the beginning of a slice.</summary>
    /// <exception cref="UsageException">It is not, or there is none.</exception>
    public static void CheckEnd(string option, Moment? time, TimeSpan sliceBy)
    {
        if (time is null) throw new UsageException($"--slice-by requires {option}: an open window cannot be cut into slices.");
        var floor = Slice.Floor(time.Time, sliceBy);
        if (time.IsRelative || floor == time.Time) return;
        throw new UsageException(
            $"{option} ({time.Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}) must be the beginning of a slice of {Durations.Format(sliceBy)} in UTC, " +
            $"such as {floor.UtcDateTime:yyyy-MM-dd'T'HH:mm'Z'} or {(floor + sliceBy).UtcDateTime:yyyy-MM-dd'T'HH:mm'Z'}.");
    }

    /// <summary>Checks that there is a slice between two ends of slices.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static void CheckWindow(DateTimeOffset start, DateTimeOffset end, TimeSpan sliceBy)
    {
        if (start < end) return;
        throw new UsageException(
            $"There is no whole slice of {Durations.Format(sliceBy)} between --start ({start.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}) " +
            $"and --end ({end.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}).");
    }

    /// <summary>The window of all slices. Times relative to now are moved to the beginning of the slice that they are in.</summary>
    private (DateTimeOffset Start, DateTimeOffset End) GetWindow(StreamPlan stream) =>
        (Slice.Floor(stream.Start!.Time, SliceBy!.Value), Slice.Floor(stream.End!.Time, SliceBy.Value));

    /// <summary>The slices of all machines, in order.</summary>
    protected IEnumerable<Slice> GetAllSlices(StreamPlan stream)
    {
        var (start, end) = GetWindow(stream);
        return Slice.Cut(start, end, SliceBy!.Value);
    }

    /// <summary>The slices of this machine.</summary>
    private IEnumerable<Slice> GetSlices(StreamPlan stream) => GetAllSlices(stream).Where(slice => Share is null || Share.Has(slice.Number));
}

/// <summary>The data of a stream, with what an export needs.</summary>
/// <param name="Name">Its name, for people.</param>
/// <param name="IsComplete">Whether a slice was completed by an earlier run.</param>
/// <param name="OpenAsync">Continues a slice, or the whole window without slices.</param>
/// <param name="Resource">What this needs, to be disposed after it.</param>
internal sealed record OpenDataset(string Name, Func<Slice, bool> IsComplete, Func<Slice?, Task<Destination>> OpenAsync, IDisposable Resource)
{
    /// <summary>Checks that data can be added, before anything is; null if opening shows it.</summary>
    public Func<Task>? ProbeAsync { get; init; }

    /// <summary>What is to be done once all exports of a run have ended without a failure; null for nothing.</summary>
    public Func<Task>? FinishAsync { get; init; }
}
