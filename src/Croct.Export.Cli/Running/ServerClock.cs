namespace Croct.Export.Cli.Running;

/// <summary>Sends requests, and compares the date of the responses with the local clock.</summary>
/// <param name="address">The address of the API; null for a sandbox.</param>
internal sealed class ServerClock(Uri? address) : DelegatingHandler(new SocketsHttpHandler
{
    // As in the client's own handler: the key must not follow a redirect, and http, which is only for loopback, must not use a proxy.
    AllowAutoRedirect = false,
    UseCookies = false,
    UseProxy = address?.Scheme == Uri.UriSchemeHttps,
})
{
    /// <summary>The lead of the local clock over the server's, with the precision of response dates, one second; null until a response has a date.</summary>
    public TimeSpan? Ahead { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.Headers.Date is { } date) Ahead = DateTimeOffset.UtcNow - date;
        return response;
    }
}
