using Croct.Export.Http;
using Croct.Export.Json;
using Croct.Export.Models;
using Croct.Export.Paging;

namespace Croct.Export;

/// <summary>
/// The client of the Croct Export API. For each of events, sessions and users it offers one page, all pages, all items, and one item by
/// its id. It is thread-safe; make one and keep it.
/// </summary>
/// <remarks>
/// Every method checks its arguments when it is called. Failures that may pass are retried; what remains is an
/// <see cref="ExportException"/>, or its subclass <see cref="ExportApiException"/> when the API itself refused. Cancelling is an
/// <see cref="OperationCanceledException"/> with the caller's token, a timeout is not. The methods are virtual, so that a class under
/// test can be given a substitute.
/// </remarks>
public class ExportClient : IDisposable
{
    private readonly ExportClientOptions _options;
    private readonly ExportTransport _transport;
    private readonly TimeUnitFinder _units;

    /// <summary>Makes a client of the production API with the defaults of <see cref="ExportClientOptions"/>.</summary>
    /// <param name="apiKey">The API key.</param>
    /// <exception cref="ArgumentException">The key is missing, blank, or holds characters that no key has.</exception>
    public ExportClient(string apiKey)
        : this(new ExportClientOptions { ApiKey = apiKey })
    {
    }

    /// <summary>Makes a client.</summary>
    /// <param name="options">How to reach the API; a copy is taken.</param>
    /// <exception cref="ArgumentException">An option is not valid; the message names it, its value and the rule.</exception>
    public ExportClient(ExportClientOptions options)
        : this(options, http: null)
    {
    }

    /// <summary>Makes a client on an <see cref="HttpClient"/> that somebody else looks after, such as an <c>IHttpClientFactory</c>.</summary>
    /// <param name="httpClient">
    /// Sends the requests; not disposed with this client. Its handler must not follow redirects. Its own
    /// <see cref="HttpClient.Timeout"/> still ends an attempt that has no headers by then; set it to infinite to have
    /// <see cref="ExportClientOptions.AttemptTimeout"/> alone decide.
    /// </param>
    /// <param name="options">How to reach the API; a copy is taken. Its <see cref="ExportClientOptions.HttpMessageHandler"/> must be null.</param>
    /// <exception cref="ArgumentException">An option is not valid, or says something else than <paramref name="httpClient"/> does.</exception>
    public ExportClient(HttpClient httpClient, ExportClientOptions options)
        : this(options, httpClient ?? throw new ArgumentNullException(nameof(httpClient)))
    {
    }

