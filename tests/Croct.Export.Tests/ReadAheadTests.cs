using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>Pages fetched while the caller still processes an earlier one, and how reading ahead ends.</summary>
public class ReadAheadTests
{
    [Test]
    public async Task Requests_the_next_page_before_the_caller_does()
    {
        var second = new TaskCompletionSource();
        var api = Endless(index => index == 1 ? second : null);
        using var client = api.Client();
        await using var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();

        await pages.MoveNextAsync();

        await second.Task;
        Assert.That(pages.Current.Cursor, Is.Null);
    }

    [Test]
    public async Task Requests_no_page_before_the_caller_when_turned_off()
    {
        var api = Endless();
        using var client = api.Client(options => options.ReadAhead = 0);
        await using var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();

        for (var page = 1; page <= 3; page++)
        {
            await pages.MoveNextAsync();
            Assert.That(api.Requests, Has.Count.EqualTo(page));
        }
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(16)]
    public async Task Fetches_as_many_pages_ahead_as_configured_and_no_more(int readAhead)
    {
        // The handler responds at once, so all requests have been sent when MoveNextAsync returns.
        var api = Endless();
        using var client = api.Client(options => options.ReadAhead = readAhead);
        await using var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();

        for (var page = 1; page <= 3; page++)
        {
            await pages.MoveNextAsync();
            Assert.That(api.Requests, Has.Count.EqualTo(page + readAhead));
        }
    }

    [Test]
    public async Task Never_has_two_requests_in_flight()
    {
        var (running, most) = (0, 0);
        var api = new Api(async (_, index, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            return index < 20 ? Responses.Page(1, $"c{index}") : Responses.Page(0, null);
        });
        using var client = api.Client(options => options.ReadAhead = 4);

        await foreach (var _ in client.ExportEventPagesAsync())
        {
        }

        Assert.That((most, api.Requests.Count), Is.EqualTo((1, 21)));
    }

    [TestCase("""{"items":[{"timestamp":soon}],"nextCursor":"c1"}""")]
    [TestCase("""{ "items" : [ {"timestamp":soon} ], "nextCursor" : "c1" }""")]
    [TestCase("""{"metadata":{"organizationName":"o","x":[{}]},"n":1,"items":[{"timestamp":soon}],"nextCursor":"c1"}""")]
    public async Task Requests_the_next_page_before_an_unparsable_one_has_failed(string unreadable)
    {
        var api = new Api((_, index, _) => Task.FromResult(index == 0 ? Responses.Json(unreadable) : Responses.Page(0, "c1")));
        using var client = api.Client();

        await Assert.ThrowsAsync<ExportException>(async () => await client.ExportEventPagesAsync().GetAsyncEnumerator().MoveNextAsync());

        Assert.That(api.Cursors, Is.EqualTo((string?[])[null, "c1"]));
    }

    [Test]
    public async Task Requests_early_the_page_after_one_whose_own_cursor_was_hard_to_find()
    {
        var api = new Api(
            () => Responses.Json("""{"nextCursor":"c1","items":[{}]}"""),
            () => Responses.Json("""{"items":[{"timestamp":soon}],"nextCursor":"c2"}"""),
            () => Responses.Page(0, "c2"));
        using var client = api.Client(options => options.ReadAhead = 2);
        await using var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();

        await pages.MoveNextAsync();
        await Assert.ThrowsAsync<ExportException>(async () => await pages.MoveNextAsync());

        Assert.That(api.Cursors, Is.EqualTo((string?[])[null, "c1", "c2"]));
    }

    [Test]
    public async Task Sends_the_next_request_on_the_same_thread_before_it_parses_the_page()
    {
        // A busy thread pool might start the request only after the page is parsed, and then nothing would be read ahead.
        var arrival = new TaskCompletionSource();
        var threads = new List<int>();
        var api = new Api(async (_, index, _) =>
        {
            if (index == 0) await arrival.Task.ConfigureAwait(false);
            else threads.Add(Environment.CurrentManagedThreadId);
            return Responses.Page(1, $"c{index}");
        });
        using var client = api.Client(options => options.ReadAhead = 3);
        await using var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();
        var first = pages.MoveNextAsync();

        var receiver = new Thread(arrival.SetResult);
        receiver.Start();
        await first;

        Assert.That(threads, Is.EqualTo(Enumerable.Repeat(receiver.ManagedThreadId, 3)));
    }

    [TestCase("""{"items":[{"payload":{"@type":"x","nextCursor":"c9"}""", Description = "cut where it looks like the end of a page")]
    [TestCase("""{"items":[{"nextCursor":"c9"}""")]
    public async Task Drops_a_request_made_with_a_false_cursor(string cut)
    {
        var first = new Queue<HttpResponseMessage>([Responses.Json(cut), Responses.Page(1, "c1")]);
        var api = new Api((request, _, _) => Task.FromResult(
            request.RequestUri!.Query.Contains("cursor=c1", StringComparison.Ordinal) ? Responses.Page(2, "c2")
            : request.RequestUri.Query.Contains("cursor=c2", StringComparison.Ordinal) ? Responses.Page(0, "c2")
            : request.RequestUri.Query.Contains("cursor=c9", StringComparison.Ordinal) ? Responses.Page(5, "c10")
            : first.Count > 0 ? first.Dequeue() : Responses.Page(7, "c11")));
        using var client = api.Client(options => options.ReadAhead = 3);
        var pages = new List<(string?, int)>();

        await foreach (var page in client.ExportEventPagesAsync()) pages.Add((page.Cursor, page.Count));

        Assert.That(pages, Is.EqualTo(((string?, int)[])[(null, 1), ("c1", 2), ("c2", 0)]));
        Assert.That(api.Cursors, Does.Contain("c9"));
    }

