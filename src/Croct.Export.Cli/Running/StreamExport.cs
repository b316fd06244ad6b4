using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Formats;

namespace Croct.Export.Cli.Running;

/// <summary>The export of one stream: writes its pages to the destination.</summary>
/// <param name="options">The items to export. A destination that resumes an earlier run overrides the cursor and the window.</param>
/// <param name="format">The format of the items.</param>
/// <param name="destination">The destination; it is disposed together with the export.</param>
/// <param name="maxItems">The maximum number of items.</param>
/// <param name="progress">Receives the progress.</param>
internal sealed class StreamExport(ExportOptions options, Format format, Destination destination, long maxItems, ExportProgress progress) : IAsyncDisposable
{
    private bool _isDisposed;

    public ExportProgress Progress => progress;

    public Destination Destination => destination;

    /// <summary>Whether the export starts at a cursor from the command line.</summary>
    public bool IsCursorGiven { get; } = options.Cursor is not null && (destination.Resume is null || destination.Resume.Cursor == options.Cursor);

    /// <summary>Runs to the end of the data, or until a failure, which is recorded in the progress.</summary>
    /// <param name="client">The client that gets the pages.</param>
    /// <param name="cancellationToken">Stops the export after the current page.</param>
    public async Task RunAsync(ExportClient client, CancellationToken cancellationToken)
    {
        if (destination.Resume is { } resume)
        {
            (options.Cursor, options.Start, options.End) = (resume.Cursor, resume.Start, resume.End);
            options.TimeUnit ??= resume.TimeUnit;
        }

        progress.Begin(destination, options.Start, options.End);
        try
        {
            await WriteAsync(client, cancellationToken);
            await destination.CompleteAsync();
            progress.End(destination);
            progress.Complete();
        }
        catch (Exception exception) when (exception is OperationCanceledException or ExportException or UsageException
            or IOException or UnauthorizedAccessException)
        {
            var failure = await SuspendAsync(exception);
            progress.End(destination);
            progress.Fail(failure);
        }
    }

    /// <summary>Disposes the destination. Further calls do nothing.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _isDisposed, true) ? ValueTask.CompletedTask : destination.DisposeAsync();

    private async Task WriteAsync(ExportClient client, CancellationToken cancellationToken)
    {
        await foreach (var page in format.WriteAsync(client, options, destination.Target, maxItems, cancellationToken))
        {
            await destination.CommitAsync(page);
            progress.Add(page, destination.Bytes);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Keeps the committed pages. Returns the failure to report: the given one, or a failure to keep the pages, which affects data.</summary>
    private async Task<Exception> SuspendAsync(Exception failure)
    {
        // Failures of the API occur between two pages, so only whole pages are written. After any other failure, the last page may be incomplete.
        if (failure is not (OperationCanceledException or ExportException)) return failure;
        try
        {
            await destination.SuspendAsync();
            return failure;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception;
        }
    }
}
