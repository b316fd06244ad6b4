using System.Net;
using System.Text;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>
/// Six pages of two events from an API that pauses at every step of an export: when the key is requested, when a request arrives, when the headers are
/// sent, every few bytes of the body, and wherever the test calls <see cref="StepAsync"/>. At one of the steps, the export is disturbed.
/// </summary>
internal sealed class Stepped : IDisposable
{
    private readonly CancellationTokenSource _caller = new();
    private readonly int _disturbedAt;
    private readonly Action<Stepped> _disturb;
    private int _steps;
    private int _running;

    public Stepped(int disturbedAt, int readAhead, Action<Stepped> disturb)
    {
        _disturbedAt = disturbedAt;
        _disturb = disturb;
        var options = new Api(RespondAsync).Options();
        options.ReadAhead = readAhead;
        options.ApiKey = null;
        options.ApiKeyProvider = async token =>
        {
            await StepAsync(token);
            return Api.Key;
        };
        Client = new ExportClient(options);
    }

    public static IEnumerable<string> Ids => Enumerable.Range(0, 12).Select(index => $"e{index}");

    public ExportClient Client { get; }

    public CancellationToken Token => _caller.Token;

    /// <summary>Whether that step was reached.</summary>
    public bool IsDisturbed { get; private set; }

    /// <summary>The number of requests without a response, or whose response has not been disposed.</summary>
    public int Running => Volatile.Read(ref _running);

    public async Task StepAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _steps) == _disturbedAt)
        {
            IsDisturbed = true;
            _disturb(this);
        }

        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
    }

    public void Cancel() => _caller.Cancel();

    public void Dispose()
    {
        Client.Dispose();
        _caller.Dispose();
    }

    private async Task<HttpResponseMessage> RespondAsync(HttpRequestMessage request, int index, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            await StepAsync(cancellationToken);

            // Every third request fails at first, so that there are also waits to cancel.
            if (index % 3 == 1) return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new SteppedContent(this, []) };
            var cursor = System.Web.HttpUtility.ParseQueryString(request.RequestUri!.Query)["cursor"];
            var page = cursor is null ? 0 : int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture);
            var items = page == 6 ? "" : $$"""{"id":"e{{page * 2}}"},{"id":"e{{(page * 2) + 1}}"}""";
            var json = $$"""{"items":[{{items}}],"nextCursor":"{{Math.Min(page + 1, 6)}}"}""";
            return new HttpResponseMessage { Content = new SteppedContent(this, Encoding.UTF8.GetBytes(json)) };
        }
        catch
        {
            Interlocked.Decrement(ref _running);
            throw;
        }
    }

    /// <summary>A body whose reads are steps, and which ends its request when disposed.</summary>
    private sealed class SteppedContent(Stepped stepped, byte[] body) : HttpContent
    {
        private int _isDisposed;

        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new SteppedStream(stepped, body));

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0) Interlocked.Decrement(ref stepped._running);
            base.Dispose(disposing);
        }
    }

    private sealed class SteppedStream(Stepped stepped, byte[] body) : MemoryStream(body)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await stepped.StepAsync(cancellationToken);
            return Read(buffer.Span[..Math.Min(16, buffer.Length)]);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
