using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>Attempts that take too long, and callers who cancel.</summary>
public class TimeoutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    [Test]
    public async Task Retries_after_an_attempt_that_takes_too_long()
    {
        var time = new WatchedTime();
        var api = new Api((_, index, token) => index == 0 ? NeverAsync(token) : Task.FromResult(Responses.Page(1, "c1")));
        using var client = ClientOn(api, time);

        var page = client.ExportEventsAsync();
        Assert.That(await time.NextTimerAsync(), Is.EqualTo(Limit));
        time.Advance(Limit);
        time.Advance(await time.NextTimerAsync());

        Assert.That((await page).NextCursor, Is.EqualTo("c1"));
    }

    [Test]
    public async Task Ends_in_a_timeout_that_is_not_a_cancellation()
    {
        var time = new WatchedTime();
        var api = new Api((_, _, token) => NeverAsync(token));
        using var client = ClientOn(api, time, retries: 2);

        var page = client.ExportEventsAsync();

        // Limit, wait, limit, wait, limit.
        for (var timer = 0; timer < 5; timer++) time.Advance(await time.NextTimerAsync());

        var exception = (await Assert.ThrowsAsync<ExportException>(() => page))!;
        Assert.That(exception.InnerException, Is.TypeOf<TimeoutException>());
        Assert.That(exception.Message, Does.Contain("AttemptTimeout").And.Contain("00:01:40"));
        Assert.That((exception.Attempts, api.Requests.Count), Is.EqualTo((3, 3)));
    }

    [Test]
    public async Task Includes_the_body_in_the_time_of_an_attempt()
    {
        var time = new WatchedTime();
        var body = new StalledStream();
        var api = new Api((_, _, _) => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(body) }));
        using var client = ClientOn(api, time, retries: 0);

        var page = client.ExportEventsAsync();
        await body.Reached;
        time.Advance(await time.NextTimerAsync());

        Assert.That(async () => await page, Throws.TypeOf<ExportException>().With.InnerException.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task Treats_the_timeout_of_an_HttpClient_as_a_timeout()
    {
        var api = new Api((_, _, _) => throw new TaskCanceledException("HttpClient.Timeout", new TimeoutException()));
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That(exception.InnerException, Is.TypeOf<TimeoutException>());
        Assert.That(exception.Attempts, Is.EqualTo(5));
    }

    [Test]
    public async Task Ends_with_the_callers_token_while_sending()
    {
        var reached = new TaskCompletionSource();
        var api = new Api((_, _, token) =>
        {
            reached.SetResult();
            return NeverAsync(token);
        });
        using var client = api.Client();
        using var caller = new CancellationTokenSource();

        var page = client.ExportEventsAsync(cancellationToken: caller.Token);
        await reached.Task;
        await caller.CancelAsync();

        await AssertCancelled(page, caller.Token);
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Ends_with_the_callers_token_while_reading_the_body()
    {
        var body = new StalledStream();
        var api = new Api(() => new HttpResponseMessage { Content = new StreamContent(body) });
        using var client = api.Client();
        using var caller = new CancellationTokenSource();

        var page = client.ExportEventsAsync(cancellationToken: caller.Token);
        await body.Reached;
        await caller.CancelAsync();

        await AssertCancelled(page, caller.Token);
    }

#if NETSTANDARD_LIBRARY
    // The clock of the client does not advance: these wait only if there is a bug.
    [Test]
    public async Task Ends_with_the_callers_token_while_a_read_ignores_tokens()
    {
        var body = new StalledStream(respectsToken: false);
        using var client = new Api(() => new HttpResponseMessage { Content = new StreamContent(body) }).Client();
        using var caller = new CancellationTokenSource();

        var page = client.ExportEventsAsync(cancellationToken: caller.Token);
        await body.Reached;
        await caller.CancelAsync();

        await AssertCancelled(page.WaitAsync(TimeSpan.FromSeconds(10)), caller.Token);
    }

    [Test]
    public async Task Ends_in_a_timeout_while_a_read_ignores_tokens()
    {
        var time = new WatchedTime();
        var body = new StalledStream(respectsToken: false);
        using var client = ClientOn(new Api(() => new HttpResponseMessage { Content = new StreamContent(body) }), time, retries: 0);

        var page = client.ExportEventsAsync();
        await body.Reached;
        time.Advance(await time.NextTimerAsync());

        Assert.That(
            async () => await page.WaitAsync(TimeSpan.FromSeconds(10)),
            Throws.TypeOf<ExportException>().With.InnerException.TypeOf<TimeoutException>());
    }
#endif

    [Test]
    public async Task Ends_with_the_callers_token_while_waiting_for_a_retry()
    {
        var time = new WatchedTime();
        var api = new Api(() => Responses.Status(System.Net.HttpStatusCode.BadGateway));
        using var client = api.Client(options => options.TimeProvider = time);
        using var caller = new CancellationTokenSource();

        var page = client.ExportEventsAsync(cancellationToken: caller.Token);
        await time.NextTimerAsync();
        await caller.CancelAsync();

        await AssertCancelled(page, caller.Token);
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Sends_nothing_for_a_caller_who_has_already_cancelled()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();
        using var caller = new CancellationTokenSource();
        await caller.CancelAsync();

        await AssertCancelled(client.ExportEventsAsync(cancellationToken: caller.Token), caller.Token);
        Assert.That(api.Requests, Is.Empty);
    }

    // On cancellation, some handlers tear down the connection and report that instead.
    [Test]
    public async Task Treats_a_connection_failure_caused_by_the_callers_cancellation_as_a_cancellation()
    {
        using var caller = new CancellationTokenSource();
        var api = new Api(async (_, _, _) =>
        {
            await caller.CancelAsync();
            throw new HttpRequestException("The connection was torn down.");
        });
        using var client = api.Client();

        await AssertCancelled(client.ExportEventsAsync(cancellationToken: caller.Token), caller.Token);
    }

    [Test]
    public async Task Ends_the_wait_for_a_retry_when_the_client_is_disposed()
    {
        var time = new WatchedTime();
        var client = new Api(() => Responses.Status(System.Net.HttpStatusCode.BadGateway)).Client(options => options.TimeProvider = time);
        var page = client.ExportEventsAsync();
        await time.NextTimerAsync();

        client.Dispose();

        // The clock of the client does not advance: this waits only if there is a bug.
        await Assert.ThrowsAsync<ObjectDisposedException>(() => page.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    private static ExportClient ClientOn(Api api, WatchedTime time, int retries = 4) =>
        api.Client(options => (options.TimeProvider, options.AttemptTimeout, options.MaxRetries) = (time, Limit, retries));

    private static async Task AssertCancelled(Task task, CancellationToken token)
    {
        var exception = (await Assert.CatchAsync<OperationCanceledException>(() => task))!;
        Assert.That(exception.CancellationToken, Is.EqualTo(token));
    }

    private static async Task<HttpResponseMessage> NeverAsync(CancellationToken cancellationToken) =>
        await new TaskCompletionSource<HttpResponseMessage>().Task.WaitAsync(cancellationToken);
}
