using System.Globalization;
using System.Net;
using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Datasets;

namespace Croct.Export.Cli.Running;

/// <summary>Exports the slices of a stream's window. A failure of one does not stop the others, unless they would fail for the same reason.</summary>
/// <param name="stream">The stream.</param>
/// <param name="folder">The folder of the stream, as shown to people.</param>
/// <param name="window">The window that the slices are cut from.</param>
/// <param name="openAsync">Opens the dataset of a slice, and prepares its export.</param>
/// <param name="settle">A slice that ended less than this ago is left for the next run.</param>
/// <param name="clock">The clock of the server.</param>
/// <param name="progress">The progress of the stream, with its slices; those that are complete already are skipped.</param>
internal sealed class SlicedRun(
    ExportStream stream,
    string folder,
    (DateTimeOffset? Start, DateTimeOffset? End) window,
    Func<Slice, Task<StreamExport>> openAsync,
    TimeSpan settle,
    ServerClock clock,
    ExportProgress progress) : StreamRun(progress)
{
    private const int MaxShown = 5;

    private volatile bool _isStopped;
    private long _bytes;
    private long _duplicates;

    public override IReadOnlyList<ExportJob> Jobs =>
    [
        .. Progress.Slices.Where(slice => !slice.IsComplete)
            .Select(slice => new ExportJob(slice.Slice.Start, (client, token) => RunAsync(slice, client, token))),
    ];

    public override async Task EndAsync()
    {
        var slices = Progress.Slices;
        Progress.Begin(run: null, window);
        var kept = new KeptRows(slices.Sum(slice => slice.Rows), _bytes, Sha256: null, Cursor: null) { Duplicates = _duplicates };
        Progress.End(folder, kept, isEndUnconfirmed: false);
        Progress.Parts = slices.Sum(slice => slice.Parts);
        var failures = slices.Select(slice => slice.Failure).OfType<Exception>().ToList();
        var code = ExitCode.Of([.. failures.Select(ExitCode.Of)]);
        if (failures.Find(failure => ExitCode.Of(failure) == code) is { } failure) Progress.Fail(failure);
        else if (slices.Any(slice => slice.State is SliceState.Stopped or SliceState.Waiting)) Progress.Fail(new OperationCanceledException());
        else await CompleteAsync(isIdle: slices.All(slice => slice.State is SliceState.Skipped));
    }

    public override string? IdleMessage => !Progress.IsIdle ? null
        : Progress.Slices.Count == 0 ? "There is nothing to do: no slice of the window belongs to this --slice."
        : "There is nothing to do: all slices were completed by earlier runs.";

    public override IEnumerable<string> GetMessages()
    {
        var failed = Progress.Slices.Where(slice => slice.Failure is not null).ToList();
        foreach (var slice in failed.Take(MaxShown)) yield return $"{slice.Slice.Name}: {Failures.Describe(slice.Failure!, slice.Resume)}";
        if (failed.Count > MaxShown)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"In all, {failed.Count:N0} slices failed; --report lists them.");
        }

        if (failed.Count > 0) yield return "The same command exports what is missing; complete slices are skipped.";
        if (Describe(SliceState.Unsettled) is { } unsettled)
        {
            yield return $"{unsettled} not ended, or not {Durations.Format(settle)} ago by the clock of the server (--settle): left for a later run.";
        }

        if (Describe(SliceState.Unconfirmed) is { } unconfirmed)
        {
            yield return $"{unconfirmed} ended with empty pages: the API did not confirm that this is the end of the data. The next run continues there.";
        }

        if (clock.Ahead is { } ahead && ahead.Duration() > ServerClock.MaxDifference)
        {
            var direction = ahead > TimeSpan.Zero ? "ahead of" : "behind";
            var difference = $"{ServerClock.Describe(ahead.Duration())} {direction} the server's";
            yield return $"The local clock is {difference}: correct it, since times relative to now depend on it.";
        }
    }

    private async Task RunAsync(SliceProgress slice, ExportClient client, CancellationToken cancellationToken)
    {
        if (_isStopped || cancellationToken.IsCancellationRequested) return;
        slice.State = SliceState.Running;
        try
        {
            if (slice.Slice.End + settle > await clock.GetNowAsync(client, stream, cancellationToken))
            {
                slice.State = SliceState.Unsettled;
                return;
            }

            await using var export = await openAsync(slice.Slice);
            var failure = await export.RunAsync(client, cancellationToken);
            var (destination, kept) = (export.Destination, export.Destination.Kept);
            (slice.Rows, slice.Parts) = (kept.Rows, destination.Parts ?? 0);
            Interlocked.Add(ref _bytes, kept.Bytes);
            Interlocked.Add(ref _duplicates, kept.Duplicates);
            if (failure is null) slice.State = export.IsEndUnconfirmed ? SliceState.Unconfirmed : SliceState.Complete;
            else Fail(slice, failure, export.IsFirstPage ? destination.Resume : null);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ExportException or UsageException
            or IOException or UnauthorizedAccessException)
        {
            Fail(slice, exception, resume: null);
        }
    }

    private void Fail(SliceProgress slice, Exception failure, ResumePoint? resume)
    {
        if (failure is OperationCanceledException)
        {
            slice.State = SliceState.Stopped;
            return;
        }

        (slice.Failure, slice.Resume, slice.State) = (failure, resume, SliceState.Failed);

        // The other slices would be refused too, by the key or by the limit of requests.
        if (ExitCode.Of(failure) == ExitCode.Refused || failure is ExportApiException { StatusCode: HttpStatusCode.TooManyRequests }) _isStopped = true;
    }

    /// <summary>The slices in a state, such as "2 slices (2025-11-01, 2025-11-02)"; null if there are none.</summary>
    private string? Describe(SliceState state)
    {
        var slices = Progress.Slices.Where(slice => slice.State == state).ToList();
        if (slices.Count == 0) return null;
        var names = string.Join(", ", slices.Take(MaxShown).Select(slice => slice.Slice.Name)) + (slices.Count > MaxShown ? ", ..." : "");
        return string.Create(CultureInfo.InvariantCulture, $"{slices.Count:N0} slice{(slices.Count == 1 ? "" : "s")} ({names})");
    }
}
