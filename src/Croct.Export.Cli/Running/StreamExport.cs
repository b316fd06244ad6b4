using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Formats;

namespace Croct.Export.Cli.Running;

/// <summary>The export of one stream: brings its pages to where they go.</summary>
/// <param name="options">Which items, as far as no earlier run decides it.</param>
/// <param name="format">How they are written.</param>
/// <param name="destination">Where they go; disposed with this.</param>
/// <param name="maxItems">The maximum number of items.</param>
/// <param name="progress">Is told how far it has come.</param>
internal sealed class StreamExport(ExportOptions options, Format format, Destination destination, long maxItems, ExportProgress progress) : IAsyncDisposable
{
    private bool _isDisposed;

    public ExportProgress Progress => progress;

    public Destination Destination => destination;

    /// <summary>Whether it begins at a cursor that somebody gave.</summary>
    public bool IsCursorGiven { get; } = options.Cursor is not null && (destination.Resume is null || destination.Resume.Cursor == options.Cursor);

    /// <summary>Runs to the end of the data, or to a failure, which the progress then has.</summary>
    /// <param name="client">Where the pages come from.</param>
    /// <param name="cancellationToken">Ends the export after the page in hand.</param>
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
        catch (Exception exception) when (exception is OperationCanceledException or ExportException or UsageException or IOException or UnauthorizedAccessException)
        {
            var failure = await SuspendAsync(exception);
            progress.End(destination);
            progress.Fail(failure);
        }
    }

    /// <summary>Frees the destination; more than once does nothing.</summary>
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

    /// <summary>Keeps what is whole, and returns the failure to tell: the first one, or that of keeping it, which is about data.</summary>
    private async Task<Exception> SuspendAsync(Exception failure)
    {
        // Failures of the API come between two pages: what is written is whole. What else goes wrong must not be taken for written.
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
