using System.Net;
using System.Net.Http.Headers;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>What is reported to callers when the API, or something between it and the client, refuses a request.</summary>
public class ErrorTests
{
    private const string UnknownKey = "https://croct.help/api/authentication/unknown-api-key";

    [Test]
    public async Task Reports_the_problem_document_of_the_API()
    {
        var exception = await GetErrorAsync(() => Responses.Problem(
            HttpStatusCode.Unauthorized,
            $$"""{"type":"{{UnknownKey}}","title":"Unknown API key","status":401,"detail":"There is no such key.","instance":"urn:1","hint":{"a":[1]} }"""));

        Assert.Multiple(() =>
        {
            Assert.That(exception.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(exception.Problem!.Type, Is.EqualTo(UnknownKey));
            Assert.That(exception.Problem.Title, Is.EqualTo("Unknown API key"));
            Assert.That(exception.Problem.Status, Is.EqualTo(401));
            Assert.That(exception.Problem.Detail, Is.EqualTo("There is no such key."));
            Assert.That(exception.Problem.Instance, Is.EqualTo("urn:1"));
            Assert.That((int)exception.Problem.AdditionalProperties["hint"]["a"]![0]!, Is.EqualTo(1));
            Assert.That(exception.Message, Does.Contain("401").And.Contain("Unknown API key").And.Contain("no such key").And.Contain(UnknownKey));
        });
    }

    [Test]
    public async Task Reads_the_details_of_older_servers_as_the_detail()
    {
        var exception = await GetErrorAsync(
            () => Responses.Json(
                """{"type":"https://croct.help/api/invalid-input","title":"Bad","details":"pageSize"}""", HttpStatusCode.BadRequest));

        Assert.That((exception.Problem!.Detail, exception.Problem.Status), Is.EqualTo(("pageSize", (int?)null)));
    }

    [TestCase("""{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such user."}""", ": There is no such user.")]
    [TestCase("""{"type":"about:blank","title":"Not Found"}""", ".")]
    [TestCase("""{"type":"https://croct.help/x"}""", " (https://croct.help/x)")]
    public async Task Reports_what_the_problem_adds_to_the_status(string body, string added)
    {
        var exception = await GetErrorAsync(() => Responses.Problem(HttpStatusCode.NotFound, body));

        Assert.That(exception.Message, Is.EqualTo($"The Export API responded 404 Not Found{added}"));
    }

    [TestCase("""{"title":"No\r\n2026-11-24 all is well\u001b[2J\u0000\u009b1m\u202e\u2028"}""")]
    [TestCase("""{"title":"No","detail":"a\tb\u0007\u200f"}""")]
    public async Task Is_reported_in_one_line_without_terminal_control_characters(string body)
    {
        var exception = await GetErrorAsync(() => Responses.Problem(HttpStatusCode.BadRequest, body));

        Assert.That(exception.Message, Does.StartWith("The Export API responded 400 Bad Request: No").And.Not.Match("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]"));
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("[1]")]
    [TestCase("\"no\"")]
    [TestCase("""{"title":""")]
    [TestCase("""{"title":{"a":1}}""")]
    public async Task Has_no_problem_if_the_body_is_not_a_problem_document(string body)
    {
        var exception = await GetErrorAsync(() => Responses.Problem(HttpStatusCode.NotFound, body));

        Assert.That(exception.Problem, Is.Null);
        Assert.That(exception.Body, Is.EqualTo(body));
        Assert.That(exception.Message, Does.Contain("404"));
    }

    [Test]
    public async Task Keeps_the_HTML_of_a_proxy()
    {
        var exception = await GetErrorAsync(() => Responses.Html(HttpStatusCode.BadGateway, "<h1>Bad gateway é</h1>"));

        Assert.That(exception.Body, Is.EqualTo("<h1>Bad gateway é</h1>"));
    }

    [Test]
    public async Task Keeps_the_first_4_KiB_of_a_large_body()
    {
        var exception = await GetErrorAsync(() => Responses.Html(HttpStatusCode.BadGateway, new string('x', 200_000)));

        Assert.That(exception.Body, Is.EqualTo(new string('x', 4096)));
    }

    [TestCase("gzip")]
#if !NETSTANDARD_LIBRARY
    [TestCase("br")]
#endif
    public async Task Decodes_the_body_of_an_error(string encoding)
    {
        const string Json = """{"title":"Bad"}""";

        var exception = await GetErrorAsync(
            () => Responses.Encoded(encoding, encoding == "br" ? Responses.Brotli(Json) : Responses.Gzip(Json), HttpStatusCode.BadRequest));

        Assert.That(exception.Problem!.Title, Is.EqualTo("Bad"));
    }

    [TestCase("gzip")]
#if !NETSTANDARD_LIBRARY
    [TestCase("br")]
#endif
    public async Task Reports_the_status_of_an_error_whose_body_is_not_in_its_declared_encoding(string encoding)
    {
        var exception = await GetErrorAsync(() => Responses.Encoded(encoding, "<html>Unauthorized</html>"u8.ToArray(), HttpStatusCode.Unauthorized));

        Assert.That((exception.StatusCode, exception.Attempts), Is.EqualTo((HttpStatusCode.Unauthorized, 1)));
    }

    [TestCase("""{"title":"Bad","status":"nope","detail":"Because."}""")]
    [TestCase("""{"title":"Bad","status":1e99,"detail":"Because."}""")]
    [TestCase("""{"title":"Bad","type":["x"],"detail":"Because."}""")]
    public async Task Keeps_the_rest_of_a_problem_with_an_unexpected_member(string problem)
    {
        var exception = await GetErrorAsync(() => Responses.Problem(HttpStatusCode.BadRequest, problem));

        Assert.That((exception.Problem!.Title, exception.Problem.Detail), Is.EqualTo(("Bad", "Because.")));
        Assert.That(exception.Problem.AdditionalProperties, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Reports_the_status_of_an_error_whose_body_stalls_and_does_not_retry()
    {
        var api = new Api(() => new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = new StreamContent(new StalledStream()) });
        using var client = api.Client(options => (options.AttemptTimeout, options.TimeProvider) = (TimeSpan.FromMilliseconds(20), TimeProvider.System));

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception.StatusCode, exception.Attempts), Is.EqualTo((HttpStatusCode.Unauthorized, 1)));
    }

