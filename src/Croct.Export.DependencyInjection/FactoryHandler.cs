namespace Croct.Export.DependencyInjection;

/// <summary>
/// Sends each request through the current handler of the factory. A client that lives as long as the application thus follows the lifetime of the
/// handlers, which it would not if it kept one.
/// </summary>
internal sealed class FactoryHandler(IHttpMessageHandlerFactory factory, string name) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var handler = factory.CreateHandler(name);
        Hold(request, handler);
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        return await invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps a reference to the handler: the factory disposes expired handlers without references, but the body is read later.</summary>
#if NET
    private static void Hold(HttpRequestMessage request, HttpMessageHandler handler) =>
        request.Options.Set(new HttpRequestOptionsKey<HttpMessageHandler>(nameof(FactoryHandler)), handler);
#else
    private static void Hold(HttpRequestMessage request, HttpMessageHandler handler) => request.Properties[nameof(FactoryHandler)] = handler;
#endif
}
