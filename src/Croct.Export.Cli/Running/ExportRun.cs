using Croct.Export.Cli.Destinations;

namespace Croct.Export.Cli.Running;

/// <summary>Runs the exports of streams side by side, shows how they come along, and reports on them in the end.</summary>
/// <param name="exports">The exports of the streams that could be begun.</param>
/// <param name="streams">All streams, those that could not be begun included, in the order in which they are shown.</param>
/// <param name="display">Shows how they come along.</param>
/// <param name="report">The file of the report; null for none.</param>
/// <param name="interruption">The signals.</param>
internal sealed class ExportRun(IReadOnlyList<StreamExport> exports, IReadOnlyList<ExportProgress> streams, ProgressDisplay display, string? report, Interruption interruption)
{
    private const int EmptyPages = 16;

    private readonly HashSet<ExportProgress> _told = [];
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    /// <summary>Runs each stream to its own end: a failure of one does not stop the others.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(ExportClient client)
    {
        // Pages are parsed and written on the thread that brings them: each stream has one of its own.
        await display.ShowAsync(Task.WhenAll(exports.Select(export => Task.Run(() => RunAsync(export, client), CancellationToken.None))));
        display.WriteTable();
        foreach (var stream in streams) Tell(stream);
        var code = interruption.ExitCode ?? ExitCode.Of([.. streams.Select(stream => stream.Failure).OfType<Exception>().Select(ExitCode.Of)]);
        if (report is null) return code;
        try
        {
            await ExportReport.WriteAsync(report, streams, _started, code);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or UsageException)
        {
            // The data are not touched by it, and a failure of the export is the first one to tell.
            Terminal.Tell($"The report is missing: {exception.Message}");
            if (code == ExitCode.Done) return ExitCode.Disk;
        }

        return code;
    }

    private async Task RunAsync(StreamExport export, ExportClient client)
    {
        await using (export) await export.RunAsync(client, interruption.Token);

        // Others may take hours yet. What is shown in place would be torn by lines.
        if (!display.IsInPlace) Tell(export.Progress);
    }

    /// <summary>Tells what came of a stream, once.</summary>
    private void Tell(ExportProgress stream)
    {
        lock (_told)
        {
            if (!_told.Add(stream)) return;
            display.WriteEnd(stream);
            Explain(stream);
        }
    }

    private void Explain(ExportProgress stream)
    {
        var prefix = streams.Count > 1 ? stream.Name + ": " : "";
        var export = exports.FirstOrDefault(export => export.Progress == stream);
        var destination = export?.Destination;
        if (destination?.Leftover is { } leftover) Terminal.Tell(prefix + leftover);
        if (stream.DescribeFindings() is { } findings) Terminal.Tell(prefix + findings);
        if (stream.IsEndUnconfirmed) Terminal.Tell($"{prefix}The export ended after {EmptyPages} empty pages in a row: the API did not confirm that this is the end of the data.");
        if (stream.OutsideWindow > 0) Terminal.Tell($"{prefix}{stream.OutsideWindow} {stream.Name} outside the window are in the data as well: they may have moved since the server chose them.");
        if (stream.IsComplete && destination?.Resume is { IsOutrun: true, End: { } end }) Terminal.Tell($"{prefix}This finished the window to {end.UtcDateTime:O} of a run that was interrupted; run it again for what came since.");
        if (stream.IsIdle) Terminal.Tell($"{prefix}There is nothing to do: the window up to --end was exported by an earlier run.");
        if (stream.Failure is OperationCanceledException) Terminal.Tell($"{prefix}Stopped before the end.");
        else if (stream.Failure is { } failure) Terminal.Tell(prefix + Failures.Describe(failure, stream.Pages == 0 ? destination?.Resume : null, stream.Pages == 0 && export?.IsCursorGiven == true));
    }
}
