using System.Net;
using System.Net.Http.Headers;

namespace Croct.Export.Benchmarks;

/// <summary>Responds to every request with one body from memory, so that the measurement is nearly only what a client does with a body.</summary>
internal sealed class InMemoryResponse(byte[] body) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request });
    }
}
