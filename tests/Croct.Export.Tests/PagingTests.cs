using Croct.Export.Models;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class PagingTests
{
    [Test]
    public async Task Stops_on_an_empty_page_with_the_cursor_of_its_request()
    {
        var api = new Api(() => Responses.Page(2, "c1"), () => Responses.Page(0, "c1"));

        var pages = await GetPagesAsync(api);

        Assert.That(pages.Select(page => page.Count), Is.EqualTo((int[])[2, 0]));
        Assert.That((pages[1].Cursor, pages[1].NextCursor, pages[1].ResumeCursor), Is.EqualTo(("c1", "c1", "c1")));
        Assert.That(api.Cursors, Is.EqualTo((string?[])[null, "c1"]));
    }

    [TestCase(0)]
    [TestCase(3)]
    public async Task Continues_after_an_empty_page_with_another_cursor(int readAhead)
    {
        var api = new Api(() => Responses.Page(0, "c5"), () => Responses.Page(2, "c6"), () => Responses.Page(0, "c7"), () => Responses.Page(0, null));
        using var client = api.Client(options => options.ReadAhead = readAhead);

        var pages = await client.ExportEventPagesAsync().ToListAsync();

        Assert.That(pages.Select(page => (page.Count, page.IsEndUnconfirmed)), Is.EqualTo(((int, bool)[])[(0, false), (2, false), (0, false), (0, false)]));
        Assert.That(api.Cursors, Is.EqualTo((string?[])[null, "c5", "c6", "c7"]));
    }

    [TestCase(0)]
    [TestCase(3)]
    public async Task Ends_unconfirmed_after_16_empty_pages_in_a_row(int readAhead)
    {
        var api = new Api((_, index, _) => Task.FromResult(Responses.Page(index == 9 ? 1 : 0, $"c{index}")));
        using var client = api.Client(options => options.ReadAhead = readAhead);

        var pages = await client.ExportEventPagesAsync().ToListAsync();

        Assert.That(
            (pages.Count, pages.Count(page => page.IsEndUnconfirmed), pages[^1].IsEndUnconfirmed, pages[^1].ResumeCursor),
            Is.EqualTo((26, 1, true, "c25")));
        Assert.That(api.Requests, Has.Count.EqualTo(26));
    }

    [Test]
    public async Task Ends_unconfirmed_if_the_first_16_pages_are_empty()
    {
        var pages = await GetPagesAsync(new Api((_, index, _) => Task.FromResult(Responses.Page(0, $"c{index}"))));

        Assert.That((pages.Count, pages[^1].IsEndUnconfirmed), Is.EqualTo((16, true)));
    }

    [Test]
    public async Task Ends_confirmed_if_the_sixteenth_empty_page_has_no_cursor()
    {
        var pages = await GetPagesAsync(new Api((_, index, _) => Task.FromResult(Responses.Page(0, index == 15 ? null : $"c{index}"))));

        Assert.That((pages.Count, pages.Exists(page => page.IsEndUnconfirmed)), Is.EqualTo((16, false)));
    }

    [TestCase(""","nextCursor":null""")]
    [TestCase(""","nextCursor":"" """)]
    [TestCase("")]
    [TestCase(""" ,"nextCursor":" " """)]
    public async Task Stops_when_there_is_no_cursor_and_delivers_that_page(string cursor)
    {
        var last = $$"""{"items":[{{Responses.Event}}]{{cursor}}}""";
        var api = new Api(() => Responses.Page(2, "c1"), () => Responses.Json(last));

        var pages = await GetPagesAsync(api);

        Assert.That(pages.Select(page => page.Count), Is.EqualTo((int[])[2, 1]));
        Assert.That((pages[1].NextCursor, pages[1].ResumeCursor), Is.EqualTo(((string?)null, "c1")));
        Assert.That(api.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Has_no_resume_cursor_if_no_cursor_was_ever_received()
    {
        var pages = await GetPagesAsync(new Api(() => Responses.Page(1, null)));

        Assert.That(pages.Single().ResumeCursor, Is.Null);
    }

    [Test]
    public async Task Resumes_from_the_given_cursor_if_the_end_comes_without_one()
    {
        var pages = await GetPagesAsync(new Api(() => Responses.Page(0, null)), new EventExportOptions { Cursor = "c7" });

        Assert.That((pages.Single().Cursor, pages.Single().ResumeCursor), Is.EqualTo(("c7", "c7")));
    }

    [TestCase("""{"items":null,"nextCursor":"c1"}""")]
    [TestCase("""{"nextCursor":"c1"}""")]
    [TestCase("""{"nextCursor":"c1","items":[]}""")]
    public async Task Treats_a_page_without_items_as_empty(string json)
    {
        var pages = await GetPagesAsync(new Api(() => Responses.Json(json)), new EventExportOptions { Cursor = "c1" });

        Assert.That((pages.Single().Count, pages.Single().ResumeCursor), Is.EqualTo((0, "c1")));
    }

    [Test]
    public async Task Continues_after_a_page_that_is_not_full()
    {
        var api = new Api(() => Responses.Page(1, "c1"), () => Responses.Page(3, "c2"), () => Responses.Page(0, "c2"));

        var pages = await GetPagesAsync(api, new EventExportOptions { PageSize = 3 });

        Assert.That(pages.Select(page => page.Count), Is.EqualTo((int[])[1, 3, 0]));
    }

    [Test]
    public async Task Accepts_an_empty_page_that_repeats_the_cursor()
    {
        var pages = await GetPagesAsync(new Api(() => Responses.Page(1, "c1"), () => Responses.Page(0, "c1")));

        Assert.That(pages.Select(page => page.ResumeCursor), Is.EqualTo((string[])["c1", "c1"]));
    }

    [TestCase(2)]
    [TestCase(3)]
    [TestCase(7)]
    public async Task Throws_if_cursors_form_a_loop(int length)
    {
        var api = new Api((_, index, _) => Task.FromResult(index == 100
            ? Responses.Page(0, null)
            : Responses.Json($$"""{"items":[{}],"nextCursor":"{{(index < 5 ? $"before{index}" : $"c{index % length}")}}"}""")));
        using var client = api.Client();

        var exception = await Assert.ThrowsAsync<ExportException>(async () => await client.ExportAllEventsAsync().CountAsync());

        Assert.That(exception!.Message, Does.Contain("would never end"));
        Assert.That(api.Requests, Has.Count.LessThan(50));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public async Task Throws_after_a_page_with_items_that_repeats_the_cursor(int readAhead)
    {
        var api = new Api(() => Responses.Page(1, "c1"));
        using var client = api.Client(options => options.ReadAhead = readAhead);
        var pages = new List<EventPage>();

        var exception = (await Assert.ThrowsAsync<ExportException>(async () =>
        {
            await foreach (var page in client.ExportEventPagesAsync()) pages.Add(page);
        }))!;

        Assert.That(exception.Message, Does.Contain("the same cursor again"));
        Assert.That((pages.Count, api.Requests.Count), Is.EqualTo((2, 2)));
    }

    [TestCase("a\\ud83d", 1, "an unpaired surrogate")]
    [TestCase("a", (32 * 1024) + 1, "more than 32 KiB", Description = "too long as it is")]
    [TestCase("é", 6000, "more than 32 KiB", Description = "too long once it is escaped")]
    public async Task Throws_after_a_page_whose_cursor_cannot_be_sent_and_requests_nothing_else(string piece, int times, string expected)
    {
        var api = new Api(() => Responses.Json($$"""{"items":[{{Responses.Event}}],"nextCursor":"{{string.Concat(Enumerable.Repeat(piece, times))}}"}"""));
        using var client = api.Client();
        await using var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();

        await pages.MoveNextAsync();
        var exception = await Assert.ThrowsAsync<ExportException>(async () => await pages.MoveNextAsync());

        Assert.That(exception.Message, Does.Contain(expected));
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Returns_all_items_in_order_across_pages()
    {
        var api = new Api(() => Session("a", "b"), () => Session("c"), () => Session());
        using var client = api.Client();
        var names = new List<string?>();

        await foreach (var session in client.ExportAllSessionsAsync()) names.Add(session.ExternalUserId);

        Assert.That(string.Join(" ", names), Is.EqualTo("a b c"));
    }

    [Test]
    public async Task Returns_no_further_item_of_a_page_once_disposed()
    {
        using var client = new Api(() => Responses.Page(3, "c1")).Client();
        var events = client.ExportAllEventsAsync().GetAsyncEnumerator();
        await events.MoveNextAsync();

        await events.DisposeAsync();

        Assert.That(await events.MoveNextAsync(), Is.False);
    }

    [Test]
    public async Task Returns_no_further_item_of_a_page_once_cancelled([Values] bool byTheMethod)
    {
        using var caller = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        using var client = new Api(() => Responses.Page(3, "c1")).Client();
        var (method, enumerator) = byTheMethod ? (caller, other) : (other, caller);
        await using var events = client.ExportAllEventsAsync(cancellationToken: method.Token).GetAsyncEnumerator(enumerator.Token);
        await events.MoveNextAsync();

        await caller.CancelAsync();

        var exception = await Assert.CatchAsync<OperationCanceledException>(async () => await events.MoveNextAsync());
        Assert.That(exception.CancellationToken, Is.EqualTo(caller.Token));
    }

    [Test]
    public async Task Reports_the_metadata_of_events()
    {
        var pages = await GetPagesAsync(new Api(() => Responses.Json("""{"metadata":{"applicationSlug":"shop"},"items":[]}""")));

        Assert.That(pages.Single().Metadata!.ApplicationSlug, Is.EqualTo("shop"));
    }

    [Test]
    public async Task Requests_again_when_enumerated_again()
    {
        var api = new Api(
            (request, _, _) => Task.FromResult(
                request.RequestUri!.Query.Contains("cursor", StringComparison.Ordinal) ? Responses.Page(0, "c1") : Responses.Page(1, "c1")));
        using var client = api.Client();
        var pages = client.ExportEventPagesAsync();

        for (var time = 0; time < 2; time++)
        {
            await foreach (var _ in pages)
            {
            }
        }

        Assert.That(api.Cursors, Is.EqualTo((string?[])[null, "c1", null, "c1"]));
    }

    [Test]
    public async Task Requests_nothing_before_the_enumeration()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();

        await using (client.ExportEventPagesAsync().GetAsyncEnumerator())
        {
        }

        _ = client.ExportAllUsersAsync();
        _ = client.ExportRawPagesAsync(ExportStream.Sessions);
        Assert.That(api.Requests, Is.Empty);
    }

    [Test]
    public async Task Refuses_every_call_once_disposed()
    {
        var api = new Api(() => Responses.Page(1, "c1"));
        var client = api.Client();
        var pages = client.ExportEventPagesAsync();
        client.Dispose();

        Assert.Multiple(() =>
        {
            Assert.That(() => client.ExportEventsAsync(), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => client.ExportAllUsersAsync(), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => client.ExportRawPagesAsync(ExportStream.Users), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => client.ExportUserByIdAsync("u"), Throws.TypeOf<ObjectDisposedException>());
        });
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pages.GetAsyncEnumerator().MoveNextAsync());
        Assert.That(api.Requests, Is.Empty);
    }

    private static async Task<List<EventPage>> GetPagesAsync(Api api, EventExportOptions? options = null)
    {
        using var client = api.Client();
        var pages = new List<EventPage>();
        await foreach (var page in client.ExportEventPagesAsync(options)) pages.Add(page);
        return pages;
    }

    private static HttpResponseMessage Session(params string[] names) => Responses.Json(
        $$"""{"items":[{{string.Join(",", names.Select(name => $$"""{"externalUserId":"{{name}}"}"""))}}],"nextCursor":"c{{string.Concat(names)}}"}""");
}
