namespace Croct.Export.Http;

/// <summary>The handler of a substitute, which must not reach the API. Methods that the substitute does not override fail.</summary>
internal sealed class SubstituteHandler : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"This substitute for {nameof(ExportClient)} does not override the method that was called.");
}
