namespace Croct.Export.Cli.Output;

/// <summary>Brings the pages of one stream to where they go.</summary>
internal static class ExportRunner
{
    /// <param name="client">Where the pages come from.</param>
    /// <param name="options">Which ones; the cursor is that of the destination.</param>
    /// <param name="format">How they are written.</param>
    /// <param name="destination">Where they go.</param>
    /// <param name="progress">Who watches.</param>
    /// <param name="most">The most items.</param>
    /// <param name="cancellationToken">Ends the export behind the page in hand.</param>
    public static async Task RunAsync(
        ExportClient client, ExportOptions options, Format format, Destination destination, ExportProgress progress, long most, CancellationToken cancellationToken)
    {
        options.Cursor = destination.Cursor;
        options.TimeUnit ??= destination.TimeUnit;
        if (destination.Window is { } window) (options.Start, options.End) = window;
        var isComplete = false;
        try
        {
            await WriteAsync();
            await destination.CompleteAsync();
            isComplete = true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ExportException)
        {
            // Both come between two pages: what is written is whole.
            await destination.SuspendAsync();
            throw;
        }
        finally
        {
            progress.End(destination, isComplete);
        }

        async Task WriteAsync()
        {
            await foreach (var page in format.WriteAsync(client, options, destination, most, cancellationToken))
            {
                await destination.CommitAsync(page);
                progress.Add(page, destination.Bytes);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
