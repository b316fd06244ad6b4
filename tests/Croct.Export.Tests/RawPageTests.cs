using System.Text;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class RawPageTests
{
    [Test]
    public async Task Returns_the_items_byte_for_byte()
    {
        string[] items = ["""{ "a" : 1.50 , "é":"\u00e9\/" }""", "{}", """{"b":[{"items":[1]}, "}"],"n":1E+2,"nextCursor":"no"}"""];

        var pages = await GetRawPagesAsync(
            () => Responses.Json($$"""{ "items" : [ {{string.Join(" ,\n", items)}} ] , "nextCursor": "c1" }"""), () => Responses.Page(0, "c2"));

        Assert.That(pages[0].Items, Is.EqualTo(items));
    }

    [Test]
    public async Task Returns_the_same_cursors_as_typed_pages()
    {
        Func<HttpResponseMessage>[] responses =
            [() => Responses.Page(2, "a\"\u00e9"), () => Responses.Page(1, "c2"), () => Responses.Json("""{"items":[],"nextCursor":""}""")];
        using var client = new Api(responses).Client();
        var typed = new List<(string?, string?, string?, int)>();
        await foreach (var page in client.ExportEventPagesAsync()) typed.Add((page.Cursor, page.NextCursor, page.ResumeCursor, page.Count));

        var raw = await GetRawPagesAsync(responses);

        Assert.That(raw.Select(page => page.Cursors), Is.EqualTo(typed));
        Assert.That(raw, Has.Count.EqualTo(3));
    }

    [TestCase("""{"items":[{"a":1,}],"nextCursor":"c1"}""")]
    [TestCase("""{"items":[{"a":01}],"nextCursor":"c1"}""")]
    [TestCase("""{"items":[{"a":"b"} {}],"nextCursor":"c1"}""")]
    public async Task Refuses_a_response_that_is_not_well_formed(string json)
    {
        var api = new Api(() => Responses.Json(json));
        using var client = api.Client(options => options.ReadAhead = 0);

        await Assert.ThrowsAsync<ExportException>(async () => await client.ExportRawPagesAsync(ExportStream.Users).GetAsyncEnumerator().MoveNextAsync());

        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Does_not_look_inside_the_items()
    {
        var pages = await GetRawPagesAsync(() => Responses.Json("""{"items":[{"timestamp":"soon","payload":7}],"nextCursor":null}"""));

        Assert.That(pages.Single().Items, Is.EqualTo((string[])["""{"timestamp":"soon","payload":7}"""]));
    }

    [Test]
    public void Refuses_the_options_of_another_stream()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();

        Assert.Multiple(() =>
        {
            Assert.That(
                () => client.ExportRawPagesAsync(ExportStream.Events, new UserExportOptions()),
                Throws.ArgumentException.With.Message.Contains("UserExportOptions").And.Message.Contains("EventExportOptions"));
            Assert.That(() => client.ExportRawPagesAsync(ExportStream.Sessions, new EventExportOptions()), Throws.ArgumentException);
            Assert.That(() => client.ExportRawPagesAsync(ExportStream.Users, new SessionExportOptions()), Throws.ArgumentException);
            Assert.That(() => client.ExportRawPagesAsync((ExportStream)9), Throws.InstanceOf<ArgumentException>());
        });
        Assert.That(api.Requests, Is.Empty);
    }

    [Test]
    public void Can_be_created_by_a_test()
    {
        using var page = new RawPage { Items = ["{}"u8.ToArray()], NextCursor = "c1" };

        Assert.That((page.Count, page.ResumeCursor), Is.EqualTo((1, "c1")));
    }

    private static async Task<List<(List<string> Items, (string?, string?, string?, int) Cursors)>> GetRawPagesAsync(
        params Func<HttpResponseMessage>[] responses)
    {
        using var client = new Api(responses).Client();
        var pages = new List<(List<string>, (string?, string?, string?, int))>();
        await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events))
        {
            pages.Add(([.. page.Items.Select(item => Encoding.UTF8.GetString(item.Span))], (page.Cursor, page.NextCursor, page.ResumeCursor, page.Count)));
        }

        return pages;
    }
}
