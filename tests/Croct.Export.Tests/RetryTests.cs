using System.Net;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class RetryTests
{
    private static readonly TestCaseData[] Passing =
    [
        Failure("The body is no gzip", () => Answers.Encoded("gzip", "<html>"u8.ToArray())),
#if !NETSTANDARD_LIBRARY
        Failure("The body is no Brotli", () => Answers.Encoded("br", "<html>"u8.ToArray())),
#endif
        Failure("The connection fails", () => throw new HttpRequestException("refused")),
        Failure("The body breaks off", () => Answers.Broken("""{"items":[""")),
        Failure("The body breaks off before it begins", () => Answers.Broken("")),
        Failure("The JSON breaks off in a list", () => Answers.Json("""{"items":[""")),
        Failure("The JSON breaks off in a string", () => Answers.Json("""{"items":[],"nextCursor":"abc""")),
        Failure("The JSON breaks off in a literal", () => Answers.Json("""{"items":nu""")),
        Failure("The JSON breaks off behind a value", () => Answers.Json("""{"items":[]""")),
        Failure("The JSON breaks off in an item", () => Answers.Json(Answers.PageJson(2, "c1")[..^100])),
        Failure("The body is empty", () => Answers.Json("")),
        Failure("The gzip breaks off", () => Answers.Encoded("gzip", Answers.Gzip(Answers.PageJson(3, "c1"))[..60])),
    ];

    [TestCase(408)]
    [TestCase(425)]
    [TestCase(429)]
    [TestCase(500)]
    [TestCase(502)]
    [TestCase(503)]
    [TestCase(504)]
    [TestCase(507)]
    [TestCase(520)]
    [TestCase(529)]
    [TestCase(599)]
    public async Task Tries_again_after_a_status_that_may_pass(int status)
    {
        var api = new Api(() => Answers.Html((HttpStatusCode)status), () => Answers.Page(1, "c1"));
        using var client = api.Client();

        var page = await client.ExportEventsAsync();

        Assert.That((page.NextCursor, api.Requests.Count), Is.EqualTo(("c1", 2)));
    }

    [TestCase(400)]
    [TestCase(401)]
    [TestCase(402)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(409)]
    [TestCase(422)]
    [TestCase(501)]
    [TestCase(505)]
    public async Task Does_not_try_again_after_a_refusal(int status)
    {
        var api = new Api(() => Answers.Html((HttpStatusCode)status));
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That(((int)exception.StatusCode, exception.Attempts, api.Requests.Count), Is.EqualTo((status, 1, 1)));
    }

    [TestCaseSource(nameof(Passing))]
    public async Task Tries_again_after_a_failure_that_may_pass(Func<HttpResponseMessage> failure)
    {
        var api = new Api(failure, () => Answers.Page(1, "c1"));
        using var client = api.Client();

        var page = await client.ExportEventsAsync();

        Assert.That((page.NextCursor, api.Requests.Count), Is.EqualTo(("c1", 2)));
    }

    [TestCaseSource(nameof(Passing))]
    public async Task Tries_again_for_a_raw_page_too(Func<HttpResponseMessage> failure)
    {
        var api = new Api(failure, () => Answers.Page(1, null));
        using var client = api.Client();

        await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events)) Assert.That(page.Count, Is.EqualTo(1));

        Assert.That(api.Requests, Has.Count.EqualTo(2));
    }

    [TestCaseSource(nameof(Passing))]
    public async Task Gives_up_on_a_failure_that_does_not_pass(Func<HttpResponseMessage> failure)
    {
        var api = new Api(failure);
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception.Attempts, api.Requests.Count), Is.EqualTo((5, 5)));
    }

    [Test]
    public async Task Tries_again_after_JSON_with_a_byte_order_mark_that_breaks_off()
    {
        var api = new Api(() => Answers.Json("\uFEFF{\"items\":["), () => Answers.Json("\uFEFF" + Answers.PageJson(1, "c1")));
        using var client = api.Client();

        var page = await client.ExportEventsAsync();

        Assert.That(page.NextCursor, Is.EqualTo("c1"));
    }

    [TestCase(401)]
    [TestCase(404)]
    public async Task Does_not_try_again_after_a_refusal_whose_body_breaks_off(int status)
    {
        var api = new Api(() => Answers.Broken("""{"title":""", (HttpStatusCode)status));
        using var client = api.Client();

        var exception = (await Assert.CatchAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception as ExportApiException)?.StatusCode, Is.EqualTo((HttpStatusCode)status));
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Throws_the_last_failure_after_five_attempts()
    {
        var api = new Api((_, index, _) => Task.FromResult(Answers.Html(index < 4 ? HttpStatusCode.BadGateway : HttpStatusCode.GatewayTimeout)));
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception.StatusCode, exception.Attempts, api.Requests.Count), Is.EqualTo((HttpStatusCode.GatewayTimeout, 5, 5)));
    }

    [Test]
    public async Task Tries_once_when_no_retries_are_allowed()
    {
        var (api, time) = (new Api(() => Answers.Html(HttpStatusCode.BadGateway)), new InstantTime());
        using var client = api.Client(options => (options.MaxRetries, options.TimeProvider) = (0, time));

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception.Attempts, api.Requests.Count, time.Waits.Count), Is.EqualTo((1, 1, 0)));
    }

    [Test]
    public async Task Counts_retries_anew_for_every_page()
    {
        var api = new Api(
            (_, index, _) => Task.FromResult(
                index % 4 < 3
                    ? Answers.Status(HttpStatusCode.BadGateway)
                    : (index > 11 ? Answers.Page(0, null) : Answers.Page(1, $"c{index}"))));
        using var client = api.Client(options => options.MaxRetries = 3);
        var pages = 0;

        await foreach (var _ in client.ExportEventPagesAsync()) pages++;

        Assert.That((pages, api.Requests.Count), Is.EqualTo((4, 16)));
    }

    private static TestCaseData Failure(string name, Func<HttpResponseMessage> failure) => new(failure) { TestName = "{m}: " + name };
}
