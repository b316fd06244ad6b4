using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>Responses with status 200 that may still be unusable.</summary>
public class ResponseTests
{
    // The limit is 1024 bytes.
    private static readonly TestCaseData[] TooLarge =
    [
        new((Func<HttpResponseMessage>)(() => Responses.Page(10, "c1"))) { TestName = "{m}: with a Content-Length" },
        new((Func<HttpResponseMessage>)(() => Unsized(Responses.PageJson(10, "c1")))) { TestName = "{m}: without a Content-Length" },
        new((Func<HttpResponseMessage>)(() => Responses.Encoded("gzip", Responses.Gzip(new string(' ', 10_000_000))[..1000])))
        {
            TestName = "{m}: a gzip bomb",
        },
#if !NETSTANDARD_LIBRARY
        new((Func<HttpResponseMessage>)(() => Responses.Encoded("br", Responses.Brotli(new string(' ', 1_000_000))))) { TestName = "{m}: a Brotli bomb" },
#endif
    ];

    [TestCaseSource(nameof(TooLarge))]
    public async Task Refuses_a_response_above_the_limit(Func<HttpResponseMessage> response)
    {
        var api = new Api(response);
        using var client = api.Client(options => options.MaxResponseBytes = 1024);

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.Contain("MaxResponseBytes").And.Contain("1024"));
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Accepts_a_response_as_large_as_the_limit()
    {
        var json = Responses.PageJson(1, "c1");
        using var client = new Api(() => Unsized(json + new string(' ', 1024 - json.Length))).Client(options => options.MaxResponseBytes = 1024);

        var page = await client.ExportEventsAsync();

        Assert.That(page.Items, Has.Count.EqualTo(1));
    }

    [TestCase("gzip")]
    [TestCase("x-gzip")]
    [TestCase("GZIP")]
#if !NETSTANDARD_LIBRARY
    [TestCase("br")]
#endif
    [TestCase("identity")]
    public async Task Decodes_the_body(string encoding)
    {
        var json = Responses.PageJson(3, "c1");
        var body = encoding switch { "br" => Responses.Brotli(json), "identity" => Encoding.UTF8.GetBytes(json), _ => Responses.Gzip(json) };
        using var client = new Api(() => Responses.Encoded(encoding, body)).Client();

        var page = await client.ExportEventsAsync();

        Assert.That((page.Items.Count, page.NextCursor), Is.EqualTo((3, "c1")));
    }

    [Test]
    public async Task Decodes_a_body_that_also_declares_identity_encoding()
    {
        using var client = new Api(() => Encoded(Responses.Gzip(Responses.PageJson(3, "c1")), "identity", "gzip", "identity")).Client();

        Assert.That((await client.ExportEventsAsync()).Count, Is.EqualTo(3));
    }

    [TestCase(2)]
    [TestCase(5000)]
    public async Task Refuses_a_body_that_is_encoded_more_than_once(int times)
    {
        var api = new Api(() => Encoded(Responses.Gzip(Responses.PageJson(3, "c1")), [.. Enumerable.Repeat("gzip", times)]));
        using var client = api.Client();

        var exception = await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync());

