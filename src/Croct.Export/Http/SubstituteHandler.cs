namespace Croct.Export.Http;

/// <summary>The handler of a substitute, which is not to reach the API: what it does not override fails.</summary>
internal sealed class SubstituteHandler : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"This substitute of {nameof(ExportClient)} does not override the method that was called.");
}
