using System.Text;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>Items that are JSON but not what they should be.</summary>
public class InvalidItemTests
{
    private const string Poisoned = """{"sessionId":"7f9c2f2e-0c5f-4b0e-8f4b-0d8ad3c7a001", "timestamp":"soon"}""";

    private static readonly string[] Invalid = [Poisoned, "5", "null", "[]", """{"payload":{"@type":"pageOpened","url":{}}}""", """{"payload":{"url":"x","@type":{}}}"""];

    [Test]
    public async Task Fail_their_page_by_default()
    {
        var api = new Api(() => Answers.Page(1, "c1"), () => Answers.Json(PageWith(Poisoned, "c2")));
        using var client = api.Client();
        var resume = new List<string?>();

        var exception = (await Assert.ThrowsAsync<ExportException>(async () =>
        {
            await foreach (var page in client.ExportEventPagesAsync()) resume.Add(page.ResumeCursor);
        }))!;

        Assert.That(exception.Message, Does.Contain("items[1].timestamp"));
        Assert.That(resume, Is.EqualTo((string[])["c1"]));
    }

    [TestCaseSource(nameof(Invalid))]
    public async Task Are_handed_over_and_skipped_when_somebody_takes_them(string json)
    {
        var (pages, invalid) = await ExportAsync(Answers.Json(PageWith(json, "c1")), Answers.Page(0, "c2"));

        Assert.That(pages.Select(page => page.Count), Is.EqualTo((int[])[2, 0]));
        Assert.That(invalid.Single().Index, Is.EqualTo(1));
        Assert.That(Encoding.UTF8.GetString(invalid.Single().Json.Span), Is.EqualTo(json));
    }

    [Test]
    public async Task Tell_their_page_and_what_is_wrong()
    {
        var (_, invalid) = await ExportAsync(Answers.Page(1, "c1"), Answers.Json(PageWith(Poisoned, "c2")), Answers.Page(0, "c3"));

        Assert.That((invalid.Single().Stream, invalid.Single().Cursor), Is.EqualTo((ExportStream.Events, "c1")));
        Assert.That(invalid.Single().Exception!.Message, Does.Contain("items[1].timestamp").And.Contain("soon"));
    }

    [Test]
    public async Task Come_right_before_the_rest_of_their_page()
    {
        var heard = new List<string>();
        using var client = new Api(() => Answers.Page(1, "c1"), () => Answers.Json(PageWith(Poisoned, "c2")), () => Answers.Page(0, "c3"))
            .Client(options => options.OnInvalidItem = item => heard.Add($"invalid of {item.Cursor}"));

        await foreach (var page in client.ExportEventPagesAsync()) heard.Add($"page of {page.Cursor}");

        Assert.That(heard, Is.EqualTo((string[])["page of ", "invalid of c1", "page of c1", "page of c2"]));
    }

    [Test]
    public async Task Do_not_end_the_export_when_they_are_a_whole_page()
    {
        var (pages, invalid) = await ExportAsync(Answers.Json($$"""{"items":[{{Poisoned}},{{Poisoned}}],"nextCursor":"c1"}"""), Answers.Page(1, "c2"), Answers.Page(0, "c2"));

        Assert.That(pages.Select(page => page.Count), Is.EqualTo((int[])[0, 1, 0]));
        Assert.That(invalid.Select(item => item.Index), Is.EqualTo((int[])[0, 1]));
    }

    [Test]
    public async Task Count_as_items_of_a_page_that_repeats_the_cursor()
    {
        var page = $$"""{"items":[{{Poisoned}},{{Poisoned}}],"nextCursor":"c1"}""";

        var exception = await Assert.ThrowsAsync<ExportException>(() => ExportAsync(Answers.Json(page), Answers.Json(page)));

        Assert.That(exception.Message, Does.Contain("2 items and the same cursor again"));
    }

    [Test]
    public async Task Of_sessions_and_users_are_taken_too()
    {
        var invalid = new List<InvalidItem>();
        using var client = new Api(() => Answers.Json("""{"items":[{"closeTime":"x"},{"lastModifiedTime":"x"},{}],"nextCursor":null}""")).Client(options => options.OnInvalidItem = invalid.Add);

        var sessions = await client.ExportSessionsAsync();
        var users = await client.ExportUsersAsync();

        Assert.That((sessions.Count, users.Count), Is.EqualTo((2, 2)));
        Assert.That(invalid.Select(item => (item.Stream, item.Index)), Is.EqualTo(((ExportStream, int)[])[(ExportStream.Sessions, 0), (ExportStream.Users, 1)]));
    }

