using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Croct.Export.Tests.Wire;

/// <summary>Responses of the API, or of something between it and the client.</summary>
internal static class Responses
{
    public const string Event =
        """{"sessionId":"7f9c2f2e-0c5f-4b0e-8f4b-0d8ad3c7a001","userId":"7f9c2f2e-0c5f-4b0e-8f4b-0d8ad3c7a002","timestamp":""" +
        """1700000000000,"context":null,"payload":{"@type":"userSignedIn","externalUserId":"u"}}""";

    /// <summary>The JSON of a page of items; the cursor is omitted if it is null.</summary>
    public static string PageJson(int items, string? cursor) =>
        cursor is null ? $$"""{"items":{{Items(items)}}}""" : $$"""{"items":{{Items(items)}},"nextCursor":{{Quoted(cursor)}}}""";

    /// <summary>The JSON of a page of one event, with one of its members replaced.</summary>
    public static string PageWith(string member, string value) =>
        $$"""{"items":[{{Event}},{"sessionId":null,"timestamp":1,{{Quoted(member)}}:{{value}}}],"nextCursor":"c1"}""";

    public static HttpResponseMessage Page(int items, string? cursor) => Json(PageJson(items, cursor));

    public static HttpResponseMessage Json(string json, HttpStatusCode status = HttpStatusCode.OK) => Text(json, "application/json", status);

    public static HttpResponseMessage Problem(HttpStatusCode status, string json) => Text(json, "application/problem+json", status);

    public static HttpResponseMessage Html(HttpStatusCode status, string html = "<html><body>Bad gateway</body></html>") => Text(html, "text/html", status);

    public static HttpResponseMessage Status(HttpStatusCode status) => new(status) { Content = new ByteArrayContent([]) };

    public static HttpResponseMessage RetryAfter(RetryConditionHeaderValue value, HttpStatusCode status = HttpStatusCode.TooManyRequests)
    {
        var response = Status(status);
        response.Headers.RetryAfter = value;
        return response;
    }

    public static HttpResponseMessage Encoded(string encoding, byte[] body, HttpStatusCode status = HttpStatusCode.OK)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add(encoding);
        return new HttpResponseMessage(status) { Content = content };
    }

    public static byte[] Gzip(string text) => Compress(text, stream => new GZipStream(stream, CompressionLevel.Optimal));

    public static byte[] Brotli(string text) => Compress(text, stream => new BrotliStream(stream, CompressionLevel.Fastest));

    /// <summary>A response whose connection is lost after these characters.</summary>
    public static HttpResponseMessage Broken(string beginning, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StreamContent(new BreakingStream(Encoding.UTF8.GetBytes(beginning))) };

    private static HttpResponseMessage Text(string text, string mediaType, HttpStatusCode status) =>
        new(status) { Content = new StringContent(text, Encoding.UTF8, mediaType) };

    private static string Items(int count) => $"[{string.Join(",", Enumerable.Repeat(Event, count))}]";

    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    private static byte[] Compress(string text, Func<Stream, Stream> compressor)
    {
        using var memory = new MemoryStream();
        using (var stream = compressor(memory)) stream.Write(Encoding.UTF8.GetBytes(text));
        return memory.ToArray();
    }
}
