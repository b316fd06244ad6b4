using Croct.Export.Cli.Destinations;

namespace Croct.Export.Cli.Running;

/// <summary>Runs the exports of streams concurrently, shows their progress, and writes the report at the end.</summary>
/// <param name="runs">The streams that could be started.</param>
/// <param name="streams">All streams, including those that could not be started, in the order in which they are shown.</param>
/// <param name="parallel">The maximum number of exports at a time.</param>
/// <param name="display">Shows the progress.</param>
/// <param name="report">The file of the report; null for none.</param>
/// <param name="interruption">The signals.</param>
internal sealed class ExportRun(
    IReadOnlyList<StreamRun> runs,
    IReadOnlyList<ExportProgress> streams,
    int parallel,
    ProgressDisplay display,
    string? report,
    Interruption interruption)
{
    private const int MaxEmptyPages = 16;

    private readonly HashSet<ExportProgress> _shown = [];
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    /// <summary>Runs all streams until they complete or fail: a failure of one does not stop the others.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(ExportClient client)
    {
        await display.ShowAsync(RunAllAsync(client));
        display.WriteTable();
        foreach (var stream in streams) ShowResult(stream);
        var code = interruption.ExitCode ?? ExitCode.Of([.. streams.Select(stream => stream.Failure).OfType<Exception>().Select(ExitCode.Of)]);
        return await ReportFile.WriteAsync(report, () => ExportReport.Serialize(streams, _started, code), code);
    }

    private async Task RunAllAsync(ExportClient client)
    {
        var left = runs.ToDictionary(run => run, run => run.Jobs.Count);
        foreach (var run in runs.Where(run => left[run] == 0)) await EndAsync(run);

        // Pages are parsed and written on the thread that receives them, so each export runs on its own.
        var jobs = runs.SelectMany(run => run.Jobs.Select(job => (Run: run, Job: job))).OrderBy(pair => pair.Job.Order);
        await Parallel.ForEachAsync(jobs, new ParallelOptions { MaxDegreeOfParallelism = parallel }, async (pair, _) =>
        {
            await pair.Job.RunAsync(client, interruption.Token);
            bool isLast;
            lock (left) isLast = --left[pair.Run] == 0;
            if (isLast) await EndAsync(pair.Run);
        });
    }

    private async Task EndAsync(StreamRun run)
    {
        await run.EndAsync();

        // The other streams may take hours. A display that is updated in place must not be interrupted by lines.
        if (!display.IsInPlace) ShowResult(run.Progress);
    }

    /// <summary>Shows the result of a stream, once.</summary>
    private void ShowResult(ExportProgress stream)
    {
        lock (_shown)
        {
            if (!_shown.Add(stream)) return;
            display.WriteEnd(stream);
            WriteWarnings(stream);
        }
    }

    private void WriteWarnings(ExportProgress stream)
    {
        var prefix = streams.Count > 1 ? stream.Name + ": " : "";
        var run = runs.FirstOrDefault(run => run.Progress == stream);
        if (stream.DescribeFindings() is { } findings) Terminal.WriteMessage(prefix + findings);
        if (stream.IsEndUnconfirmed)
        {
            Terminal.WriteMessage(
                $"{prefix}The export ended after {MaxEmptyPages} empty pages in a row: the API did not confirm that this is the end of the data.");
        }

        if (stream.OutsideWindow > 0)
        {
            Terminal.WriteMessage(
                $"{prefix}The data includes {stream.OutsideWindow} {stream.Name} outside the window: they may have changed since the server selected them.");
        }

        foreach (var message in run?.GetMessages() ?? []) Terminal.WriteMessage(prefix + message);
        if (stream.IsIdle && !display.IsQuiet)
        {
            Terminal.WriteMessage(prefix + (run is null ? "There is nothing to do: the window up to --end was exported by an earlier run." : run.IdleMessage));
        }

        if (stream.Failure is OperationCanceledException) Terminal.WriteMessage($"{prefix}Stopped before the export was complete.");
        else if (run is null && stream.Failure is { } failure) Terminal.WriteMessage(prefix + Failures.Describe(failure));
    }
}
