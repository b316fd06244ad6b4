using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>A failure reports its cause in our own words, and whether a retry is worthwhile.</summary>
public class FailureMessageTests
{
    private static readonly HttpRequestException Untrusted = new(
        "The SSL connection could not be established, see inner exception.",
        new AuthenticationException("The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot"));

    [Test]
    public async Task An_untrusted_certificate_is_reported_and_not_retried()
    {
        var (exception, attempts) = await GetFailureAsync(() => throw Untrusted);

        Assert.That(exception.Message, Does.Contain("its certificate is untrusted").And.Contain("UntrustedRoot").And.Not.Contain("inner exception"));
        Assert.That((exception.IsTransient, attempts), Is.EqualTo((false, 1)));
    }

    [Test]
    public async Task A_handshake_that_fails_for_another_reason_is_retried()
    {
        var (exception, attempts) = await GetFailureAsync(
            () => throw new HttpRequestException("see inner", new AuthenticationException("Cannot determine the frame size.")));

        Assert.That(exception.Message, Does.Contain("the server does not speak TLS there").And.Not.Contain("frame"));
        Assert.That((exception.IsTransient, attempts), Is.EqualTo((true, 5)));
    }

    [Test]
    public async Task A_host_that_does_not_exist_is_retried_once()
    {
        var (exception, attempts) = await GetFailureAsync(() => throw new HttpRequestException("failed", new SocketException((int)SocketError.HostNotFound)));

        Assert.That(exception.Message, Does.Contain("there is no host of that name"));
        Assert.That((exception.IsTransient, attempts), Is.EqualTo((false, 2)));
    }

    [Test]
    public async Task A_refused_connection_is_retried_and_its_cause_is_reported()
    {
        var refused = new SocketException((int)SocketError.ConnectionRefused);

        var (exception, attempts) = await GetFailureAsync(() => throw new HttpRequestException("failed", new IOException("inner", refused)));

        Assert.That(exception.Message, Does.Contain(refused.Message));
        Assert.That((exception.IsTransient, attempts), Is.EqualTo((true, 5)));
    }

    [TestCase(204, "No Content")]
    [TestCase(205, "Reset Content")]
    [TestCase(206, "Partial Content")]
    public async Task A_success_without_a_complete_body_is_reported(int status, string name)
    {
        var (exception, attempts) = await GetFailureAsync(() => Responses.Status((HttpStatusCode)status));

        Assert.That(exception.Message, Does.StartWith($"The Export API responded {status} {name}, which is not a complete response"));
        Assert.That(attempts, Is.EqualTo(1));
    }

    [Test]
    public async Task A_304_has_no_redirect_target()
    {
        var (exception, _) = await GetFailureAsync(() => Responses.Status(HttpStatusCode.NotModified));

        Assert.That(exception.Message, Does.Contain("304 Not Modified").And.Not.Contain("redirects to"));
    }

    [TestCase("gzip")]
#if !NETSTANDARD_LIBRARY
    [TestCase("br")]
#endif
    public async Task A_plain_body_declared_as_encoded_is_reported(string coding)
    {
        var (exception, _) = await GetFailureAsync(() => Responses.Encoded(coding, "{\"items\":[]}"u8.ToArray()));

        Assert.That(exception.Message, Does.Contain($"encoded as '{coding}'").And.Not.Contain("archive"));
    }

    [Test]
    public async Task A_wait_beyond_the_limit_reports_the_requested_wait_and_how_to_raise_the_limit()
    {
        var (exception, attempts) = await GetFailureAsync(() => Responses.RetryAfter(new(TimeSpan.FromMinutes(5))));

        Assert.That(exception.Message, Does.Contain("00:05:00").And.Contain("MaxRetryDelay (00:02:00)").And.Contain("raise the limit"));
        Assert.That((exception.IsTransient, attempts), Is.EqualTo((true, 1)));
    }

    [Test]
    public async Task A_page_that_cannot_be_read_is_not_transient() =>
        Assert.That((await GetFailureAsync(() => Responses.Json("<html>"))).Exception.IsTransient, Is.False);

    [Test]
    public async Task The_caller_is_notified_of_each_attempt_that_will_be_retried()
    {
        var reported = new List<RetryAttempt>();
        var api = new Api(() => Responses.Status(HttpStatusCode.BadGateway), () => throw new HttpRequestException("refused"), () => Responses.Page(1, null));
        using var client = api.Client(options => options.OnRetry = reported.Add);

        await client.ExportEventsAsync();

        Assert.That(reported.Select(attempt => (attempt.Operation, attempt.Number)), Is.EqualTo(((string, int)[])[("exportEvents", 1), ("exportEvents", 2)]));
        Assert.That(
            reported.Select(attempt => attempt.Exception!.Message),
            Is.EqualTo((string[])
            [
                "The Export API responded 502 Bad Gateway.",
                "The Export API at https://api.croct.io could not be reached: the connection failed. refused.",
            ]));
        Assert.That(reported.Select(attempt => attempt.Delay), Is.All.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task An_exception_of_the_callback_reaches_the_caller()
    {
        using var client = new Api(() => Responses.Status(HttpStatusCode.BadGateway))
            .Client(options => options.OnRetry = _ => throw new InvalidTimeZoneException());

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => client.ExportEventsAsync());
    }

    [Test]
    public async Task The_wait_before_the_first_retry_can_be_set()
    {
        var time = new InstantTime();
        using var client = new Api(() => Responses.Status(HttpStatusCode.BadGateway))
            .Client(options => (options.TimeProvider, options.RetryBaseDelay) = (time, TimeSpan.FromMilliseconds(10)));

        await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());

        Assert.That(time.Waits.Sum(wait => wait.TotalMilliseconds), Is.InRange(1, 200));
    }

    private static async Task<(ExportException Exception, int Attempts)> GetFailureAsync(Func<HttpResponseMessage> response)
    {
        var api = new Api(response);
        using var client = api.Client();
        return ((await Assert.CatchAsync<ExportException>(() => client.ExportEventsAsync()))!, api.Requests.Count);
    }
}
