using Croct.Export.Http;
using Croct.Export.Json;
using Croct.Export.Models;
using Croct.Export.Paging;

namespace Croct.Export;

/// <summary>
/// A client of the Croct Export API. For each of events, sessions and users, it gets one page, all pages, all items, or one item by its id.
/// It is thread-safe: create one and reuse it.
/// </summary>
/// <remarks>
/// Every method validates its arguments when it is called. Transient failures are retried. A failure that persists or is not transient throws an
/// <see cref="ExportException"/>, or its subclass <see cref="ExportApiException"/> if the API responded with an error. Cancellation throws an
/// <see cref="OperationCanceledException"/> with the caller's token; a timeout does not. The methods are virtual, so that tests can override them.
/// </remarks>
public class ExportClient : IDisposable
{
    private readonly ExportClientOptions _options;
    private readonly ExportTransport _transport;
    private readonly TimeUnitDetector _units;

    /// <summary>Creates a client of the production API with the defaults of <see cref="ExportClientOptions"/>.</summary>
    /// <param name="apiKey">The API key.</param>
    /// <exception cref="ArgumentException">The key is null, blank, or contains characters that are not allowed in a key.</exception>
    public ExportClient(string apiKey)
        : this(new ExportClientOptions { ApiKey = apiKey })
    {
    }

    /// <summary>Creates a client.</summary>
    /// <param name="options">How to reach the API; the client takes a copy.</param>
    /// <exception cref="ArgumentException">An option is not valid; the message names the option, its value and the rule.</exception>
    public ExportClient(ExportClientOptions options)
        : this(options, http: null)
    {
    }

    /// <summary>Creates a client that sends its requests with an <see cref="HttpClient"/> managed elsewhere, such as by an <c>IHttpClientFactory</c>.</summary>
    /// <param name="httpClient">
    /// Sends the requests; it is not disposed with this client. Its handler must not follow redirects. Its
    /// <see cref="HttpClient.Timeout"/> still applies, and ends an attempt whose response headers have not arrived by then; set it to infinite
    /// to leave timeouts to <see cref="ExportClientOptions.AttemptTimeout"/> alone.
    /// </param>
    /// <param name="options">How to reach the API; the client takes a copy. <see cref="ExportClientOptions.HttpMessageHandler"/> must be null.</param>
    /// <exception cref="ArgumentException">An option is not valid, or conflicts with <paramref name="httpClient"/>.</exception>
    public ExportClient(HttpClient httpClient, ExportClientOptions options)
        : this(options, httpClient ?? throw new ArgumentNullException(nameof(httpClient)))
    {
    }

    /// <summary>For substitutes in tests, which override the methods that the test calls.</summary>
    protected ExportClient()
        : this(new ExportClientOptions { ApiKey = "substitute", HttpMessageHandler = new SubstituteHandler() })
    {
    }

    private ExportClient(ExportClientOptions options, HttpClient? http)
    {
        _options = (options ?? throw new ArgumentNullException(nameof(options))).Copy();
        Validation.Check(_options);
        if (http is not null) Validation.Check(_options, http);
        _transport = new ExportTransport(_options, http);
        _units = new TimeUnitDetector(_transport, _options.TimeUnit);
    }

    /// <summary>Gets one page of events with a single request.</summary>
    /// <param name="options">Which events to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="ExportException">The export failed.</exception>
    public virtual Task<EventPage> ExportEventsAsync(EventExportOptions? options = null, CancellationToken cancellationToken = default) =>
        GetPageAsync(StreamDescription.Events, options, cancellationToken);

    /// <summary>Gets the pages of events one by one.</summary>
    /// <remarks>
    /// The last page may be empty: it has the cursor from which a later export continues. Save the <see cref="ExportPage.ResumeCursor"/>
    /// of each page once its items are safely stored. Further pages are requested while the caller processes the current one
    /// (<see cref="ExportClientOptions.ReadAhead"/>). Enumerating the sequence again sends the requests again.
    /// </remarks>
    /// <param name="options">Which events to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="ExportException">The export failed, or the API repeated a cursor; thrown while enumerating.</exception>
    public virtual IAsyncEnumerable<EventPage> ExportEventPagesAsync(
        EventExportOptions? options = null, CancellationToken cancellationToken = default) =>
        GetPages(StreamDescription.Events, options, cancellationToken);