    [TestCase("""{"items":[{}],"nextCursor":"c9","nextCursor":null}""")]
    [TestCase("""{"items":[{}],"metadata":{"nextCursor":"c9"}}""")]
    [TestCase("""{"items":[{}],"x":"\"nextCursor\":\"c9\"}"}""")]
    [TestCase("""{"items":[{}],"x\"nextCursor":"c9"}""")]
    [TestCase("""{"items":[],"nextCursor":"c1"}""")]
    [TestCase("""{"items":[{}],"nextCursor":""}""")]
    public async Task Mistakes_nothing_else_for_the_cursor(string last)
    {
        var api = new Api(() => Responses.Page(1, "c1"), () => Responses.Json(last));
        using var client = api.Client();

        await foreach (var _ in client.ExportEventPagesAsync())
        {
        }

        Assert.That(api.Cursors, Is.EqualTo((string?[])[null, "c1"]));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public async Task Throws_the_failure_of_a_page_only_when_that_page_is_due(int readAhead)
    {
        var api = new Api((_, index, _) => Task.FromResult(index < 2 ? Responses.Page(1, $"c{index}") : Responses.Status(System.Net.HttpStatusCode.NotFound)));
        using var client = api.Client(options => options.ReadAhead = readAhead);
        await using var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();

        Assert.That(await pages.MoveNextAsync(), Is.True);
        Assert.That(await pages.MoveNextAsync(), Is.True);
        Assert.That(pages.Current.ResumeCursor, Is.EqualTo("c1"));
        await Assert.ThrowsAsync<ExportApiException>(async () => await pages.MoveNextAsync());
        Assert.That(api.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Cancels_the_request_ahead_when_the_caller_stops_enumerating()
    {
        var (reached, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        var api = StalledAfterTheFirst(reached, cancelled);
        using var client = api.Client();

        await foreach (var _ in client.ExportEventPagesAsync())
        {
            await reached.Task;
            break;
        }

        Assert.That(cancelled.Task.IsCompleted, Is.True);
        Assert.That(api.Requests, Has.Count.EqualTo(2));
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task Respects_the_token_of_the_method(int readAhead)
    {
        using var caller = new CancellationTokenSource();
        using var other = new CancellationTokenSource();

        await AssertCancels(readAhead, caller, client => client.ExportEventPagesAsync(cancellationToken: caller.Token).GetAsyncEnumerator(other.Token));
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task Respects_the_token_of_the_enumerator(int readAhead)
    {
        using var caller = new CancellationTokenSource();
        using var other = new CancellationTokenSource();

        await AssertCancels(readAhead, caller, client => client.ExportEventPagesAsync(cancellationToken: other.Token).GetAsyncEnumerator(caller.Token));
    }

    [Test]
    public async Task Respects_the_token_of_the_method_for_items()
    {
        using var caller = new CancellationTokenSource();

        await AssertCancels(1, caller, client => client.ExportAllEventsAsync(cancellationToken: caller.Token).GetAsyncEnumerator());
    }

    [Test]
    public async Task Respects_the_token_of_the_enumerator_for_items()
    {
        using var caller = new CancellationTokenSource();
        using var other = new CancellationTokenSource();

        await AssertCancels(1, caller, client => client.ExportAllEventsAsync(cancellationToken: other.Token).GetAsyncEnumerator(caller.Token));
    }

    [Test]
    public async Task Ends_requests_in_flight_when_the_client_is_disposed()
    {
        var (reached, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        var client = StalledAfterTheFirst(reached, cancelled).Client();
        await using var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();
        await pages.MoveNextAsync();
        await reached.Task;

        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pages.MoveNextAsync());
    }

    private static async Task AssertCancels<T>(int readAhead, CancellationTokenSource caller, Func<ExportClient, IAsyncEnumerator<T>> enumerate)
    {
        var (reached, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var client = StalledAfterTheFirst(reached, cancelled).Client(options => options.ReadAhead = readAhead);
        await using var sequence = enumerate(client);
        await sequence.MoveNextAsync();

        var next = sequence.MoveNextAsync().AsTask();
        await reached.Task;
        await caller.CancelAsync();

        var exception = (await Assert.CatchAsync<OperationCanceledException>(() => next))!;
        Assert.That(exception.CancellationToken, Is.EqualTo(caller.Token));
        Assert.That(cancelled.Task.IsCompleted, Is.True);
    }

    private static Api Endless(Func<int, TaskCompletionSource?>? reached = null) => new((_, index, _) =>
    {
        reached?.Invoke(index)?.SetResult();
        return Task.FromResult(Responses.Page(1, $"c{index}"));
    });

    private static Api StalledAfterTheFirst(TaskCompletionSource reached, TaskCompletionSource cancelled) => new(async (_, index, token) =>
    {
        if (index == 0) return Responses.Page(1, "c1");
        reached.SetResult();
        try
        {
            return await new TaskCompletionSource<HttpResponseMessage>().Task.WaitAsync(token);
        }
        finally
        {
            cancelled.TrySetResult();
        }
    });
}
