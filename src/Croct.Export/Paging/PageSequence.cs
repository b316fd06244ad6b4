using Croct.Export.Http;

namespace Croct.Export.Paging;

/// <summary>Fetches the page of a cursor. Reports the cursor of the next page as soon as it is known, possibly before this page has been parsed.</summary>
internal delegate Task<TPage> FetchPage<TPage>(string? cursor, Action<string> reportNextCursor, CancellationToken cancellationToken);

/// <summary>
/// The loop over pages that all exports share. It is lazy, can be enumerated again, and keeps up to <c>readAhead</c> pages in progress or ready,
/// beyond the one that the caller has or waits for.
/// </summary>
/// <param name="firstCursor">The cursor to begin at; null for the start of the window.</param>
/// <param name="readAhead">How many pages to fetch ahead.</param>
/// <param name="fetch">Fetches the page of a cursor.</param>
/// <param name="callerToken">The token of the method that returned the sequence; the enumerator's token is observed as well.</param>
internal sealed class PageSequence<TPage>(
    string? firstCursor,
    int readAhead,
    FetchPage<TPage> fetch,
    CancellationToken callerToken) : IAsyncEnumerable<TPage>
    where TPage : ExportPage
{
    public IAsyncEnumerator<TPage> GetAsyncEnumerator(CancellationToken cancellationToken = default) => EnumerateAsync(cancellationToken);

    private async IAsyncEnumerator<TPage> EnumerateAsync(CancellationToken enumeratorToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(callerToken, enumeratorToken);
        var ahead = new Queue<Fetch>();
        TPage? page = null;
        var cycle = new CursorCycleDetector();
        try
        {
            var newest = Begin(firstCursor, enumeratorToken, stop.Token);
            ahead.Enqueue(newest);
            while (ahead.Count > 0)
            {
                var current = ahead.Peek();
                while (ahead.Count <= readAhead) ahead.Enqueue(newest = BeginNext(newest, enumeratorToken, stop.Token));
                page = await current.Page.ConfigureAwait(false);
                ahead.Dequeue();
                if (page is null) break;

                callerToken.ThrowIfCancellationRequested();
                enumeratorToken.ThrowIfCancellationRequested();
                yield return page;

                ThrowIfStuck(page);
                cycle.ThrowIfCycle(page);
                if (ahead.Count == 0) ahead.Enqueue(newest = BeginNext(newest, enumeratorToken, stop.Token));
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
            foreach (var fetch in ahead) await AbandonAsync(fetch.Page).ConfigureAwait(false);
        }
    }

    private Fetch Begin(string? cursor, CancellationToken enumeratorToken, CancellationToken stop)
    {
        var nextCursor = new TaskCompletionSource<string>();
        return new Fetch(nextCursor.Task, ObserveFailure(FetchFirstAsync()));

        async Task<TPage?> FetchFirstAsync() => CountEmpty(await FetchAsync(cursor, nextCursor, enumeratorToken, stop).ConfigureAwait(false), previous: null);
    }

    private Fetch BeginNext(Fetch previous, CancellationToken enumeratorToken, CancellationToken stop)
    {
        var nextCursor = new TaskCompletionSource<string>();
        return new Fetch(nextCursor.Task, ObserveFailure(FetchNextAsync(previous, nextCursor, enumeratorToken, stop)));
    }

    /// <summary>Fetches the page after another one, requesting it as soon as its cursor is known; returns null if there is none.</summary>
    private async Task<TPage?> FetchNextAsync(
        Fetch previous, TaskCompletionSource<string> nextCursor, CancellationToken enumeratorToken, CancellationToken stop)
    {
        using var stopEarly = CancellationTokenSource.CreateLinkedTokenSource(stop);
        string? early = null;
        Task<TPage?>? earlyPage = null;
        if (await Task.WhenAny(previous.NextCursor, previous.Page).ConfigureAwait(false) == previous.NextCursor)
        {
            early = await previous.NextCursor.ConfigureAwait(false);
            earlyPage = FetchAsync(early, nextCursor, enumeratorToken, stopEarly.Token);
        }

        var isEarlyPageNeeded = false;
        try
        {
            var page = await previous.Page.ConfigureAwait(false);
            if (page is null || IsLast(page) || IsStuck(page)) return null;
            isEarlyPageNeeded = early is not null && early == page.NextCursor;
            if (isEarlyPageNeeded) return CountEmpty(await earlyPage!.ConfigureAwait(false), page);

            return CountEmpty(await FetchAsync(page.NextCursor, nextCursor, enumeratorToken, stop).ConfigureAwait(false), page);
        }
        finally
        {
            // The previous page failed, or its cursor is not the one that was found early: the page requested ahead is not needed.
            if (!isEarlyPageNeeded && earlyPage is not null)
            {
#if NET
                await stopEarly.CancelAsync().ConfigureAwait(false);
#else
                stopEarly.Cancel();
#endif
                await AbandonAsync(earlyPage).ConfigureAwait(false);
            }
        }
    }

    private async Task<TPage?> FetchAsync(string? cursor, TaskCompletionSource<string> nextCursor, CancellationToken enumeratorToken, CancellationToken stop)
    {
        try
        {
            return await fetch(cursor, next => nextCursor.TrySetResult(next), stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (callerToken.IsCancellationRequested || enumeratorToken.IsCancellationRequested)
        {
            // Callers expect their own token, not the linked one.
            throw new OperationCanceledException(
                exception.Message, exception, callerToken.IsCancellationRequested ? callerToken : enumeratorToken);
        }
    }

    /// <summary>Observes the failure of a page, in case the caller neither reaches it nor disposes the enumerator.</summary>
    private static Task<TPage?> ObserveFailure(Task<TPage?> page)
    {
        _ = page.ContinueWith(
            failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return page;
    }

    /// <summary>Counts the empty pages in a row, and marks the last one allowed as an unconfirmed end.</summary>
    private static TPage? CountEmpty(TPage? page, TPage? previous)
    {
        if (page is not { IsEmpty: true }) return page;
        page.EmptyInARow = (previous?.EmptyInARow ?? 0) + 1;
        if (page.EmptyInARow == EmptyPages.Max && !IsLast(page))
        {
            page.MarkEndUnconfirmed();
            Telemetry.EndUnconfirmed(EmptyPages.Max);
        }

        return page;
    }

    private static bool IsLast(TPage page) => page.NextCursor is null || page.IsEndUnconfirmed || (page.IsEmpty && page.NextCursor == page.Cursor);

    private static bool IsStuck(TPage page) => !page.IsEmpty && page.NextCursor is not null && page.NextCursor == page.Cursor;

    private static void ThrowIfStuck(TPage page)
    {
        if (IsStuck(page))
        {
            throw new ExportException(
                $"The API returned {page.Count} items and the same cursor again: the export would never end.")
            { Attempts = 1 };
        }
    }

    /// <summary>Waits for a page that is no longer needed, so that nothing keeps running and no failure goes unobserved.</summary>
    private static async Task AbandonAsync(Task<TPage?> task)
    {
        // Unlike await, WhenAny does not throw: the caller never reaches this page, so its failure does not matter.
        await Task.WhenAny(task).ConfigureAwait(false);
        if (task.Status == TaskStatus.RanToCompletion) (task.Result as IDisposable)?.Dispose();
        else _ = task.Exception;
    }

    /// <summary>A page in progress, which is null if it does not exist, and the cursor of the next page, which may be known earlier.</summary>
    private sealed record Fetch(Task<string> NextCursor, Task<TPage?> Page);
}
