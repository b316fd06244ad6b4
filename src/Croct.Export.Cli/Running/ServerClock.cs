using System.Globalization;

namespace Croct.Export.Cli.Running;

/// <summary>Sends requests, and compares the date of the responses with the local clock.</summary>
/// <param name="address">The address of the API; null for a sandbox.</param>
internal sealed class ServerClock(Uri? address) : DelegatingHandler(new SocketsHttpHandler
{
    // As in the client's own handler: the key must not follow a redirect, and http, which is only for loopback, must not use a proxy.
    AllowAutoRedirect = false,
    UseCookies = false,
    UseProxy = address?.Scheme == Uri.UriSchemeHttps,
    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
})
{
    /// <summary>A greater difference between the clocks matters for windows relative to now.</summary>
    public static readonly TimeSpan MaxDifference = TimeSpan.FromMinutes(1);

    private const long Unknown = long.MinValue;

    private readonly SemaphoreSlim _asking = new(1);
    private long _ahead = Unknown;
    private bool _isAsked;

    /// <summary>The lead of the local clock over the server's, with the precision of response dates, one second; null until a response has a date.</summary>
    public TimeSpan? Ahead => Volatile.Read(ref _ahead) is var ticks and not Unknown ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>A difference, in whole seconds.</summary>
    public static string Describe(TimeSpan difference) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(difference.TotalSeconds):N0} s");

    /// <summary>The current time by the server's clock, or by the local one if its responses have no date. The first call may request an item.</summary>
    /// <param name="client">A client that uses this handler.</param>
    /// <param name="stream">A stream that may be read.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<DateTimeOffset> GetNowAsync(ExportClient client, ExportStream stream, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (Ahead is null && !_isAsked) await FirstItem.GetAsync(client, stream, start: null, end: null, cancellationToken);
            _isAsked = true;
        }
        finally
        {
            _asking.Release();
        }

        return DateTimeOffset.UtcNow - (Ahead ?? TimeSpan.Zero);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.Headers.Date is { } date) Volatile.Write(ref _ahead, (DateTimeOffset.UtcNow - date).Ticks);
        return response;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _asking.Dispose();
        base.Dispose(disposing);
    }
}
