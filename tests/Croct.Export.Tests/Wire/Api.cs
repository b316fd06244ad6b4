using System.Collections.Concurrent;

namespace Croct.Export.Tests.Wire;

/// <summary>The other end of the wire: responds to each request as the test says and records the requests.</summary>
internal sealed class Api(Func<HttpRequestMessage, int, CancellationToken, Task<HttpResponseMessage>> respond) : HttpMessageHandler
{
    public const string Key = "7e9c2b1a-3d4f-4a5b-8c6d-0e1f2a3b4c5d";

    private readonly ConcurrentQueue<HttpRequestMessage> _requests = new();
    private int _count;

    /// <summary>Responds with these, one after the other; the last factory also serves all further requests.</summary>
    public Api(params Func<HttpResponseMessage>[] responses)
        : this((_, index, _) => Task.FromResult(responses[Math.Min(index, responses.Length - 1)]()))
    {
    }

    public IReadOnlyList<HttpRequestMessage> Requests => [.. _requests];

    public IEnumerable<string> Urls => _requests.Select(request => request.RequestUri!.AbsoluteUri);

    public IEnumerable<string?> Cursors => _requests.Select(request => System.Web.HttpUtility.ParseQueryString(request.RequestUri!.Query)["cursor"]);

    /// <summary>Options for a client of this API that does not wait.</summary>
    public ExportClientOptions Options() => new()
    {
        ApiKey = Key,
        HttpMessageHandler = this,
        TimeProvider = new InstantTime(),
        AttemptTimeout = Timeout.InfiniteTimeSpan,
    };

    public ExportClient Client(Action<ExportClientOptions>? configure = null)
    {
        var options = Options();
        configure?.Invoke(options);
        return new ExportClient(options);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _requests.Enqueue(request);
        var response = await respond(request, Interlocked.Increment(ref _count) - 1, cancellationToken).ConfigureAwait(false);
        response.RequestMessage ??= request;
        return response;
    }
}