    /// <summary>Gets all events, requesting pages as the events are consumed.</summary>
    /// <param name="options">Which events to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="ExportException">The export failed, or the API repeated a cursor; thrown while enumerating.</exception>
    public virtual IAsyncEnumerable<Event> ExportAllEventsAsync(EventExportOptions? options = null, CancellationToken cancellationToken = default) =>
        new ItemSequence<Event>(ExportEventPagesAsync(options, cancellationToken), cancellationToken);

    /// <summary>Gets one event by its id, with the metadata of its application.</summary>
    /// <param name="id">The id; it is escaped for the URL.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArgumentException">
    /// The id is null, blank, <c>.</c> or <c>..</c>, contains an unpaired surrogate, or takes more than 32 KiB in a URL.
    /// </exception>
    /// <exception cref="ExportApiException">There is no such event (404), or the API responded with another error.</exception>
    /// <exception cref="ExportException">The export failed.</exception>
    public virtual Task<SingleEventResponse> ExportEventByIdAsync(string id, CancellationToken cancellationToken = default)
    {
        Validation.CheckId(id, nameof(id));
        return LookUpAsync(RawExportClient.ExportEventById(id), cancellationToken);
    }

    /// <summary>Gets one page of sessions with a single request.</summary>
    /// <param name="options">Which sessions to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <inheritdoc cref="ExportEventsAsync"/>
    public virtual Task<ExportPage<Session>> ExportSessionsAsync(
        SessionExportOptions? options = null, CancellationToken cancellationToken = default) =>
        GetPageAsync(StreamDescription.Sessions, options, cancellationToken);

    /// <summary>Gets the pages of sessions one by one.</summary>
    /// <param name="options">Which sessions to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <inheritdoc cref="ExportEventPagesAsync"/>
    public virtual IAsyncEnumerable<ExportPage<Session>> ExportSessionPagesAsync(
        SessionExportOptions? options = null, CancellationToken cancellationToken = default) =>
        GetPages(StreamDescription.Sessions, options, cancellationToken);

    /// <summary>Gets all sessions, requesting pages as the sessions are consumed.</summary>
    /// <param name="options">Which sessions to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <inheritdoc cref="ExportAllEventsAsync"/>
    public virtual IAsyncEnumerable<Session> ExportAllSessionsAsync(SessionExportOptions? options = null, CancellationToken cancellationToken = default) =>
        new ItemSequence<Session>(ExportSessionPagesAsync(options, cancellationToken), cancellationToken);

