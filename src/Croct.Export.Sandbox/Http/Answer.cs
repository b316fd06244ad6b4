using System.Buffers;
using System.Text.Json;
using Croct.Export.Sandbox.Data;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Http;

/// <summary>
/// The answer to one request: whole in memory before its first byte is sent, so that its length is known. Its buffers are used again for
/// another answer.
/// </summary>
internal sealed class Answer : IDisposable
{
    private readonly ArrayBufferWriter<byte> _body = new(64 * 1024);
    private readonly MemoryStream _compressed = new();
    private readonly Utf8JsonWriter _writer;
    private int _status;
    private string _contentType = "";

    public Answer() => _writer = new Utf8JsonWriter(_body, Fields.WriterOptions);

    /// <summary>Sets a success, and gives the writer for its body.</summary>
    public Utf8JsonWriter Succeed()
    {
        Begin(200, "application/json");
        return _writer;
    }

    public void Fail(Problem problem, string path)
    {
        Begin(problem.Status, "application/problem+json");
        problem.Write(_writer, path);
    }

    public async Task SendAsync(HttpContext context)
    {
        _writer.Flush();
        var response = context.Response;
        response.StatusCode = _status;
        response.ContentType = _contentType;
        response.Headers.Vary = "Accept-Encoding";
        if (_status == 405) response.Headers.Allow = "GET";

        var body = _body.WrittenMemory;
        if (ContentCoding.Choose(context.Request.Headers.AcceptEncoding) is { } coding)
        {
            _compressed.SetLength(0);
            coding.Compress(body.Span, _compressed);
            body = _compressed.GetBuffer().AsMemory(0, (int)_compressed.Length);
            response.Headers.ContentEncoding = coding.Name;
        }

        response.Headers.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _compressed.Dispose();
    }

    private void Begin(int status, string contentType)
    {
        (_status, _contentType) = (status, contentType);
        _body.ResetWrittenCount();
        _writer.Reset();
    }
}