    [Test]
    public async Task Reports_the_status_of_an_error_with_an_unknown_encoding()
    {
        var api = new Api(() => Responses.Encoded("deflate", [1, 2, 3], HttpStatusCode.ServiceUnavailable));
        using var client = api.Client();

        var exception = (await Assert.CatchAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception as ExportApiException)?.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(api.Requests, Has.Count.EqualTo(5));
    }

    [Test]
    public async Task Reports_the_request_id()
    {
        var exception = await GetErrorAsync(() => With(Responses.Status(HttpStatusCode.BadRequest), headers => headers.Add("X-Request-Id", "r-17")));

        Assert.That(exception.RequestId, Is.EqualTo("r-17"));
    }

    [Test]
    public async Task Has_no_request_id_and_no_wait_when_none_was_sent()
    {
        var exception = await GetErrorAsync(() => Responses.Status(HttpStatusCode.BadRequest));

        Assert.That((exception.RequestId, exception.RetryAfter), Is.EqualTo(((string?)null, (TimeSpan?)null)));
    }

    [Test]
    public async Task Reports_how_long_the_server_asks_to_wait()
    {
        var bySeconds = await GetErrorAsync(() => Responses.RetryAfter(new(TimeSpan.FromSeconds(9)), HttpStatusCode.PaymentRequired));
        var byDate = await GetErrorAsync(() => Responses.RetryAfter(new(InstantTime.Now.AddSeconds(8)), HttpStatusCode.PaymentRequired));
        var passed = await GetErrorAsync(() => Responses.RetryAfter(new(InstantTime.Now.AddSeconds(-8)), HttpStatusCode.PaymentRequired));

        Assert.That(
            (bySeconds.RetryAfter, byDate.RetryAfter, passed.RetryAfter),
            Is.EqualTo(((TimeSpan?)TimeSpan.FromSeconds(9), (TimeSpan?)TimeSpan.FromSeconds(8), (TimeSpan?)TimeSpan.Zero)));
    }

    [TestCase(301)]
    [TestCase(302)]
    [TestCase(303)]
    [TestCase(307)]
    [TestCase(308)]
    public async Task Does_not_follow_a_redirect_and_names_its_target(int status)
    {
        var api = new Api(() => With(Responses.Status((HttpStatusCode)status), headers => headers.Location = new Uri("https://evil.example/events")));
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That((int)exception.StatusCode, Is.EqualTo(status));
        Assert.That(exception.Message, Does.Contain("https://evil.example/events"));
        Assert.That(api.Urls, Has.Exactly(1).Items.And.All.StartsWith("https://api.croct.io/export/"));
    }

    [Test]
    public async Task A_failed_connection_is_one_line_whatever_its_message()
    {
        using var client = new Api((_, _, _) => throw new HttpRequestException("refused\n\u001b[31mERROR forged")).Client(options => options.MaxRetries = 0);

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.Contain("refused").And.Not.Contain('\n').And.Not.Contain('\u001b'));
    }

    [Test]
    public async Task Refuses_a_response_of_an_HttpClient_that_followed_a_redirect()
    {
        using var api = new Api((_, _, _) =>
        {
            var response = Responses.Page(1, "c1");
            response.RequestMessage = new HttpRequestMessage(HttpMethod.Get, "https://evil.example/events");
            return Task.FromResult(response);
        });
        using var http = new HttpClient(api);
        using var client = new ExportClient(http, new ExportClientOptions { ApiKey = Api.Key });

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.Contain("https://evil.example/events").And.Contain("AllowAutoRedirect"));
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    private static async Task<ExportApiException> GetErrorAsync(Func<HttpResponseMessage> response)
    {
        using var client = new Api(response).Client();
        return (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;
    }

    private static HttpResponseMessage With(HttpResponseMessage response, Action<HttpResponseHeaders> change)
    {
        change(response.Headers);
        return response;
    }
}
