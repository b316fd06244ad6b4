using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Croct.Export.Sandbox.Data;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Responses;

/// <summary>
/// The response to one request. It is completely in memory before its first byte is sent, so that its length is known. Its buffers are reused for
/// other responses.
/// </summary>
internal sealed class Response : IDisposable
{
    private readonly ArrayBufferWriter<byte> _body = new(64 * 1024);
    private readonly MemoryStream _compressed = new();
    private readonly Utf8JsonWriter _writer;
    private string? _contentType;
    private PageKey? _page;
    private Func<Utf8JsonWriter, bool>? _writePage;

    public Response() => _writer = new Utf8JsonWriter(_body, Fields.WriterOptions);

    public int Status { get; private set; }

    /// <summary>The Retry-After header, if any.</summary>
    public string? RetryAfter { get; set; }

    /// <summary>The Location header, if any.</summary>
    public string? Location { get; set; }

    /// <summary>The coding that the body already has; null to use the one that the client prefers.</summary>
    public string? ContentEncoding { get; set; }

    /// <summary>Sets a successful response and returns the writer for its body.</summary>
    public Utf8JsonWriter Succeed()
    {
        Begin(200, "application/json");
        return _writer;
    }

    /// <summary>
    /// Sets a page, which is written only if its body is not in the cache. <paramref name="write"/> returns whether it is the last page.
    /// </summary>
    public void Succeed(PageKey page, Func<Utf8JsonWriter, bool> write)
    {
        Begin(200, "application/json");
        (_page, _writePage) = (page, write);
    }

    public void Fail(Problem problem, string? path)
    {
        Begin(problem.Status, "application/problem+json");
        problem.Write(_writer, path ?? "");
    }

    /// <summary>Sets an arbitrary response.</summary>
    public void Reply(int status, string? contentType, ReadOnlySpan<byte> body)
    {
        Begin(status, contentType);
        _body.Write(body);
    }

    /// <summary>Changes the JSON of the body. Returns false if the change has no effect.</summary>
    public bool Change(Func<JsonObject, bool> change)
    {
        _writer.Flush();
        var json = JsonNode.Parse(_body.WrittenSpan)!.AsObject();
        if (!change(json)) return false;
        _body.ResetWrittenCount();
        _writer.Reset();
        json.WriteTo(_writer);
        return true;
    }

    /// <summary>Sets the headers of the response and returns the body to send.</summary>
    public ReadOnlyMemory<byte> Prepare(HttpContext context, PageCache cache)
    {
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = _contentType;
        response.Headers.Vary = "Accept-Encoding";
        if (Status == 405) response.Headers.Allow = "GET";
        if (RetryAfter is not null) response.Headers.RetryAfter = RetryAfter;
        if (Location is not null) response.Headers.Location = Location;

        var coding = ContentEncoding is null ? ContentCoding.Choose(context.Request.Headers.AcceptEncoding) : null;
        var body = Body(coding, cache);
        if (body.Length > 0 && (ContentEncoding ?? coding?.Name) is { } encoding) response.Headers.ContentEncoding = encoding;
        response.Headers.ContentLength = body.Length;
        return body;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _compressed.Dispose();
    }

    private ReadOnlyMemory<byte> Body(ContentCoding? coding, PageCache cache)
    {
        if (_page is not null && cache.Find(_page, coding) is { } kept) return kept;
        var isLast = _writePage?.Invoke(_writer) ?? false;
        _writer.Flush();
        var body = _body.WrittenMemory;
        if (coding is not null && body.Length > 0)
        {
            _compressed.SetLength(0);
            coding.Compress(body.Span, _compressed);
            body = _compressed.GetBuffer().AsMemory(0, (int)_compressed.Length);
        }

        if (_page is not null && !isLast) cache.Keep(_page, coding, body.Span);
        return body;
    }

    private void Begin(int status, string? contentType)
    {
        (Status, _contentType) = (status, contentType);
        (RetryAfter, Location, ContentEncoding, _page, _writePage) = (null, null, null, null, null);
        _body.ResetWrittenCount();
        _writer.Reset();
    }
}