        Assert.That(exception.Message, Does.Contain("more than once"));
        Assert.That(api.Requests, Has.Count.EqualTo(1));
    }

    [TestCase(2)]
    [TestCase(5000)]
    public async Task Reports_the_status_of_an_error_that_is_encoded_more_than_once(int times)
    {
        var body = Responses.Gzip("");
        using var client = new Api(() =>
        {
            var response = Encoded(body, [.. Enumerable.Repeat("gzip", times)]);
            response.StatusCode = HttpStatusCode.BadRequest;
            return response;
        }).Client();

        var exception = await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());

        Assert.That((exception.StatusCode, exception.Body), Is.EqualTo((HttpStatusCode.BadRequest, "")));
    }

    [Test]
    public async Task Reads_a_body_with_a_byte_order_mark()
    {
        using var client = new Api(() => Responses.Json("\uFEFF" + Responses.PageJson(2, "c1"))).Client();

        var page = await client.ExportEventsAsync();

        Assert.That(page.Items, Has.Count.EqualTo(2));
    }

    [TestCase("<html>Please log in</html>")]
    [TestCase("Service is fine")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("""{"items":[]} {"items":[]}""")]
    [TestCase("""{"items":[],"nextCursor":{}}""")]
    [TestCase("""{"items":{}}""")]
    [TestCase("{}")]
    [TestCase("""{"message":"Welcome to the hotel's network"}""")]
    [TestCase("""{"title":"Quota exceeded","status":402,"errors":{"items":[]}}""")]
    [TestCase("""{"items":[1]}""")]
    [TestCase("""{"items":null,"error":"internal"}""")]
    [TestCase("""{"error":"internal","nextCursor":null}""")]
    public async Task Treats_a_success_that_is_not_a_page_as_a_permanent_failure(string body)
    {
        var api = new Api(() => Responses.Json(body));
        using var client = api.Client();

        await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync());
        await Assert.ThrowsAsync<ExportException>(async () => await client.ExportRawPagesAsync(ExportStream.Events).GetAsyncEnumerator().MoveNextAsync());

        Assert.That(api.Requests, Has.Count.EqualTo(2));
    }

    [TestCase("""{"items":[]}""")]
    [TestCase("""{"nextCursor":"c1"}""")]
    [TestCase("""{"items":null,"nextCursor":null}""")]
    public async Task Accepts_a_page_without_one_of_its_members(string body)
    {
        using var client = new Api(() => Responses.Json(body)).Client();

        Assert.That((await client.ExportEventsAsync()).Count, Is.Zero);
    }

    [Test]
    public async Task Refuses_a_body_that_is_not_UTF8()
    {
        using var client = new Api(() => Responses.Encoded("identity", [.. "{\"nextCursor\":\""u8, 0xC3, 0x28, .. "\"}"u8])).Client();

        await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync());
    }

    [TestCase("""{"items":[""", "{}", "]}")]
    [TestCase("""{"items":[{"x":[""", "[]", "]}]}", Category = "Long")]
    [TestCase("""{"items":[{"payload":{"@type":"cartViewed","cart":{"items":[""", "{}", "]}}}]}", Category = "Long")]
    public async Task Refuses_more_values_than_any_page_has(string start, string value, string end)
    {
        using var client = new Api(() => Responses.Json(start + string.Join(',', Enumerable.Repeat(value, 2_000_001)) + end)).Client();

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.Contain("more than 2000000 values"));
    }

    [Test]
    public async Task Stops_reading_a_large_response_when_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var json = Encoding.UTF8.GetBytes($$"""{"items":[{{string.Join(',', Enumerable.Repeat("{}", 5000))}}],"nextCursor":null}""");
        using var client = new Api(() => new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StreamContent(new EndsWith(json, cancellation.Cancel)),
        }).Client();

        await Assert.CatchAsync<OperationCanceledException>(() => client.ExportEventsAsync(cancellationToken: cancellation.Token));
    }

    [TestCase("\"TEXT\"")]
    [TestCase("1TEXT")]
    [TestCase("""[{"payload":{"@type":"eventOccurred","details":{"TEXT":}}}]""")]
    public async Task Quotes_at_most_one_short_line_of_a_response(string value)
    {
        var text = value.Replace("TEXT", new string('1', 100_000) + (value.StartsWith('1') ? "" : "\\n\\u001b[31mERROR"), StringComparison.Ordinal);
        using var client = new Api(() => Responses.Json($$"""{"items":{{text}}}""")).Client();

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.Contain("1111").And.Length.LessThan(500));
        Assert.That(exception.ToString(), Does.Not.Contain('\u001b').And.Not.Contain(new string('1', 200)));
    }

    private static HttpResponseMessage Encoded(byte[] body, params string[] encodings)
    {
        var response = Responses.Encoded(encodings[0], body);
        foreach (var encoding in encodings.Skip(1)) response.Content.Headers.ContentEncoding.Add(encoding);
        return response;
    }

    private static HttpResponseMessage Unsized(string json)
    {
        var content = new UnsizedContent(Encoding.UTF8.GetBytes(json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }

    /// <summary>A body that runs an action when its end is reached.</summary>
    private sealed class EndsWith(byte[] body, Action end) : MemoryStream(body)
    {
        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            if (read == 0) end();
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Task.FromResult(Read(buffer, offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var bytes = new byte[buffer.Length];
            var read = Read(bytes, 0, bytes.Length);
            bytes.AsMemory(0, read).CopyTo(buffer);
            return new ValueTask<int>(read);
        }
    }

    private sealed class UnsizedContent(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
