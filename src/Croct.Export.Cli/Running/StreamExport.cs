using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Formats;

namespace Croct.Export.Cli.Running;

/// <summary>One export: writes the pages of a stream to a destination.</summary>
/// <param name="options">The items to export. A destination that resumes an earlier run overrides the cursor and the window.</param>
/// <param name="format">The format of the items.</param>
/// <param name="destination">The destination; it is disposed together with the export.</param>
/// <param name="maxItems">The maximum number of items.</param>
/// <param name="progress">Receives the pages.</param>
internal sealed class StreamExport(ExportOptions options, Format format, Destination destination, long maxItems, ExportProgress progress) : IAsyncDisposable
{
    private PageWriter? _writer;
    private long _itemsLeft = maxItems;
    private long _shownBytes;
    private bool _isDisposed;

    public Destination Destination => destination;

    /// <summary>The window of the export; a null start or end is unbounded.</summary>
    public (DateTimeOffset? Start, DateTimeOffset? End) Window =>
        destination.Resume is { } resume ? (resume.Start, resume.End) : (options.Start, options.End);

    /// <summary>Whether the export starts at a cursor from the command line.</summary>
    public bool IsCursorGiven { get; } = options.Cursor is not null && (destination.Resume is null || destination.Resume.Cursor == options.Cursor);

    /// <summary>Whether no page has been written yet.</summary>
    public bool IsFirstPage { get; private set; } = true;

    /// <summary>Whether the export ended although the API did not confirm the end of the data.</summary>
    public bool IsEndUnconfirmed { get; private set; }

    /// <summary>Runs to the end of the data, or until a failure.</summary>
    /// <param name="client">The client that gets the pages.</param>
    /// <param name="cancellationToken">Stops the export after the current page.</param>
    /// <returns>The failure; null if the end was reached.</returns>
    public async Task<Exception?> RunAsync(ExportClient client, CancellationToken cancellationToken)
    {
        try
        {
            // If another process has written a part first, the export continues after that part.
            while (!await TryWriteAsync(client, cancellationToken))
            {
            }

            await progress.SaveAsync(() => destination.CompleteAsync(IsEndUnconfirmed));
            return null;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ExportException or UsageException
            or IOException or UnauthorizedAccessException)
        {
            return await SuspendAsync(exception);
        }
    }

    /// <summary>Disposes the destination. Further calls do nothing.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _isDisposed, true) ? ValueTask.CompletedTask : destination.DisposeAsync();

    /// <summary>Writes the pages up to the end of the data.</summary>
    /// <returns>False if another process has written the same part, after which the export must continue.</returns>
    private async Task<bool> TryWriteAsync(ExportClient client, CancellationToken cancellationToken)
    {
        if (destination.Resume is { } resume)
        {
            (options.Cursor, options.Start, options.End) = (resume.Cursor, resume.Start, resume.End);
            options.TimeUnit ??= resume.TimeUnit;
        }

        _writer = format.Open(destination.Target);
        try
        {
            await foreach (var page in client.ExportRawPagesAsync(format.Stream, options, cancellationToken))
            {
                var written = await _writer.WriteAsync(page, _itemsLeft);
                _itemsLeft -= written.Rows + written.Duplicates;
                (IsFirstPage, IsEndUnconfirmed) = (false, written.IsEndUnconfirmed);
                await progress.SaveAsync(() => destination.CommitAsync(written));
                progress.Add(written, TakeBytes());
                cancellationToken.ThrowIfCancellationRequested();
                if (_itemsLeft == 0) break;
                if (!destination.IsPartFull) continue;
                if (!await TryEndPartAsync()) return false;
                _writer = format.Open(destination.Target);
            }

            return await TryEndPartAsync();
        }
        catch (Exception exception) when (destination.HasParts && _writer is not null && IsBetweenPages(exception))
        {
            await TryEndPartAsync();
            throw;
        }
        finally
        {
            // After a failure, the last page may be incomplete.
            if (_writer is not null) await _writer.DisposeAsync();
        }
    }

    private async Task<bool> TryEndPartAsync()
    {
        await _writer!.CompleteAsync();
        await _writer.DisposeAsync();
        _writer = null;
        var isWritten = false;
        await progress.SaveAsync(async () => isWritten = await destination.TryEndPartAsync());
        progress.Add(TakeBytes());
        return isWritten;
    }

    /// <summary>The bytes written since the last call.</summary>
    private long TakeBytes()
    {
        var bytes = destination.Bytes - _shownBytes;
        _shownBytes = destination.Bytes;
        return bytes;
    }

    /// <summary>Keeps the committed pages. Returns the failure to report: the given one, or a failure to keep the pages, which affects data.</summary>
    private async Task<Exception> SuspendAsync(Exception failure)
    {
        if (!IsBetweenPages(failure)) return failure;
        try
        {
            await progress.SaveAsync(destination.SuspendAsync);
            return failure;
        }
        catch (Exception exception) when (exception is UsageException or IOException or UnauthorizedAccessException)
        {
            return exception;
        }
    }

    /// <summary>
    /// Failures of the API occur between two pages, so only whole pages are written. After any other failure, the last page may be incomplete.
    /// </summary>
    private static bool IsBetweenPages(Exception failure) => failure is OperationCanceledException or ExportException;
}
