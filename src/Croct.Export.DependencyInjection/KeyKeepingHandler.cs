namespace Croct.Export.DependencyInjection;

/// <summary>
/// Keeps the API key out of the failures of a request. A server that quotes it where an answer should begin gets it into their messages, which the factory
/// writes to its logs before the client can take it out.
/// </summary>
internal sealed class KeyKeepingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (Quotes(exception, request))
        {
            throw new HttpRequestException("The server gave no HTTP answer, but quoted the API key; what it said is left out.");
        }
    }

    private static bool Quotes(HttpRequestException exception, HttpRequestMessage request)
    {
        var text = exception.ToString();
        return request.Headers.TryGetValues("X-Api-Key", out var keys) && keys.Any(key => text.IndexOf(key, StringComparison.OrdinalIgnoreCase) >= 0);
    }
}
