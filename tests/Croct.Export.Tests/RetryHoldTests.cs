using System.Net;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>A 429 holds back all requests of the client.</summary>
public class RetryHoldTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private readonly WatchedTime _time = new();
    private readonly TaskCompletionSource _sessionsRespond = new();

    [Test]
    public async Task Holds_back_another_operation()
    {
        var api = ApiWith(events: AskFor(Long));
        using var client = ClientOf(api);
        var events = client.ExportEventsAsync();
        await AssertWaitAsync(Long);

        var users = client.ExportUsersAsync();

        await AssertWaitAsync(Long);
        Assert.That(api.Requests, Has.Count.EqualTo(1));
        _time.Advance(Long);
        await Task.WhenAll(events, users);
        Assert.That(api.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Holds_back_only_for_the_rest_of_the_delay()
    {
        using var client = ClientOf(ApiWith(events: AskFor(Long)));
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);

        _time.Advance(Short);
        _ = client.ExportUsersAsync();

        await AssertWaitAsync(Long - Short);
    }

    [Test]
    public async Task Holds_back_the_retry_of_another_operation()
    {
        var api = ApiWith(events: AskFor(Long), sessions: AskFor(Short, HttpStatusCode.ServiceUnavailable));
        using var client = ClientOf(api);
        var sessions = client.ExportSessionsAsync();
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);
        _sessionsRespond.SetResult();
        await AssertWaitAsync(Short);

        _time.Advance(Short);

        await AssertWaitAsync(Long - Short);
        Assert.That(api.Requests, Has.Count.EqualTo(2));
        _time.Advance(Long - Short);
        await sessions;
    }

    [Test]
    public async Task Ends_for_all_requests_at_the_same_time()
    {
        var api = ApiWith(events: AskFor(Long));
        using var client = ClientOf(api);
        var events = client.ExportEventsAsync();
        await AssertWaitAsync(Long);
        var users = Enumerable.Range(0, 5).Select(_ => client.ExportUsersAsync()).ToList();

        _time.Advance(Long);

        await Task.WhenAll([events, .. users]);
        Assert.That(api.Requests, Has.Count.EqualTo(7));
    }

    [Test]
    public async Task Holds_back_nothing_after_the_delay()
    {
        using var client = ClientOf(ApiWith(events: AskFor(Long)));
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);

        _time.Advance(Long);

        await AssertNotHeldAsync(client.ExportUsersAsync());
    }

    [Test]
    public async Task Does_not_count_toward_the_timeout_of_an_attempt()
    {
        var api = ApiWith(events: AskFor(Long));
        using var client = ClientOf(api, options => options.AttemptTimeout = TimeSpan.FromSeconds(1));
        var events = client.ExportEventsAsync();
        await AssertWaitAsync(TimeSpan.FromSeconds(1));
        await AssertWaitAsync(Long);

        var users = client.ExportUsersAsync();

        await AssertWaitAsync(Long);
        _time.Advance(Long);
        await Task.WhenAll(events, users);
        Assert.That(api.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Is_neither_an_attempt_nor_a_retry_of_the_held_request()
    {
        var retried = new List<string>();
        var api = ApiWith(events: AskFor(Long), users: () => Responses.Status(HttpStatusCode.NotFound));
        using var client = ClientOf(api, options => options.OnRetry = attempt => retried.Add(attempt.Operation));
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);
        var users = client.ExportUsersAsync();

        _time.Advance(Long);

        Assert.That((await Assert.ThrowsAsync<ExportApiException>(() => users))!.Attempts, Is.EqualTo(1));
        Assert.That(retried, Is.EqualTo(["exportEvents"]));
    }

    [Test]
    public async Task Ends_with_the_callers_token()
    {
        var api = ApiWith(events: AskFor(Long));
        using var client = ClientOf(api);
        using var caller = new CancellationTokenSource();
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);
        var users = client.ExportUsersAsync(cancellationToken: caller.Token);

        await caller.CancelAsync();

        var exception = (await Assert.CatchAsync<OperationCanceledException>(() => users))!;
        Assert.That((exception.CancellationToken, api.Requests.Count), Is.EqualTo((caller.Token, 1)));
    }

    [Test]
    public async Task Ends_when_the_client_is_disposed()
    {
        var api = ApiWith(events: AskFor(Long));
        var client = ClientOf(api);
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);
        var users = client.ExportUsersAsync();

        client.Dispose();

        // The clock of the client does not advance: this waits only if there is a bug.
        await Assert.ThrowsAsync<ObjectDisposedException>(() => users.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Becomes_longer_if_a_later_429_asks_for_more()
    {
        var api = ApiWith(events: AskFor(Short), sessions: AskFor(Long));
        using var client = ClientOf(api);
        var sessions = client.ExportSessionsAsync();
        var events = client.ExportEventsAsync();
        await AssertWaitAsync(Short);
        var users = client.ExportUsersAsync();
        await AssertWaitAsync(Short);
        _sessionsRespond.SetResult();
        await AssertWaitAsync(Long);

        _time.Advance(Short);

        // The retry of the events and the users.
        await AssertWaitAsync(Long - Short);
        await AssertWaitAsync(Long - Short);
        Assert.That(api.Requests, Has.Count.EqualTo(2));
        _time.Advance(Long - Short);
        await Task.WhenAll(events, sessions, users);
    }

    [Test]
    public async Task Does_not_become_shorter_if_a_later_429_asks_for_less()
    {
        using var client = ClientOf(ApiWith(events: AskFor(Long), sessions: AskFor(Short)));
        _ = client.ExportSessionsAsync();
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);
        _sessionsRespond.SetResult();
        await AssertWaitAsync(Short);

        _ = client.ExportUsersAsync();

        await AssertWaitAsync(Long);
    }

    // A 503 is often about one server only.
    [Test]
    public async Task Holds_back_nothing_after_a_503()
    {
        using var client = ClientOf(ApiWith(events: AskFor(Long, HttpStatusCode.ServiceUnavailable)));
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);

        await AssertNotHeldAsync(client.ExportUsersAsync());
    }

    // The caller gets the error, and decides.
    [Test]
    public async Task Holds_back_nothing_if_no_retries_are_allowed()
    {
        using var client = ClientOf(ApiWith(events: AskFor(Long)), options => options.MaxRetries = 0);
        await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());

        await AssertNotHeldAsync(client.ExportUsersAsync());
    }

    [Test]
    public async Task Holds_back_nothing_if_the_server_asks_for_longer_than_the_limit()
    {
        using var client = ClientOf(ApiWith(events: AskFor(Long)), options => options.MaxRetryDelay = Short);
        await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());

        await AssertNotHeldAsync(client.ExportUsersAsync());
    }

    [Test]
    public async Task Does_not_hold_back_another_client()
    {
        var api = ApiWith(events: AskFor(Long));
        using var client = ClientOf(api);
        using var other = ClientOf(api);
        _ = client.ExportEventsAsync();
        await AssertWaitAsync(Long);

        await AssertNotHeldAsync(other.ExportUsersAsync());
    }

    private static Func<HttpResponseMessage> AskFor(TimeSpan delay, HttpStatusCode status = HttpStatusCode.TooManyRequests) =>
        () => Responses.RetryAfter(new(delay), status);

    // The clock of the client does not advance: this waits only if there is a bug.
    private static async Task AssertNotHeldAsync(Task request) => await request.WaitAsync(TimeSpan.FromSeconds(10));

    private async Task AssertWaitAsync(TimeSpan expected) => Assert.That(await _time.NextTimerAsync(), Is.EqualTo(expected));

    /// <summary>The first responses to each stream; all others are empty pages. Sessions respond when <see cref="_sessionsRespond"/> is set.</summary>
    private Api ApiWith(Func<HttpResponseMessage> events, Func<HttpResponseMessage>? sessions = null, Func<HttpResponseMessage>? users = null)
    {
        var first = new Dictionary<string, Func<HttpResponseMessage>?> { ["events"] = events, ["session"] = sessions, ["user"] = users };
        return new Api(async (request, _, _) =>
        {
            var stream = request.RequestUri!.Segments[^1];
            if (stream == "session") await _sessionsRespond.Task;
            lock (first) return first.Remove(stream, out var respond) && respond is not null ? respond() : Responses.Page(0, null);
        });
    }

    private ExportClient ClientOf(Api api, Action<ExportClientOptions>? configure = null) => api.Client(options =>
    {
        options.TimeProvider = _time;
        configure?.Invoke(options);
    });
}
