namespace Croct.Export.DependencyInjection;

/// <summary>
/// Keeps the API key out of the exceptions of a failed request. If a server quotes the key where a response should begin, the exception message
/// contains it, and the factory logs that message before the client can redact it.
/// </summary>
internal sealed class KeyRedactingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (ContainsKey(exception, request))
        {
            throw new HttpRequestException("The server did not send an HTTP response, but quoted the API key; its text is omitted.");
        }
    }

    private static bool ContainsKey(HttpRequestException exception, HttpRequestMessage request)
    {
        var text = exception.ToString();
        return request.Headers.TryGetValues("X-Api-Key", out var keys) && keys.Any(key => text.IndexOf(key, StringComparison.OrdinalIgnoreCase) >= 0);
    }
}
