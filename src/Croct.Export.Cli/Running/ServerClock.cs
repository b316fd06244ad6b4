namespace Croct.Export.Cli.Running;

/// <summary>Sends requests, and looks at the date that the responses carry.</summary>
/// <param name="address">What is asked; null for a sandbox.</param>
internal sealed class ServerClock(Uri? address) : DelegatingHandler(new SocketsHttpHandler
{
    // As the client's own handler: the key must not follow a redirect, and http, which is for loopback only, must not go through a proxy.
    AllowAutoRedirect = false,
    UseCookies = false,
    UseProxy = address?.Scheme == Uri.UriSchemeHttps,
})
{
    /// <summary>How far the clock here is ahead of that of the server, to the second that the date of a response has; null as long as no response had one.</summary>
    public TimeSpan? Ahead { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.Headers.Date is { } date) Ahead = DateTimeOffset.UtcNow - date;
        return response;
    }
}
