using System.Net;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json;

namespace Croct.Export.Tests;

/// <summary>The key never leaks, whatever a server does with it.</summary>
public class SecrecyTests
{
    private const string Key = Api.Key;

    private static readonly TestCaseData[] Quoting =
    [
        Quote("in the title", () => Responses.Problem(HttpStatusCode.Unauthorized, $$"""{"title":"No key {{Key}}"}""")),
        Quote("in every field", () => Responses.Problem(
            HttpStatusCode.Unauthorized, $$"""{"type":"{{Key}}","title":"{{Key}}","detail":"{{Key}}","instance":"{{Key}}","x":["{{Key}}"],"{{Key}}":1}""")),
        Quote("in HTML", () => Responses.Html(HttpStatusCode.Forbidden, $"<p>{Key}</p>")),
        Quote("in the target of a redirect", () => Located(HttpStatusCode.Found, $"https://evil.example/?key={Key}")),
        Quote("in the request id", () => WithHeader("X-Request-Id", Key)),
        Quote("in the reason", () => new HttpResponseMessage(HttpStatusCode.BadRequest) { ReasonPhrase = $"No {Key}" }),
    ];

    private static readonly TestCaseData[] QuotingDeviously =
    [
        Quote("cut by the end of the excerpt", () => Responses.Json($$"""{"items":"{{new string('x', 80)}}{{Key}}"}"""), Key[..8]),
        Quote(
            "in a name cut by the end of the excerpt",
            () => Responses.Json(
                Responses.PageWith("payload", $$$"""{"@type":"eventOccurred","details":{"{{{new string('x', 90)}}}{{{Key}}}":}}""")),
            Key[..4]),
        Quote("in capitals", () => Responses.Html(HttpStatusCode.Forbidden, $"<p>{Key.ToUpperInvariant()}</p>"), Key.ToUpperInvariant()),
        Quote(
            "escaped in JSON",
            () => Responses.Problem(
                HttpStatusCode.Unauthorized, $$"""{"title":"{{Key.Replace("-", "\\u002d", StringComparison.Ordinal)}}"}""")),
        Quote("across the end of the excerpt", () => Responses.Html(HttpStatusCode.Forbidden, new string('x', 4096 - 35) + Key), Key[..35]),
        Quote("as a wrong value of a success", () => Responses.Json($$"""{"items":["{{Key}}"]}""")),
        Quote("instead of a page", () => Responses.Json($$"""{"error":"Bearer {{Key}}"}""")),
        Quote("as the encoding of a success", () => Responses.Encoded(Key, [1])),
    ];

    [TestCaseSource(nameof(Quoting))]
    public async Task Never_reveals_a_key_that_a_server_quotes(Func<HttpResponseMessage> response, string secret) =>
        await AssertKeptAsync(response, secret);

    [TestCaseSource(nameof(QuotingDeviously))]
    public async Task Never_reveals_a_key_that_a_server_quotes_deviously(Func<HttpResponseMessage> response, string secret) =>
        await AssertKeptAsync(response, secret);

    [Test]
    public async Task Never_reveals_a_key_in_the_address_an_HttpClient_was_redirected_to()
    {
        await AssertKeptAsync(
            () =>
            {
                var response = Responses.Page(0, null);
                response.RequestMessage = new HttpRequestMessage(HttpMethod.Get, $"https://evil.example/{Key}/events");
                return response;
            },
            Key);
    }

    [Test]
    public async Task Sends_the_key_only_in_its_header()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();

        await client.ExportEventsAsync();

        var request = api.Requests.Single();
        Assert.That(request.RequestUri!.AbsoluteUri, Does.Not.Contain(Key));
        Assert.That(
            request.Headers.Where(header => header.Value.Any(value => value.Contains(Key, StringComparison.Ordinal)))
                .Select(header => header.Key)
                .Single(),
            Is.EqualTo("X-Api-Key"));
    }

    [Test]
    public async Task A_key_escaped_in_JSON_is_removed_too()
    {
        const string Odd = "ab\"cd\\ef-0123456789";
        var problem = JsonConvert.SerializeObject(new { title = $"No {Odd}", detail = Odd, more = Odd });
        using var client = new Api(() => Responses.Problem(HttpStatusCode.Unauthorized, problem)).Client(options => options.ApiKey = Odd);

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That(
            exception.ToString() + exception.Problem!.Title + exception.Problem.Detail +
                exception.Problem.AdditionalProperties["more"] + exception.Body,
            Does.Not.Contain("0123456789"));
    }

    private static async Task AssertKeptAsync(Func<HttpResponseMessage> response, string secret)
    {
        using var client = new Api(response).Client();

        var exception = (await Assert.CatchAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.Multiple(() =>
        {
            Assert.That(exception.ToString(), Does.Not.Contain(secret));
            if (exception is not ExportApiException refusal) return;
            Assert.That(refusal.Body, Does.Not.Contain(secret));
            Assert.That(refusal.RequestId ?? "", Does.Not.Contain(secret));
            Assert.That(JsonConvert.SerializeObject(refusal.Problem), Does.Not.Contain(secret));
        });
    }

    private static HttpResponseMessage Located(HttpStatusCode status, string target)
    {
        var response = Responses.Status(status);
        response.Headers.Location = new Uri(target);
        return response;
    }

    private static HttpResponseMessage WithHeader(string name, string value)
    {
        var response = Responses.Status(HttpStatusCode.BadRequest);
        response.Headers.Add(name, value);
        return response;
    }

    private static TestCaseData Quote(string where, Func<HttpResponseMessage> response, string secret = Key) =>
        new(response, secret) { TestName = "{m}: " + where };
}
