using Croct.Export.Cli.Destinations.Datasets;

namespace Croct.Export.Cli.Planning;

/// <summary>A dataset of parts, and the slices in which it is exported.</summary>
internal sealed record DatasetPlan
{
    public const long DefaultPartRows = 1_000_000;
    public const int DefaultPartSize = 256 * 1024 * 1024;

    public static readonly TimeSpan DefaultSettle = TimeSpan.FromHours(1);

    private const int MaxSlices = 100_000;

    public required StorePlan Store { get; init; }

    public required PartLimits Limits { get; init; }

    /// <summary>The length of a slice; null to export the window as a whole.</summary>
    public required TimeSpan? SliceBy { get; init; }

    /// <summary>A slice that ended less than this ago is left for the next run.</summary>
    public required TimeSpan Settle { get; init; }

    /// <summary>The slices to export; null for all.</summary>
    public required SliceShare? Share { get; init; }

    /// <exception cref="UsageException">The options contradict each other.</exception>
    public void Validate(StreamPlan stream)
    {
        var problem = stream switch
        {
            { State: not null } => "--state cannot be used with a dataset: the parts themselves keep the progress. Leave it out.",
            { Lookback: not null } => "--lookback cannot be used with a dataset. croct-export verify --repair adds what arrived late.",
            { Cursor: not null } => "--cursor cannot be used with a dataset: it begins at the start of the window, and continues after its last part.",
            { MaxItems: not null } => "--max-items cannot be used with a dataset: a cursor cannot point to the middle of a page.",
            _ => null,
        };
        if (problem is not null) throw new UsageException(problem);
        if (SliceBy is null)
        {
            foreach (var (option, time) in (IEnumerable<(string, Moment?)>)[("--start", stream.Start), ("--end", stream.End)])
            {
                if (time is not { IsRelative: true }) continue;
                throw new UsageException(
                    $"{option} {time.Text} would give a dataset another window in each run. " +
                    "Pass --slice-by 1d, so that each day is a dataset of its own, or a fixed time.");
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

    /// <summary>The window of all slices. Times relative to now are moved to the beginning of the slice that they are in.</summary>
    public (DateTimeOffset Start, DateTimeOffset End) GetWindow(StreamPlan stream) =>
        (Slice.Floor(stream.Start!.Time, SliceBy!.Value), Slice.Floor(stream.End!.Time, SliceBy.Value));

    /// <summary>The slices of this machine.</summary>
    public IEnumerable<Slice> GetSlices(StreamPlan stream)
    {
        var (start, end) = GetWindow(stream);
        return Slice.Cut(start, end, SliceBy!.Value).Where(slice => Share is null || Share.Has(slice.Number));
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
}
