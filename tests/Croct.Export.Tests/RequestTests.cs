using Croct.Export.Models;
using Croct.Export.Tests.Wire;
using RichardSzalay.MockHttp;

namespace Croct.Export.Tests;

public class RequestTests
{
#if NETSTANDARD_LIBRARY
    private const string Codings = "gzip";
#else
    private const string Codings = "br, gzip";
#endif

    private const string Base = "https://api.croct.io/export";

    private static readonly DateTimeOffset Odd = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);

    private static readonly TestCaseData[] Urls =
    [
        new(Call(c => c.ExportEventsAsync()), "/events?pageSize=100"),
        new(Call(c => c.ExportSessionsAsync()), "/session?pageSize=100"),
        new(Call(c => c.ExportUsersAsync()), "/user?pageSize=100"),
        new(Call(c => First(c.ExportEventPagesAsync())), "/events?pageSize=100"),
        new(Call(c => First(c.ExportSessionPagesAsync())), "/session?pageSize=100"),
        new(Call(c => First(c.ExportUserPagesAsync())), "/user?pageSize=100"),
        new(Call(c => First(c.ExportAllEventsAsync())), "/events?pageSize=100"),
        new(Call(c => First(c.ExportAllSessionsAsync())), "/session?pageSize=100"),
        new(Call(c => First(c.ExportAllUsersAsync())), "/user?pageSize=100"),
        new(Call(c => First(c.ExportRawPagesAsync(ExportStream.Events))), "/events?pageSize=100"),
        new(Call(c => First(c.ExportRawPagesAsync(ExportStream.Sessions))), "/session?pageSize=100"),
        new(Call(c => First(c.ExportRawPagesAsync(ExportStream.Users))), "/user?pageSize=100"),
        new(Call(c => c.ExportEventByIdAsync("e1")), "/events/e1"),
        new(Call(c => c.ExportSessionByIdAsync("s1")), "/session/s1"),
        new(Call(c => c.ExportUserByIdAsync("u1")), "/user/u1"),
        new(Call(c => c.ExportEventByIdAsync("a/b c+d&é")), "/events/a%2Fb%20c%2Bd%26%C3%A9"),
        new(Call(c => c.ExportSessionByIdAsync("a/b c+d&é")), "/session/a%2Fb%20c%2Bd%26%C3%A9"),
        new(Call(c => c.ExportUserByIdAsync("../user?x=1#y")), "/user/..%2Fuser%3Fx%3D1%23y"),
        new(Call(c => c.ExportUserByIdAsync("%2e%2e")), "/user/%252e%252e"),
        new(Call(c => c.ExportEventsAsync(new() { PageSize = 7 })), "/events?pageSize=7"),
        new(Call(c => c.ExportUsersAsync(new() { Cursor = "a/b c+d&é" })), "/user?pageSize=100&cursor=a%2Fb%20c%2Bd%26%C3%A9"),
        new(Call(c => c.ExportSessionsAsync(new() { Start = Odd, End = Odd.AddTicks(1) })), "/session?start=1700000000&end=1700000001&pageSize=100"),
        new(Call(c => c.ExportEventsAsync(new() { Start = DateTimeOffset.UnixEpoch })), "/events?start=0&pageSize=100"),
        new(
            Call(c => c.ExportEventsAsync(new() { Events = [EventType.PageOpened, new EventType("notYetKnown")] })),
            "/events?pageSize=100&events=pageOpened&events=notYetKnown"),
        new(Call(c => c.ExportEventsAsync(new() { Events = [] })), "/events?pageSize=100"),
        new(
            Call(c => First(c.ExportRawPagesAsync(ExportStream.Events, new EventExportOptions { Cursor = "x&y", Events = [EventType.UserClicked] }))),
            "/events?pageSize=100&cursor=x%26y&events=userClicked"),
    ];

    [TestCaseSource(nameof(Urls))]
    public async Task Requests_the_address_of_the_contract(Func<ExportClient, Task> call, string expected)
    {
        var api = new Api(() => Responses.Json("""{"items":[],"event":null,"sessionId":null,"userId":null}"""));
        using var client = api.Client(options => (options.ReadAhead, options.TimeUnit) = (0, TimeUnit.Seconds));

        await call(client);

        Assert.That(api.Urls.First(), Is.EqualTo(Base + expected));
        Assert.That(api.Requests[0].Method, Is.EqualTo(HttpMethod.Get));
    }

    [TestCase(TimeUnit.Seconds, "start=1700000000&end=1700000001")]
    [TestCase(TimeUnit.Milliseconds, "start=1700000000250&end=1700000000251")]
    public async Task Widens_a_window_to_whole_units(TimeUnit unit, string expected)
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client(options => options.TimeUnit = unit);

        await client.ExportUsersAsync(new UserExportOptions { Start = Odd.AddTicks(1), End = Odd.AddTicks(2) });

        Assert.That(api.Urls.Single(), Does.Contain(expected));
    }

    [Test]
    public async Task Sends_a_time_with_an_offset_as_the_same_instant()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client(options => options.TimeUnit = TimeUnit.Seconds);

        await client.ExportUsersAsync(new UserExportOptions { Start = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000).ToOffset(TimeSpan.FromHours(-3)) });

        Assert.That(api.Urls.Single(), Does.Contain("start=1700000000&"));
    }

    [Test]
    public async Task Sends_the_default_page_size_of_the_client()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client(options => options.DefaultPageSize = 1000);

        await client.ExportEventsAsync();

        Assert.That(api.Urls.Single(), Does.EndWith("?pageSize=1000"));
    }

    [TestCase("http://localhost:4000")]
    [TestCase("http://localhost:4000/")]
    [TestCase("https://api.test.croct.io/export")]
    [TestCase("https://api.test.croct.io/export/")]
    public async Task Joins_the_base_address_with_and_without_a_trailing_slash(string address)
    {
        using var mock = new MockHttpMessageHandler();
        mock.Expect(HttpMethod.Get, address.TrimEnd('/') + "/session/s1").Respond("application/json", """{"sessionId":null}""");
        using var client = new ExportClient(new ExportClientOptions { ApiKey = Api.Key, BaseAddress = new Uri(address), HttpMessageHandler = mock });

        await client.ExportSessionByIdAsync("s1");

        mock.VerifyNoOutstandingExpectation();
    }

    [Test]
    public async Task Identifies_the_client_and_the_formats_it_can_read()
    {
        using var mock = new MockHttpMessageHandler();
        mock.Expect(Base + "/events")
            .WithHeaders("X-Api-Key", Api.Key)
            .WithHeaders("Accept", "application/json")
            .With(request => request.Headers.UserAgent.ToString() == "nightly-export/1.2 Croct.Export/0.1.0")
            .With(request => request.Headers.AcceptEncoding.ToString() == Codings)
            .Respond("application/json", """{"items":[]}""");
        using var client = new ExportClient(new ExportClientOptions { ApiKey = Api.Key, HttpMessageHandler = mock, ApplicationName = "nightly-export/1.2" });

        await client.ExportEventsAsync();

        mock.VerifyNoOutstandingExpectation();
    }

    [Test]
    public async Task Calls_the_key_provider_before_every_attempt()
    {
        var api = new Api(() => Responses.Html(System.Net.HttpStatusCode.BadGateway), () => Responses.Page(0, null));
        var asked = 0;
        using var client = api.Client(options => (options.ApiKey, options.ApiKeyProvider) = (null, _ => new ValueTask<string>($"key-{++asked}")));

        await client.ExportEventsAsync();

        Assert.That(string.Join(" ", api.Requests.Select(request => request.Headers.GetValues("X-Api-Key").Single())), Is.EqualTo("key-1 key-2"));
    }

    [Test]
    public void Passes_on_an_exception_of_the_key_provider_and_sends_nothing()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client(options => (options.ApiKey, options.ApiKeyProvider) = (null, _ => throw new TimeoutException("vault")));

        Assert.That(async () => await client.ExportEventsAsync(), Throws.TypeOf<TimeoutException>().With.Message.EqualTo("vault"));
        Assert.That(api.Requests, Is.Empty);
    }

    [TestCase("bad\r\nkey")]
    [TestCase("bad key")]
    [TestCase("")]
    public void Refuses_a_malformed_key_of_the_provider_without_quoting_it(string key)
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client(options => (options.ApiKey, options.ApiKeyProvider) = (null, _ => new ValueTask<string>(key)));

        Assert.That(
            async () => await client.ExportEventsAsync(),
            Throws.InvalidOperationException.With.Message.Contains("ApiKeyProvider").And.Message.Not.Contains("bad"));
        Assert.That(api.Requests, Is.Empty);
    }

    [Test]
    public async Task Does_not_change_the_options_of_a_call()
    {
        var api = new Api(() => Responses.Page(1, "c1"), () => Responses.Page(0, "c2"));
        using var client = api.Client();
        var options = new EventExportOptions { Events = [EventType.PageOpened] };

        await foreach (var _ in client.ExportEventPagesAsync(options))
        {
        }

        Assert.That((options.Cursor, options.PageSize, options.Events!.Count), Is.EqualTo(((string?)null, (int?)null, 1)));
    }

    [Test]
    public async Task Uses_the_options_as_they_are_at_the_call()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();
        var types = new List<EventType> { EventType.PageOpened };
        var options = new EventExportOptions { PageSize = 5, Events = types };

        var pages = client.ExportEventPagesAsync(options);
        (options.PageSize, options.Cursor) = (6, "later");
        types.Add(EventType.PageLoaded);
        await First(pages);

        Assert.That(api.Urls.Single(), Is.EqualTo(Base + "/events?pageSize=5&events=pageOpened"));
    }

    private static Func<ExportClient, Task> Call(Func<ExportClient, Task> call) => call;

    private static async Task First<T>(IAsyncEnumerable<T> sequence)
    {
        await foreach (var _ in sequence) return;
    }
}
