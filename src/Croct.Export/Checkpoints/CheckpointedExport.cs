using Croct.Export.Models;

namespace Croct.Export;

/// <summary>
/// Exports that resume from a checkpoint: each page is passed to the caller's handler, and its checkpoint is saved only after the handler has returned.
/// A page whose handler failed is delivered again next time: every item is delivered at least once, and none is lost. See <see cref="ICursorStore"/>
/// for what a store can rely on.
/// </summary>
public static class CheckpointedExport
{
    /// <summary>Passes every page of events to <paramref name="handler"/>, starting at the checkpoint in <paramref name="store"/>.</summary>
    /// <param name="client">The client.</param>
    /// <param name="store">Where the checkpoint is kept.</param>
    /// <param name="handler">Stores one page safely; the last page may be empty.</param>
    /// <param name="options">
    /// Which items to export; all by default. The stream, types and window must be those of the checkpoint. The cursor is used only while the store has
    /// no checkpoint. The time unit is that of the checkpoint unless it is set here.
    /// </param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="ArgumentException">An argument is null, or an option is not valid.</exception>
    /// <exception cref="ExportException">
    /// The checkpoint in the store belongs to another export; or the export failed: the pages before the failure were processed and saved.
    /// </exception>
    public static Task ExportEventPagesAsync(
        this ExportClient client,
        ICursorStore store,
        Func<EventPage, CancellationToken, Task> handler,
        EventExportOptions? options = null,
        CancellationToken cancellationToken = default) =>
        RunAsync(
            ExportStream.Events,
            (client ?? throw new ArgumentNullException(nameof(client))).ExportEventPagesAsync,
            store,
            handler,
            options,
            cancellationToken);

    /// <summary>Passes every page of sessions to <paramref name="handler"/>, starting at the checkpoint in <paramref name="store"/>.</summary>
    /// <inheritdoc cref="ExportEventPagesAsync"/>
    public static Task ExportSessionPagesAsync(
        this ExportClient client,
        ICursorStore store,
        Func<ExportPage<Session>, CancellationToken, Task> handler,
        SessionExportOptions? options = null,
        CancellationToken cancellationToken = default) =>
        RunAsync(
            ExportStream.Sessions,
            (client ?? throw new ArgumentNullException(nameof(client))).ExportSessionPagesAsync,
            store,
            handler,
            options,
            cancellationToken);

    /// <summary>Passes every page of users to <paramref name="handler"/>, starting at the checkpoint in <paramref name="store"/>.</summary>
    /// <inheritdoc cref="ExportEventPagesAsync"/>
    public static Task ExportUserPagesAsync(
        this ExportClient client,
        ICursorStore store,
        Func<ExportPage<User>, CancellationToken, Task> handler,
        UserExportOptions? options = null,
        CancellationToken cancellationToken = default) =>
        RunAsync(
            ExportStream.Users,
            (client ?? throw new ArgumentNullException(nameof(client))).ExportUserPagesAsync,
            store,
            handler,
            options,
            cancellationToken);

    private static Task RunAsync<TPage, TOptions>(
        ExportStream stream,
        Func<TOptions?, CancellationToken, IAsyncEnumerable<TPage>> pages,
        ICursorStore store,
        Func<TPage, CancellationToken, Task> handler,
        TOptions? options,
        CancellationToken cancellationToken)
        where TPage : ExportPage
        where TOptions : ExportOptions, new()
    {
        if (store is null) throw new ArgumentNullException(nameof(store));
        if (handler is null) throw new ArgumentNullException(nameof(handler));
        var copy = (TOptions?)options?.Copy() ?? new TOptions();
        Validation.Check(copy);
        return HandleAsync();

        async Task HandleAsync()
        {
            if (await store.LoadAsync(cancellationToken).ConfigureAwait(false) is { } saved)
            {
                if (saved.FindDifference(At(null)) is { } difference)
                {
                    throw new ExportException(
                        $"The checkpoint in {store} belongs to another export: {difference}. "
                        + "Give this export a store of its own, or delete the checkpoint to start over.");
                }

                copy.Cursor = saved.Cursor;
                copy.TimeUnit ??= saved.TimeUnit;
            }

            await foreach (var page in pages(copy, cancellationToken).ConfigureAwait(false))
            {
                await handler(page, cancellationToken).ConfigureAwait(false);

                // Saved even if it is unchanged: a store may commit the rows of the page together with it.
                if (!page.HasNoData) await store.SaveAsync(At(page), cancellationToken).ConfigureAwait(false);
            }
        }

        Checkpoint At(TPage? page) => new()
        {
            Stream = stream,
            Events = (copy as EventExportOptions)?.Events ?? [],
            Start = copy.Start,
            End = copy.End,
            TimeUnit = page?.TimeUnit,
            Cursor = page?.ResumeCursor,
        };
    }
}
