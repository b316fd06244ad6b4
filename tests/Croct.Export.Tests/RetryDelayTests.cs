using System.Net;
using System.Net.Http.Headers;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>How long the client waits between attempts.</summary>
public class RetryDelayTests
{
    // Jitter may shorten any single wait, but not the sum: the first n waits add up to between 0.18 s and 0.36 s times 2 to the power of n.
    [Test]
    public async Task Waits_longer_and_longer()
    {
        var waits = await GetWaitsAsync(retries: 6);

        Assert.That(waits, Has.Count.EqualTo(6));
        Assert.That(waits.Take(3).Sum(wait => wait.TotalSeconds), Is.InRange(1.2, 3));
        Assert.That(waits.Skip(3).Sum(wait => wait.TotalSeconds), Is.InRange(8, 22));
    }

    [Test]
    public async Task Waits_differently_each_time()
    {
        var waits = await GetWaitsAsync(retries: 4);

        Assert.That(await GetWaitsAsync(retries: 4), Is.Not.EqualTo(waits));
    }

    [Test]
    public async Task Never_waits_longer_than_half_a_minute_on_its_own() =>
        Assert.That(await GetWaitsAsync(retries: 20), Has.All.LessThanOrEqualTo(TimeSpan.FromSeconds(30)).And.Some.EqualTo(TimeSpan.FromSeconds(30)));

    [Test]
    public async Task Waits_as_many_seconds_as_the_server_asks() =>
        Assert.That(await WaitAfter(new(TimeSpan.FromSeconds(97))), Is.EqualTo(TimeSpan.FromSeconds(97)));

    [Test]
    public async Task Waits_until_the_date_that_the_server_names() =>
        Assert.That(await WaitAfter(new(InstantTime.Now.AddSeconds(73))), Is.EqualTo(TimeSpan.FromSeconds(73)));

    [Test]
    public async Task Waits_as_long_as_the_limit_allows() =>
        Assert.That(await WaitAfter(new(TimeSpan.FromMinutes(2))), Is.EqualTo(TimeSpan.FromMinutes(2)));

    [Test]
    public async Task Uses_its_own_wait_for_a_date_that_has_passed() =>
        Assert.That(await WaitAfter(new(InstantTime.Now.AddSeconds(-5))), Is.GreaterThan(TimeSpan.Zero));

    [Test]
    public async Task Uses_its_own_wait_when_the_server_asks_for_no_wait() =>
        Assert.That(await WaitAfter(new(TimeSpan.Zero)), Is.GreaterThan(TimeSpan.Zero));

    [Test]
    public async Task Measures_a_date_from_the_date_of_the_response_if_the_clocks_differ()
    {
        var (serversTime, time) = (InstantTime.Now.AddHours(-3), new InstantTime());
        var api = new Api(
            () =>
            {
                var response = Responses.RetryAfter(new RetryConditionHeaderValue(serversTime.AddSeconds(41)));
                response.Headers.Date = serversTime;
                return response;
            },
            () => Responses.Page(0, null));
        using var client = api.Client(options => options.TimeProvider = time);

        await client.ExportEventsAsync();

        Assert.That(time.Waits.Single(), Is.EqualTo(TimeSpan.FromSeconds(41)));
    }

    [Test]
    public async Task Fails_at_once_when_the_server_asks_for_longer_than_the_limit()
    {
        var (api, time) = (new Api(() => Responses.RetryAfter(new RetryConditionHeaderValue(TimeSpan.FromSeconds(121)))), new InstantTime());
        using var client = api.Client(options => options.TimeProvider = time);

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That((exception.RetryAfter, exception.Attempts, time.Waits.Count), Is.EqualTo((TimeSpan.FromSeconds(121), 1, 0)));
    }

    private static async Task<TimeSpan?> WaitAfter(RetryConditionHeaderValue retryAfter)
    {
        var (api, time) = (new Api(() => Responses.RetryAfter(retryAfter), () => Responses.Page(0, null)), new InstantTime());
        using var client = api.Client(options => options.TimeProvider = time);

        await client.ExportEventsAsync();

        return time.Waits.Count == 0 ? null : time.Waits.Single();
    }

    private static async Task<IReadOnlyList<TimeSpan>> GetWaitsAsync(int retries)
    {
        var time = new InstantTime();
        using var client = new Api(() => Responses.Html(HttpStatusCode.BadGateway))
            .Client(options => (options.MaxRetries, options.TimeProvider) = (retries, time));
        await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());
        return time.Waits;
    }
}