    /// <summary>Gets one session by its id.</summary>
    /// <param name="sessionId">The id; it is escaped for the URL.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArgumentException">
    /// The id is null, blank, <c>.</c> or <c>..</c>, contains an unpaired surrogate, or takes more than 32 KiB in a URL.
    /// </exception>
    /// <exception cref="ExportApiException">There is no such session (404), or the API responded with another error.</exception>
    /// <exception cref="ExportException">The export failed.</exception>
    public virtual Task<Session> ExportSessionByIdAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        Validation.CheckId(sessionId, nameof(sessionId));
        return LookUpAsync(RawExportClient.ExportSessionById(sessionId), cancellationToken);
    }

    /// <summary>Gets one page of users with a single request.</summary>
    /// <param name="options">Which users to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <inheritdoc cref="ExportEventsAsync"/>
    public virtual Task<ExportPage<User>> ExportUsersAsync(UserExportOptions? options = null, CancellationToken cancellationToken = default) =>
        GetPageAsync(StreamDescription.Users, options, cancellationToken);

    /// <summary>Gets the pages of users one by one.</summary>
    /// <param name="options">Which users to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <inheritdoc cref="ExportEventPagesAsync"/>
    public virtual IAsyncEnumerable<ExportPage<User>> ExportUserPagesAsync(
        UserExportOptions? options = null, CancellationToken cancellationToken = default) =>
        GetPages(StreamDescription.Users, options, cancellationToken);

    /// <summary>Gets all users, requesting pages as the users are consumed.</summary>
    /// <param name="options">Which users to export; all by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <inheritdoc cref="ExportAllEventsAsync"/>
    public virtual IAsyncEnumerable<User> ExportAllUsersAsync(UserExportOptions? options = null, CancellationToken cancellationToken = default) =>
        new ItemSequence<User>(ExportUserPagesAsync(options, cancellationToken), cancellationToken);

    /// <summary>Gets one user by its id.</summary>
    /// <param name="userId">The id; it is escaped for the URL.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArgumentException">
    /// The id is null, blank, <c>.</c> or <c>..</c>, contains an unpaired surrogate, or takes more than 32 KiB in a URL.
    /// </exception>
    /// <exception cref="ExportApiException">There is no such user (404), or the API responded with another error.</exception>
    /// <exception cref="ExportException">The export failed.</exception>
    public virtual Task<User> ExportUserByIdAsync(string userId, CancellationToken cancellationToken = default)
    {
        Validation.CheckId(userId, nameof(userId));
        return LookUpAsync(RawExportClient.ExportUserById(userId), cancellationToken);
    }

    /// <summary>Gets the pages of a stream with their items as JSON, exactly as received, for tools that store items without interpreting them.</summary>
    /// <remarks>
    /// A response must be well-formed JSON, nested at most 512 levels deep, and its items must be objects. The content of the items is not checked
    /// further: members may be missing or of any type, and bytes in strings that are not UTF-8 are passed on as received. See
    /// <see cref="RawPage"/> for how long the items remain valid.
    /// </remarks>
    /// <param name="stream">The stream to export.</param>
    /// <param name="options">Which items to export: the options of that stream; all items by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="ArgumentException">An option is not valid, or the options belong to another stream.</exception>
    /// <exception cref="ExportException">The export failed, or the API repeated a cursor; thrown while enumerating.</exception>
    public virtual IAsyncEnumerable<RawPage> ExportRawPagesAsync(
        ExportStream stream, ExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        var description = StreamDescription.Get(stream);
        if (options is not null && options.GetType() != description.Options)
        {
            throw new ArgumentException(
                $"{nameof(options)} was {options.GetType().Name}; the stream {stream} takes {description.Options.Name}.", nameof(options));
        }

        var copy = Validate(options);
        var source = new PageSource(_transport, _units, description, copy);
        return new PageSequence<RawPage>(copy.Cursor, _options.ReadAhead, source.FetchRawAsync, cancellationToken);
    }

    /// <summary>Ends operations in progress with an <see cref="ObjectDisposedException"/>, and closes the connections if the client owns them.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes what the client owns.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> was called.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _transport.Dispose();
    }

    /// <summary>Returns a validated copy of the options with the defaults filled in; without options, those of sessions, which have no filter.</summary>
    private ExportOptions Validate(ExportOptions? options)
    {
        _transport.ThrowIfDisposed();
        var copy = options?.Copy() ?? new SessionExportOptions();
        Validation.Check(copy);
        copy.PageSize ??= _options.DefaultPageSize;
        return copy;
    }

    private Task<TPage> GetPageAsync<TResponse, TItem, TPage>(
        StreamDescription<TResponse, TItem, TPage> stream, ExportOptions? options, CancellationToken cancellationToken)
        where TResponse : ExportModel
        where TItem : IStreamItem
        where TPage : ExportPage
    {
        var copy = Validate(options);
        return new PageSource(_transport, _units, stream, copy).FetchAsync(stream, copy.Cursor, static _ => { }, cancellationToken);
    }

    private PageSequence<TPage> GetPages<TResponse, TItem, TPage>(
        StreamDescription<TResponse, TItem, TPage> stream, ExportOptions? options, CancellationToken cancellationToken)
        where TResponse : ExportModel
        where TItem : IStreamItem
        where TPage : ExportPage
    {
        var copy = Validate(options);
        var source = new PageSource(_transport, _units, stream, copy);
        return new PageSequence<TPage>(
            copy.Cursor,
            _options.ReadAhead,
            (cursor, reportNextCursor, token) => source.FetchAsync(stream, cursor, reportNextCursor, token),
            cancellationToken);
    }

    private async Task<T> LookUpAsync<T>(ExportRequest<T> request, CancellationToken cancellationToken)
        where T : ExportModel
    {
        var item = await _transport.SendAsync(
            request.Operation,
            request.Url,
            body =>
            {
                using (body) return ResponseReader.ReadItem(body, request.Read);
            },
            cancellationToken).ConfigureAwait(false);
        Telemetry.ValuesUnexpected(request.Operation, item.Unexpected);
        return item.Root;
    }
}