    [Test]
    public async Task With_bytes_that_are_not_UTF8_are_taken_as_they_are()
    {
        byte[] item = [.. "{\"id\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        var (pages, invalid) = await ExportAsync(Answers.Encoded("identity", [.. "{\"items\":["u8, .. item, .. "]}"u8]));

        Assert.That(pages.Single().Count, Is.Zero);
        Assert.That(invalid.Single().Json.ToArray(), Is.EqualTo(item));
    }

    [TestCase("""{"items":[{"timestamp":"soon",}],"nextCursor":"c1"}""")]
    [TestCase("""{"items":[{"timestamp":01}],"nextCursor":"c1"}""")]
    [TestCase("""{"items":[{"timestamp":"soon"}],"metadata":7}""")]
    [TestCase("""{"items":5}""")]
    public async Task Are_no_excuse_for_an_answer_that_is_wrong_itself(string json)
    {
        var invalid = new List<InvalidItem>();
        using var client = new Api(() => Answers.Json(json)).Client(options => options.OnInvalidItem = invalid.Add);

        await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync());

        Assert.That(invalid, Is.Empty);
    }

    [Test]
    public async Task Are_handed_over_once_when_the_answer_came_twice()
    {
        var whole = PageWith(Poisoned, "c1");
        var (pages, invalid) = await ExportAsync(Answers.Json(whole[..^5]), Answers.Json(whole), Answers.Page(0, "c2"));

        Assert.That(pages.Select(page => page.Count), Is.EqualTo((int[])[2, 0]));
        Assert.That(invalid, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task End_the_export_when_their_taker_throws()
    {
        using var client = new Api(() => Answers.Json(PageWith(Poisoned, "c1"))).Client(options => options.OnInvalidItem = _ => throw new InvalidTimeZoneException());

        await Assert.ThrowsAsync<InvalidTimeZoneException>(async () => await client.ExportEventPagesAsync().GetAsyncEnumerator().MoveNextAsync());
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => client.ExportEventsAsync());
    }

    [Test]
    public async Task Do_not_show_the_key_in_what_is_said_of_them()
    {
        var (_, invalid) = await ExportAsync(Answers.Json(PageWith($$"""{"timestamp":"{{Api.Key}}"}""", null)));

        Assert.That(invalid.Single().Exception!.ToString(), Does.Contain("items[1].timestamp").And.Not.Contain(Api.Key));
    }

    [Test]
    public void Cost_no_more_each_when_they_are_many()
    {
        var (few, many) = (AllocatedFor(100), AllocatedFor(1000));

        Assert.That(many, Is.LessThan(20 * few));

        static long AllocatedFor(int items)
        {
            using var client = new Api(() => Answers.Json($$"""{"items":[{{string.Join(',', Enumerable.Repeat(Poisoned, items))}}]}""")).Client(options => options.OnInvalidItem = _ => { });
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.That(client.ExportEventsAsync().IsCompletedSuccessfully, Is.True);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Test]
    public async Task Fail_their_page_when_they_are_more_than_any_page_has_items()
    {
        var invalid = new List<InvalidItem>();
        using var client = new Api(() => Answers.Json($$"""{"items":[{{string.Join(',', Enumerable.Repeat("0", 10_001))}}]}""")).Client(options => options.OnInvalidItem = invalid.Add);

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.Contain("More than 10000 items").And.Contain("items[10000]"));
        Assert.That(invalid, Is.Empty);
    }

    private static string PageWith(string item, string? cursor) =>
        $$"""{"items":[{{Answers.Event}},{{item}},{{Answers.Event}}],"nextCursor":{{(cursor is null ? "null" : $"\"{cursor}\"")}}}""";

    private static async Task<(List<EventPage> Pages, List<InvalidItem> Invalid)> ExportAsync(params HttpResponseMessage[] answers)
    {
        var invalid = new List<InvalidItem>();
        var pages = new List<EventPage>();
        using var client = new Api([.. answers.Select(answer => (Func<HttpResponseMessage>)(() => answer))]).Client(options => options.OnInvalidItem = invalid.Add);
        await foreach (var page in client.ExportEventPagesAsync()) pages.Add(page);
        return (pages, invalid);
    }
}
