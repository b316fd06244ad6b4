using System.Net;
using System.Text;
using System.Threading.Channels;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>The timeout of an attempt covers everything from the key to the last byte. See also <see cref="TimeoutTests"/>.</summary>
[Proof]
public class AttemptTimeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    // A real connection with a real, short limit. The trickling body has gaps of five milliseconds and would take half a minute.
    [TestCase("latency:ms=3600000", TestName = "Covers_headers_that_do_not_arrive")]
    [TestCase("stall:byte=0", TestName = "Covers_a_body_that_does_not_start")]
    [TestCase("stall", TestName = "Covers_a_body_that_stops")]
    [TestCase("trickle:bytes=1,ms=5", TestName = "Covers_a_body_that_never_pauses_for_long")]
    public async Task Covers(string fault)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = [$"{fault}{(fault == "stall" ? ':' : ',')}times=1"] });
        using var connections = new OpenConnections(sandbox.BaseAddress.Port);
        var client = new ExportClient(new ExportClientOptions
        {
            ApiKey = sandbox.ApiKey,
            BaseAddress = sandbox.BaseAddress,
            MaxRetries = 0,
            AttemptTimeout = TimeSpan.FromMilliseconds(200),
        });

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;
        client.Dispose();

        Assert.That(exception.InnerException, Is.TypeOf<TimeoutException>());
        Assert.That(exception.Attempts, Is.EqualTo(1));
        await connections.WaitForNoneAsync();
    }

    [Test]
    public async Task Covers_the_key()
    {
        var time = new WatchedTime();
        using var client = new Api(() => Responses.Page(0, null)).Client(options =>
        {
            (options.TimeProvider, options.AttemptTimeout, options.MaxRetries, options.ApiKey) = (time, Limit, 0, null);
            options.ApiKeyProvider = async token => await new TaskCompletionSource<string>().Task.WaitAsync(token);
        });

        var page = client.ExportEventsAsync();
        time.Advance(await time.NextTimerAsync());

        await AssertTimeoutAsync(page);
    }

    [Test]
    public async Task Covers_the_body_of_an_error()
    {
        var time = new WatchedTime();
        var body = new StalledStream();
        using var client = ClientOn(time, new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new StreamContent(body) });

        var page = client.ExportEventsAsync();
        await body.Reached;
        time.Advance(await time.NextTimerAsync());

        // The status has arrived, and is more useful than the timeout of the body.
        Assert.That((await Assert.ThrowsAsync<ExportApiException>(() => page))!.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task Adds_up_the_gaps_between_reads()
    {
        var time = new WatchedTime();
        var body = new PacedStream();
        using var client = ClientOn(time, new HttpResponseMessage { Content = new StreamContent(body) });

        var page = client.ExportEventsAsync();
        foreach (var piece in (string[])["{", "\"items\"", ":["])
        {
            await body.NextReadAsync();
            time.Advance(Limit / 4);
            body.Send(piece);
        }

        await body.NextReadAsync();
        time.Advance((Limit / 4) - TimeSpan.FromTicks(1));
        Assert.That(page.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromTicks(1));

        await AssertTimeoutAsync(page);
    }

    [Test]
    public async Task Lets_a_slow_body_finish_in_time()
    {
        var time = new WatchedTime();
        var body = new PacedStream();
        using var client = ClientOn(time, new HttpResponseMessage { Content = new StreamContent(body) });

        var page = client.ExportEventsAsync();
        foreach (var piece in (string[])["{", "\"items\"", ":[]}", ""])
        {
            await body.NextReadAsync();
            time.Advance((Limit / 4) - TimeSpan.FromTicks(1));
            body.Send(piece);
        }

        Assert.That((await page).Items, Is.Empty);
    }

    private static ExportClient ClientOn(WatchedTime time, HttpResponseMessage response) =>
        new Api(() => response).Client(options => (options.TimeProvider, options.AttemptTimeout, options.MaxRetries) = (time, Limit, 0));

    // The clock of the client does not advance: this waits only if there is a bug.
    private static async Task AssertTimeoutAsync(Task page)
    {
        var exception = (await Assert.ThrowsAsync<ExportException>(() => page.WaitAsync(TimeSpan.FromSeconds(10))))!;
        Assert.That(exception.InnerException, Is.TypeOf<TimeoutException>());
    }

    /// <summary>A body whose reads wait for data sent by the test.</summary>
    private sealed class PacedStream : MemoryStream
    {
        private readonly Channel<string> _pieces = Channel.CreateUnbounded<string>();
        private readonly Channel<bool> _reads = Channel.CreateUnbounded<bool>();

        public async Task NextReadAsync() => await _reads.Reader.ReadAsync();

        public void Send(string piece) => _pieces.Writer.TryWrite(piece);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _reads.Writer.TryWrite(true);
            return Encoding.UTF8.GetBytes(await _pieces.Reader.ReadAsync(cancellationToken), buffer.Span);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
