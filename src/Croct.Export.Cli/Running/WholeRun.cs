namespace Croct.Export.Cli.Running;

/// <summary>Exports the window of a stream as a whole.</summary>
/// <param name="export">The export.</param>
/// <param name="progress">The progress of the stream.</param>
internal sealed class WholeRun(StreamExport export, ExportProgress progress) : StreamRun(progress)
{
    private Exception? _failure;

    public override IReadOnlyList<string> Files => export.Destination.Files;

    public override IReadOnlyList<ExportJob> Jobs => [new(DateTimeOffset.MinValue, RunAsync)];

    public override async Task EndAsync()
    {
        Progress.End(export.Destination.Name, export.Destination.Kept, export.IsEndUnconfirmed);
        Progress.Parts = export.Destination.Parts;
        if (_failure is null) await CompleteAsync();
        else Progress.Fail(_failure);
        await export.DisposeAsync();
    }

    public override IEnumerable<string> GetMessages()
    {
        var destination = export.Destination;
        if (destination.LeftoverMessage is { } leftover) yield return leftover;
        if (Progress.IsComplete && destination.Resume is { IsSuperseded: true, End: { } end })
        {
            yield return $"This run completed the window of an interrupted run, up to {end.UtcDateTime:O}; run it again to export newer items.";
        }

        if (_failure is null or OperationCanceledException) yield break;
        yield return Failures.Describe(_failure, export.IsFirstPage ? destination.Resume : null, export.IsFirstPage && export.IsCursorGiven);
    }

    public override async ValueTask DisposeAsync()
    {
        await export.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task RunAsync(ExportClient client, CancellationToken cancellationToken)
    {
        Progress.Begin(export.Destination.Run, export.Window);
        _failure = await export.RunAsync(client, cancellationToken);
    }
}
