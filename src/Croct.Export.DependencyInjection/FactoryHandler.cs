namespace Croct.Export.DependencyInjection;

/// <summary>
/// Sends each request through the handler that the factory has at that moment. A client that lives as long as the application thereby follows the
/// handlers' lifetime, which it would not if it kept one.
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

    /// <summary>The factory disposes a handler that is out of date and that nobody refers to, but the body is read after this method.</summary>
#if NET
    private static void Hold(HttpRequestMessage request, HttpMessageHandler handler) =>
        request.Options.Set(new HttpRequestOptionsKey<HttpMessageHandler>(nameof(FactoryHandler)), handler);
#else
    private static void Hold(HttpRequestMessage request, HttpMessageHandler handler) => request.Properties[nameof(FactoryHandler)] = handler;
#endif
}