    /// <summary>For substitutes in tests, which override what they are asked for.</summary>
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
        _units = new TimeUnitFinder(_transport, _options.TimeUnit);
    }

    /// <summary>Gets one page of events, with one request.</summary>
    /// <param name="options">Which events; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="ExportException">The export failed.</exception>
    public virtual Task<EventPage> ExportEventsAsync(EventExportOptions? options = null, CancellationToken cancellationToken = default) =>
        PageAsync(StreamDescription.Events, options, cancellationToken);

    /// <summary>Gets the pages of events, one after the other.</summary>
    /// <remarks>
    /// The last page may be empty: it has the cursor from which a later export continues. Store <see cref="ExportPage.ResumeCursor"/>
    /// of each page once its items are safe. Pages are asked for while the caller works on an earlier one
    /// (<see cref="ExportClientOptions.ReadAhead"/>). The sequence can be enumerated again, and then asks again.
    /// </remarks>
    /// <param name="options">Which events; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="ExportException">The export failed, or the API repeats a cursor; thrown while enumerating.</exception>
    public virtual IAsyncEnumerable<EventPage> ExportEventPagesAsync(EventExportOptions? options = null, CancellationToken cancellationToken = default) =>
        PagesAsync(StreamDescription.Events, options, cancellationToken);

    /// <summary>Gets all events, asking for page after page as they are consumed.</summary>
    /// <param name="options">Which events; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="ExportException">The export failed, or the API repeats a cursor; thrown while enumerating.</exception>
    public virtual IAsyncEnumerable<Event> ExportAllEventsAsync(EventExportOptions? options = null, CancellationToken cancellationToken = default) =>
        new ItemSequence<Event>(ExportEventPagesAsync(options, cancellationToken), cancellationToken);

    /// <summary>Gets one event, with the metadata of its application, by its id.</summary>
    /// <param name="id">The id; escaped as it goes into the URL.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArgumentException">The id is null, blank, <c>.</c> or <c>..</c>, holds half a surrogate pair, or takes more than 32 KiB in a URL.</exception>
    /// <exception cref="ExportApiException">There is no such event (404), or the API refused for another reason.</exception>
    /// <exception cref="ExportException">The export failed.</exception>
    public virtual Task<SingleEventResponse> ExportEventByIdAsync(string id, CancellationToken cancellationToken = default)
    {
        Validation.CheckId(id, nameof(id));
        return LookUpAsync(RawExportClient.ExportEventById(id), cancellationToken);
    }

    /// <summary>Gets one page of sessions, with one request.</summary>
    /// <param name="options">Which sessions; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <inheritdoc cref="ExportEventsAsync"/>
    public virtual Task<ExportPage<Session>> ExportSessionsAsync(SessionExportOptions? options = null, CancellationToken cancellationToken = default) =>
        PageAsync(StreamDescription.Sessions, options, cancellationToken);

    /// <summary>Gets the pages of sessions, one after the other.</summary>
    /// <param name="options">Which sessions; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <inheritdoc cref="ExportEventPagesAsync"/>
    public virtual IAsyncEnumerable<ExportPage<Session>> ExportSessionPagesAsync(SessionExportOptions? options = null, CancellationToken cancellationToken = default) =>
        PagesAsync(StreamDescription.Sessions, options, cancellationToken);

    /// <summary>Gets all sessions, asking for page after page as they are consumed.</summary>
    /// <param name="options">Which sessions; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <inheritdoc cref="ExportAllEventsAsync"/>
    public virtual IAsyncEnumerable<Session> ExportAllSessionsAsync(SessionExportOptions? options = null, CancellationToken cancellationToken = default) =>
        new ItemSequence<Session>(ExportSessionPagesAsync(options, cancellationToken), cancellationToken);

    /// <summary>Gets one session by its id.</summary>
    /// <param name="sessionId">The id; escaped as it goes into the URL.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArgumentException">The id is null, blank, <c>.</c> or <c>..</c>, holds half a surrogate pair, or takes more than 32 KiB in a URL.</exception>
    /// <exception cref="ExportApiException">There is no such session (404), or the API refused for another reason.</exception>
    /// <exception cref="ExportException">The export failed.</exception>
    public virtual Task<Session> ExportSessionByIdAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        Validation.CheckId(sessionId, nameof(sessionId));
        return LookUpAsync(RawExportClient.ExportSessionById(sessionId), cancellationToken);
    }

    /// <summary>Gets one page of users, with one request.</summary>
    /// <param name="options">Which users; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <inheritdoc cref="ExportEventsAsync"/>
    public virtual Task<ExportPage<User>> ExportUsersAsync(UserExportOptions? options = null, CancellationToken cancellationToken = default) =>
        PageAsync(StreamDescription.Users, options, cancellationToken);

    /// <summary>Gets the pages of users, one after the other.</summary>
    /// <param name="options">Which users; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <inheritdoc cref="ExportEventPagesAsync"/>
    public virtual IAsyncEnumerable<ExportPage<User>> ExportUserPagesAsync(UserExportOptions? options = null, CancellationToken cancellationToken = default) =>
        PagesAsync(StreamDescription.Users, options, cancellationToken);

    /// <summary>Gets all users, asking for page after page as they are consumed.</summary>
    /// <param name="options">Which users; all of them by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <inheritdoc cref="ExportAllEventsAsync"/>
    public virtual IAsyncEnumerable<User> ExportAllUsersAsync(UserExportOptions? options = null, CancellationToken cancellationToken = default) =>
        new ItemSequence<User>(ExportUserPagesAsync(options, cancellationToken), cancellationToken);

    /// <summary>Gets one user by its id.</summary>
    /// <param name="userId">The id; escaped as it goes into the URL.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ArgumentException">The id is null, blank, <c>.</c> or <c>..</c>, holds half a surrogate pair, or takes more than 32 KiB in a URL.</exception>
    /// <exception cref="ExportApiException">There is no such user (404), or the API refused for another reason.</exception>
    /// <exception cref="ExportException">The export failed.</exception>
    public virtual Task<User> ExportUserByIdAsync(string userId, CancellationToken cancellationToken = default)
    {
        Validation.CheckId(userId, nameof(userId));
        return LookUpAsync(RawExportClient.ExportUserById(userId), cancellationToken);
    }

    /// <summary>Gets the pages of a stream with their items as JSON, exactly as received, for tools that store rather than interpret.</summary>
    /// <remarks>
    /// A response is checked to be well-formed JSON, nested at most 512 deep, and its items to be objects. What is in the
    /// items is not looked at further: members may be missing or of any type, and bytes within strings that are not UTF-8 come through as received. See
    /// <see cref="RawPage"/> for how long the items live.
    /// </remarks>
    /// <param name="stream">Which stream.</param>
    /// <param name="options">Which items: the options of that stream; all items by default.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="ArgumentException">An option is not valid, or the options are those of another stream.</exception>
    /// <exception cref="ExportException">The export failed, or the API repeats a cursor; thrown while enumerating.</exception>
    public virtual IAsyncEnumerable<RawPage> ExportRawPagesAsync(
        ExportStream stream, ExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        var description = StreamDescription.Of(stream);
        if (options is not null && options.GetType() != description.Options)
        {
            throw new ArgumentException($"{nameof(options)} was {options.GetType().Name}; the stream {stream} takes {description.Options.Name}.", nameof(options));
        }

        var copy = Checked(options);
        var source = new PageSource(_transport, _units, description, copy);
        return new PageSequence<RawPage>(copy.Cursor, _options.ReadAhead, source.FetchRawAsync, cancellationToken);
    }

    /// <summary>Ends what is under way with an <see cref="ObjectDisposedException"/> and lets go of the connections, if they are the client's own.</summary>
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

    /// <summary>A valid copy of options, with all defaults. Without options, those of sessions will do for any stream: they have no filter.</summary>
    private ExportOptions Checked(ExportOptions? options)
    {
        _transport.ThrowIfDisposed();
        var copy = options?.Copy() ?? new SessionExportOptions();
        Validation.Check(copy);
        copy.PageSize ??= _options.DefaultPageSize;
        return copy;
    }

    private Task<TPage> PageAsync<TResponse, TItem, TPage>(
        StreamDescription<TResponse, TItem, TPage> stream, ExportOptions? options, CancellationToken cancellationToken)
        where TResponse : ExportModel
        where TItem : IStreamItem
        where TPage : ExportPage
    {
        var copy = Checked(options);
        return new PageSource(_transport, _units, stream, copy).FetchAsync(stream, copy.Cursor, static _ => { }, cancellationToken);
    }

    private PageSequence<TPage> PagesAsync<TResponse, TItem, TPage>(
        StreamDescription<TResponse, TItem, TPage> stream, ExportOptions? options, CancellationToken cancellationToken)
        where TResponse : ExportModel
        where TItem : IStreamItem
        where TPage : ExportPage
    {
        var copy = Checked(options);
        var source = new PageSource(_transport, _units, stream, copy);
        return new PageSequence<TPage>(copy.Cursor, _options.ReadAhead, (cursor, tell, token) => source.FetchAsync(stream, cursor, tell, token), cancellationToken);
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
