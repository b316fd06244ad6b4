namespace Croct.Export.Paging;

/// <summary>
/// The one loop over pages. It is lazy, can be enumerated again, and keeps up to <c>readAhead</c> pages under way or waiting beyond the
/// one that the caller has.
/// </summary>
/// <param name="firstCursor">Where to begin.</param>
/// <param name="readAhead">How many pages to fetch ahead.</param>
/// <param name="fetch">Gets the page of a cursor.</param>
/// <param name="callerToken">The token of the method that the sequence came from; the enumerator's is heeded as well.</param>
internal sealed class PageSequence<TPage>(
    string? firstCursor, int readAhead, Func<string?, CancellationToken, Task<TPage>> fetch, CancellationToken callerToken) : IAsyncEnumerable<TPage>
    where TPage : ExportPage
{
    public IAsyncEnumerator<TPage> GetAsyncEnumerator(CancellationToken cancellationToken = default) => EnumerateAsync(cancellationToken);

    private async IAsyncEnumerator<TPage> EnumerateAsync(CancellationToken enumeratorToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(callerToken, enumeratorToken);
        var ahead = new Queue<Task<TPage?>>();
        TPage? page = null;
        try
        {
            var newest = FetchAsync(firstCursor, enumeratorToken, stop.Token);
            ahead.Enqueue(newest);
            while (ahead.Count > 0)
            {
                page = await ahead.Dequeue().ConfigureAwait(false);
                if (page is null) break;

                while (ahead.Count < readAhead) ahead.Enqueue(newest = FetchNextAsync(newest, enumeratorToken, stop.Token));
                yield return page;

                ThrowIfStuck(page);
                if (ahead.Count == 0) ahead.Enqueue(newest = FetchNextAsync(newest, enumeratorToken, stop.Token));
                (page as IDisposable)?.Dispose();
            }
        }
        finally
        {
            (page as IDisposable)?.Dispose();
#if NET
            await stop.CancelAsync().ConfigureAwait(false);
#else
            stop.Cancel();
#endif
            await AbandonAsync(ahead).ConfigureAwait(false);
        }
    }

    private async Task<TPage?> FetchNextAsync(Task<TPage?> previous, CancellationToken enumeratorToken, CancellationToken stop)
    {
        var page = await previous.ConfigureAwait(false);
        return page is null || IsLast(page) || IsStuck(page) ? null : await FetchAsync(page.NextCursor, enumeratorToken, stop).ConfigureAwait(false);
    }

    private async Task<TPage?> FetchAsync(string? cursor, CancellationToken enumeratorToken, CancellationToken stop)
    {
        try
        {
            return await fetch(cursor, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (callerToken.IsCancellationRequested || enumeratorToken.IsCancellationRequested)
        {
            // Callers look for the token that they gave, not for the one that joins the two.
            throw new OperationCanceledException(
                exception.Message, exception, callerToken.IsCancellationRequested ? callerToken : enumeratorToken);
        }
    }

    private static bool IsLast(TPage page) => page.Count == 0 || page.NextCursor is null;

    private static bool IsStuck(TPage page) => page.Count > 0 && page.NextCursor is not null && page.NextCursor == page.Cursor;

    private static void ThrowIfStuck(TPage page)
    {
        if (IsStuck(page))
        {
            throw new ExportException(
                $"The API answered the cursor '{page.Cursor}' with {page.Count} items and the same cursor again: the export would never end.");
        }
    }

    /// <summary>Waits for what is still under way, so that nothing runs on and no failure goes unobserved.</summary>
    private static async Task AbandonAsync(Queue<Task<TPage?>> ahead)
    {
        foreach (var task in ahead)
        {
            // Whether it was cancelled or failed is of no interest to a caller who will not get there.
            await Task.WhenAny(task).ConfigureAwait(false);
            if (task.Status == TaskStatus.RanToCompletion) (task.Result as IDisposable)?.Dispose();
            else _ = task.Exception;
        }
    }
}
