using System.Net;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class RetryTests
{
    private static readonly TestCaseData[] Passing =
    [
        Failure("The body is not gzip", () => Responses.Encoded("gzip", "<html>"u8.ToArray())),
#if !NETSTANDARD_LIBRARY
        Failure("The body is not Brotli", () => Responses.Encoded("br", "<html>"u8.ToArray())),
#endif
        Failure("The connection fails", () => throw new HttpRequestException("refused")),
        Failure("The body is cut", () => Responses.Broken("""{"items":[""")),
        Failure("The body is cut before it begins", () => Responses.Broken("")),
        Failure("The JSON is cut in a list", () => Responses.Json("""{"items":[""")),
        Failure("The JSON is cut in a string", () => Responses.Json("""{"items":[],"nextCursor":"abc""")),
        Failure("The JSON is cut in a literal", () => Responses.Json("""{"items":nu""")),
        Failure("The JSON is cut after a value", () => Responses.Json("""{"items":[]""")),
        Failure("The JSON is cut in an item", () => Responses.Json(Responses.PageJson(2, "c1")[..^100])),
        Failure("The body is empty", () => Responses.Json("")),
        Failure("The gzip is cut", () => Responses.Encoded("gzip", Responses.Gzip(Responses.PageJson(3, "c1"))[..60])),
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
    public async Task Retries_after_a_transient_status(int status)
    {
        var api = new Api(() => Responses.Html((HttpStatusCode)status), () => Responses.Page(1, "c1"));
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
    public async Task Does_not_retry_after_a_permanent_status(int status)
    {
        var api = new Api(() => Responses.Html((HttpStatusCode)status));
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That(((int)exception.StatusCode, exception.Attempts, api.Requests.Count), Is.EqualTo((status, 1, 1)));
    }

    [TestCaseSource(nameof(Passing))]
    public async Task Retries_after_a_transient_failure(Func<HttpResponseMessage> failure)
    {
        var api = new Api(failure, () => Responses.Page(1, "c1"));
        using var client = api.Client();

        var page = await client.ExportEventsAsync();

        Assert.That((page.NextCursor, api.Requests.Count), Is.EqualTo(("c1", 2)));
    }

    [TestCaseSource(nameof(Passing))]
    public async Task Retries_a_raw_page_too(Func<HttpResponseMessage> failure)
    {
        var api = new Api(failure, () => Responses.Page(1, null));
        using var client = api.Client();

        await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events)) Assert.That(page.Count, Is.EqualTo(1));

        Assert.That(api.Requests, Has.Count.EqualTo(2));
    }

    [TestCaseSource(nameof(Passing))]
    public async Task Gives_up_after_a_permanent_failure(Func<HttpResponseMessage> failure)
    {
        var api = new Api(failure);
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception.Attempts, api.Requests.Count), Is.EqualTo((5, 5)));
    }

    [Test]
    public async Task Retries_after_truncated_JSON_with_a_byte_order_mark()
    {
        var api = new Api(() => Responses.Json("\uFEFF{\"items\":["), () => Responses.Json("\uFEFF" + Responses.PageJson(1, "c1")));
        using var client = api.Client();

        var page = await client.ExportEventsAsync();

        Assert.That(page.NextCursor, Is.EqualTo("c1"));
    }

    [TestCase(401)]
    [TestCase(404)]
    public async Task Does_not_retry_after_a_permanent_status_whose_body_is_cut(int status)
    {
        var api = new Api(() => Responses.Broken("""{"title":""", (HttpStatusCode)status));
        using var client = api.Client();

        var exception = (await Assert.CatchAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception as ExportApiException)?.StatusCode, Is.EqualTo((HttpStatusCode)status));
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Throws_the_last_failure_after_five_attempts()
    {
        var api = new Api((_, index, _) => Task.FromResult(Responses.Html(index < 4 ? HttpStatusCode.BadGateway : HttpStatusCode.GatewayTimeout)));
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception.StatusCode, exception.Attempts, api.Requests.Count), Is.EqualTo((HttpStatusCode.GatewayTimeout, 5, 5)));
    }

    [Test]
    public async Task Makes_one_attempt_if_no_retries_are_allowed()
    {
        var (api, time) = (new Api(() => Responses.Html(HttpStatusCode.BadGateway)), new InstantTime());
        using var client = api.Client(options => (options.MaxRetries, options.TimeProvider) = (0, time));

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception.Attempts, api.Requests.Count, time.Waits.Count), Is.EqualTo((1, 1, 0)));
    }

    [Test]
    public async Task Counts_retries_separately_for_every_page()
    {
        var api = new Api(
            (_, index, _) => Task.FromResult(
                index % 4 < 3
                    ? Responses.Status(HttpStatusCode.BadGateway)
                    : (index > 11 ? Responses.Page(0, null) : Responses.Page(1, $"c{index}"))));
        using var client = api.Client(options => options.MaxRetries = 3);
        var pages = 0;

        await foreach (var _ in client.ExportEventPagesAsync()) pages++;

        Assert.That((pages, api.Requests.Count), Is.EqualTo((4, 16)));
    }

    private static TestCaseData Failure(string name, Func<HttpResponseMessage> failure) => new(failure) { TestName = "{m}: " + name };
}
