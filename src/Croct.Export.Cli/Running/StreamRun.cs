namespace Croct.Export.Cli.Running;

/// <summary>The part of a run that exports one stream, by one or more exports.</summary>
/// <param name="progress">The progress of the stream.</param>
internal abstract class StreamRun(ExportProgress progress) : IAsyncDisposable
{
    public ExportProgress Progress => progress;

    /// <summary>All files that are written, so that nothing else writes to them.</summary>
    public virtual IReadOnlyList<string> Files => [];

    /// <summary>The exports, which may run concurrently.</summary>
    public abstract IReadOnlyList<ExportJob> Jobs { get; }

    /// <summary>Records the result, once all exports have ended.</summary>
    public abstract Task EndAsync();

    /// <summary>Why there was nothing to do; null if there was something.</summary>
    public virtual string? IdleMessage => null;

    /// <summary>What is to be said after the end, in addition to what the progress knows.</summary>
    public abstract IEnumerable<string> GetMessages();

    /// <summary>What is to be done once all exports have ended without a failure; null for nothing.</summary>
    public Func<Task>? FinishAsync { get; init; }

    /// <summary>What the exports need, to be disposed with this; null for nothing.</summary>
    public IDisposable? Resource { get; init; }

    /// <summary>Completes the progress, after what is left to do.</summary>
    /// <param name="isIdle">Whether earlier runs have exported everything. What is left to do may still be left.</param>
    protected async Task CompleteAsync(bool isIdle = false)
    {
        try
        {
            if (FinishAsync is not null) await Progress.SaveAsync(FinishAsync);
            if (isIdle) Progress.CompleteIdle();
            else Progress.Complete();
        }
        catch (Exception exception) when (exception is IOException or UsageException)
        {
            Progress.Fail(exception);
        }
    }

    public virtual ValueTask DisposeAsync()
    {
        Resource?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>An export that may run concurrently with others.</summary>
/// <param name="Order">Exports with an earlier time begin earlier.</param>
/// <param name="RunAsync">Runs it. Failures are recorded, not thrown.</param>
internal sealed record ExportJob(DateTimeOffset Order, Func<ExportClient, CancellationToken, Task> RunAsync);
