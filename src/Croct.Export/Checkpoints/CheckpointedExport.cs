using Croct.Export.Models;

namespace Croct.Export;

/// <summary>
/// Exports that keep their place: each page is handed to the caller, and its cursor is saved only after the caller is done with it.
/// A page whose handler failed comes again next time: every item at least once, none lost.
/// </summary>
public static class CheckpointedExport
{
    /// <summary>Hands every page of events to <paramref name="handler"/>, beginning behind the cursor in <paramref name="store"/>.</summary>
    /// <param name="client">The client.</param>
    /// <param name="store">Where the cursor is kept.</param>
    /// <param name="handler">Brings one page to safety; the last page may be empty.</param>
    /// <param name="options">Which events. Its cursor counts only while the store has none.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="ArgumentException">An argument is null, or an option is not valid.</exception>
    /// <exception cref="ExportException">The export failed; the pages before are dealt with and their cursor is saved.</exception>
    public static Task ExportEventPagesAsync(
        this ExportClient client,
        ICursorStore store,
        Func<EventPage, CancellationToken, Task> handler,
        EventExportOptions? options = null,
        CancellationToken cancellationToken = default) =>
        RunAsync((client ?? throw new ArgumentNullException(nameof(client))).ExportEventPagesAsync, store, handler, options, cancellationToken);

    /// <summary>Hands every page of sessions to <paramref name="handler"/>, beginning behind the cursor in <paramref name="store"/>.</summary>
    /// <inheritdoc cref="ExportEventPagesAsync"/>
    public static Task ExportSessionPagesAsync(
        this ExportClient client,
        ICursorStore store,
        Func<ExportPage<Session>, CancellationToken, Task> handler,
        SessionExportOptions? options = null,
        CancellationToken cancellationToken = default) =>
        RunAsync((client ?? throw new ArgumentNullException(nameof(client))).ExportSessionPagesAsync, store, handler, options, cancellationToken);

    /// <summary>Hands every page of users to <paramref name="handler"/>, beginning behind the cursor in <paramref name="store"/>.</summary>
    /// <inheritdoc cref="ExportEventPagesAsync"/>
    public static Task ExportUserPagesAsync(
        this ExportClient client,
        ICursorStore store,
        Func<ExportPage<User>, CancellationToken, Task> handler,
        UserExportOptions? options = null,
        CancellationToken cancellationToken = default) =>
        RunAsync((client ?? throw new ArgumentNullException(nameof(client))).ExportUserPagesAsync, store, handler, options, cancellationToken);

    private static Task RunAsync<TPage, TOptions>(
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
            copy.Cursor = await store.LoadAsync(cancellationToken).ConfigureAwait(false) ?? copy.Cursor;
            await foreach (var page in pages(copy, cancellationToken).ConfigureAwait(false))
            {
                await handler(page, cancellationToken).ConfigureAwait(false);
                if (page.ResumeCursor is { } cursor && cursor != page.Cursor)
                {
                    await store.SaveAsync(cursor, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }
}
