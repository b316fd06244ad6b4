using System.Net;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Proof;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Sandbox;

/// <summary>The effect of each fault of the sandbox on the client: an export of 300 events in pages of 100, whose second request fails.</summary>
public class FaultTests
{
    private static readonly string[] Retried =
    [
        "408", "429", "429-date", "500", "502", "503", "504", "empty-body", "reset", "reset-body", "reset-body:byte=0", "cut", "cut:byte=0", "cut:byte=3000",
        "cut:byte=1000000", "reset-body:byte=1000000",
    ];

    private static readonly string[] Harmless =
    [
        "latency:ms=5,jitter=5", "trickle:bytes=4096,ms=1", "content-type", "short-page", "short-page:items=99", "large-page:extra=50",
    ];

    private static readonly string[] Tested =
    [
        .. Retried, .. Harmless, "402", "403", "not-json", "redirect", "bomb", "stall", "repeated-cursor", "empty-page",
        "duplicate-items", "unknown-type", "unknown-enum",
        "unknown-field", "missing-field", "wrong-type",
    ];

    [Test]
    public void Every_fault_is_in_these_tests() =>
        Assert.That(Tested.Select(text => SandboxFault.Parse(text).Name).Distinct(), Is.EquivalentTo(SandboxFault.Kinds.Select(kind => kind.Name)));

    [TestCaseSource(nameof(Retried))]
    public async Task Is_overcome_by_a_retry(string fault)
    {
        await using var sandbox = await StartAsync(fault);

        Assert.That(await IdsAsync(sandbox), Is.EqualTo(await UndisturbedAsync()));
        Assert.That(sandbox.RequestCount, Is.EqualTo(5));
    }

    [TestCaseSource(nameof(Harmless))]
    public async Task Does_not_affect_the_client(string fault)
    {
        await using var sandbox = await StartAsync(fault);

        Assert.That(await IdsAsync(sandbox), Is.EqualTo(await UndisturbedAsync()));
        Assert.That(sandbox.Requests.SelectMany(request => request.Faults), Has.Exactly(1).Items);
    }

    [TestCase("402", HttpStatusCode.PaymentRequired, true, null)]
    [TestCase("403", HttpStatusCode.Forbidden, true, null)]
    [TestCase("408", HttpStatusCode.RequestTimeout, true, null)]
    [TestCase("429:retry-after=7", HttpStatusCode.TooManyRequests, true, 7)]
    [TestCase("429-date:retry-after=60", HttpStatusCode.TooManyRequests, true, 60)]
    [TestCase("500", HttpStatusCode.InternalServerError, true, null)]
    [TestCase("502", HttpStatusCode.BadGateway, false, null)]
    [TestCase("503", HttpStatusCode.ServiceUnavailable, false, null)]
    [TestCase("504", HttpStatusCode.GatewayTimeout, false, null)]
    [TestCase("redirect", HttpStatusCode.TemporaryRedirect, false, null)]
    public async Task Fails_with_the_status_when_it_lasts(string fault, HttpStatusCode status, bool withProblem, int? retryAfterSeconds)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = [fault], TimeProvider = new InstantTime() });
        using var client = CreateClient(sandbox);

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync()))!;

        Assert.That(
            (exception.StatusCode, exception.Problem is not null, exception.RetryAfter?.TotalSeconds),
            Is.EqualTo((status, withProblem, (double?)retryAfterSeconds)));
        Assert.That(exception.RequestId, Is.EqualTo($"sandbox-{sandbox.RequestCount}"));
    }

    [TestCase("127.0.0.1", "localhost")]
    [TestCase("localhost", "127.0.0.1")]
    public async Task A_redirect_points_to_another_origin_and_is_not_followed(string host, string other)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["redirect"] });
        using var client = new ExportClient(
            new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = new Uri($"http://{host}:{sandbox.BaseAddress.Port}") });

        var exception = await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());

        Assert.That(exception!.Message, Does.Contain($"http://{other}:{sandbox.BaseAddress.Port}/events"));
        Assert.That(sandbox.RequestCount, Is.EqualTo(1));
    }

    [TestCase("not-json")]
    [TestCase("repeated-cursor")]
    [TestCase("bomb")]
    public async Task Is_an_error_that_a_retry_would_not_fix(string fault)
    {
        await using var sandbox = await StartAsync(fault);
        using var client = CreateClient(sandbox, maxResponseBytes: 1024 * 1024);

        await Assert.ThrowsAsync<ExportException>(async () => await client.ExportAllEventsAsync().CountAsync());

        Assert.That(sandbox.RequestCount, Is.EqualTo(2));
    }

    [Test]
    public async Task A_value_of_the_wrong_type_is_kept_and_counted()
    {
        await using var sandbox = await StartAsync("wrong-type");
        using var client = CreateClient(sandbox);

        var pages = await client.ExportEventPagesAsync().ToListAsync();

        Assert.That(pages.Sum(page => page.UnexpectedValues), Is.EqualTo(1));
        Assert.That(
            pages.SelectMany(page => page.Items).Single(e => e.Timestamp is null).AdditionalProperties["timestamp"].Type,
            Is.EqualTo(Newtonsoft.Json.Linq.JTokenType.String));
    }

    [Test]
    public async Task Latency_delays_the_response()
    {
        var time = new WatchedTime();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["latency:ms=300,jitter=200"], TimeProvider = time });
        using var client = CreateClient(sandbox);

        var page = client.ExportEventsAsync();
        var latency = await time.NextTimerAsync();

        Assert.That(latency.TotalMilliseconds, Is.InRange(300, 500));
        Assert.That(page.IsCompleted, Is.False);
        time.Advance(latency);
        Assert.That((await page).Count, Is.EqualTo(100));
    }

    [Test]
    public async Task A_stalled_body_ends_with_the_attempt_timeout()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["stall"] });
        using var client = new ExportClient(new ExportClientOptions
        {
            ApiKey = sandbox.ApiKey,
            BaseAddress = sandbox.BaseAddress,
            MaxRetries = 0,
            AttemptTimeout = TimeSpan.FromMilliseconds(50),
        });

        var exception = await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync());

        Assert.That(exception!.InnerException, Is.InstanceOf<TimeoutException>());
    }

    // A short body, and none at all: if the response were complete, it would not stall, and its request would never end.
    [TestCase("429")]
    [TestCase("503")]
    [TestCase("stall:byte=1000000")]
    public async Task A_stall_holds_back_the_rest_and_ends_with_the_client(string fault)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = [fault, "stall"] });
        using var connections = new OpenConnections(sandbox.BaseAddress.Port);
        var client = new ExportClient(new ExportClientOptions
        {
            ApiKey = sandbox.ApiKey,
            BaseAddress = sandbox.BaseAddress,
            MaxRetries = 0,
            AttemptTimeout = TimeSpan.FromMilliseconds(200),
        });

        await Assert.CatchAsync<ExportException>(() => client.ExportEventsAsync());
        client.Dispose();

        await connections.WaitForNoneAsync();
    }

    [Test]
    public async Task An_empty_page_ends_the_export_and_its_cursor_resumes_with_the_rest()
    {
        await using var sandbox = await StartAsync("empty-page");
        using var client = CreateClient(sandbox);
        var pages = await client.ExportEventPagesAsync().ToListAsync();

        var rest = client.ExportAllEventsAsync(new EventExportOptions { Cursor = pages[^1].ResumeCursor });

        Assert.That(string.Join(" ", pages.Select(page => page.Count)), Is.EqualTo("100 0"));
        Assert.That(
            await pages[0].Items.Select(e => e.Id).ToAsyncEnumerable().Concat(rest.Select(e => e.Id)).ToListAsync(),
            Is.EqualTo(await UndisturbedAsync()));
    }

    [Test]
    public async Task Duplicates_are_passed_on_as_received()
    {
        await using var sandbox = await StartAsync("duplicate-items:items=3");
        var ids = await IdsAsync(sandbox);

        Assert.That(ids, Has.Count.EqualTo(303));
        Assert.That(ids.Distinct(), Is.EqualTo(await UndisturbedAsync()));
    }

    [Test]
    public async Task An_unknown_event_type_loses_no_event()
    {
        await using var sandbox = await StartAsync("unknown-type");
        using var client = CreateClient(sandbox);
        var events = await client.ExportAllEventsAsync().ToListAsync();

        Assert.That(events.Select(e => e.Id), Is.EqualTo(await UndisturbedAsync()));
        var odd = events.Single(e => e.Payload?.GetType() == typeof(EventPayload)).Payload!;
        Assert.That((odd.Type.Value, odd.AdditionalProperties.ContainsKey("sandboxUnknown")), Is.EqualTo(("sandboxUnknown", true)));
    }

    [Test]
    public async Task An_unknown_enum_value_is_kept()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["unknown-enum"] });
        using var client = CreateClient(sandbox);

        var users = await client.ExportUsersAsync();

        Assert.That(users.Items.Count(user => user.Gender?.Value == "SANDBOX_UNKNOWN"), Is.EqualTo(1));
    }

    [Test]
    public async Task Unknown_fields_are_kept()
    {
        await using var sandbox = await StartAsync("unknown-field");
        using var client = CreateClient(sandbox);
        var events = await client.ExportAllEventsAsync().ToListAsync();

        Assert.That(events.Select(e => e.Id), Is.EqualTo(await UndisturbedAsync()));
        Assert.That(events.Count(e => e.AdditionalProperties.ContainsKey("sandboxUnknown")), Is.EqualTo(100));
    }

    [Test]
    public async Task A_missing_field_is_null()
    {
        await using var whole = await SandboxServer.StartAsync(new SandboxOptions { Events = 300 });
        await using var sandbox = await StartAsync("missing-field");
        using var client = CreateClient(whole);
        using var clientOfTheOdd = CreateClient(sandbox);

        var expected = await client.ExportAllEventsAsync().ToListAsync();
        var events = await clientOfTheOdd.ExportAllEventsAsync().ToListAsync();

        var differing = events.Zip(expected).Where(pair => CountFields(pair.First) != CountFields(pair.Second)).ToList();
        Assert.That((events.Count, differing.Count), Is.EqualTo((300, 1)));
        Assert.That(CountFields(differing[0].First), Is.LessThan(CountFields(differing[0].Second)));
    }

    [Test]
    public async Task A_missing_field_may_be_any_field_of_any_item_even_a_nested_one()
    {
        await using var whole = await SandboxServer.StartAsync();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["missing-field"] });
        var fields = GetFieldPaths(await PageAsync(whole, "events?pageSize=2"));
        var missing = new HashSet<string>();
        for (var i = 0; i < 600; i++) missing.UnionWith(fields.Except(GetFieldPaths(await PageAsync(sandbox, "events?pageSize=2"))));

        Assert.That(missing, Is.EquivalentTo(fields.Where(field => field.StartsWith("items[", StringComparison.Ordinal))));
    }

    [Test]
    public async Task A_fault_without_an_effect_does_not_count()
    {
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions { Events = 300, Faults = ["unknown-type:times=1", "short-page:times=1", "503:request=5", "504"] });
        using var http = sandbox.Http();

        foreach (var path in new[] { "session?pageSize=5000", "session?start=4000000000", "user/none", "events?pageSize=1", "events" })
            (await http.GetAsync(path)).Dispose();

        Assert.That(string.Join(" | ", sandbox.Requests.Select(request => string.Join(' ', request.Faults))), Is.EqualTo("504 | 504 | 504 | 504 | 503"));
    }

    [Test]
    public async Task A_fault_of_pages_hits_the_first_page_it_can_change()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["unknown-type:times=1", "short-page:times=1"] });
        using var http = sandbox.Http();

        foreach (var path in new[] { "session?pageSize=5000", "session?start=4000000000", "user/none", "session", "events", "events" })
            (await http.GetAsync(path)).Dispose();

        Assert.That(
            string.Join(" | ", sandbox.Requests.Select(request => string.Join(' ', request.Faults))),
            Is.EqualTo(" |  |  | short-page | unknown-type | "));
    }

    [Test]
    public async Task A_field_whose_type_another_fault_would_change_may_be_missing()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["missing-field", "wrong-type"] });
        for (var i = 0; i < 500; i++) await PageAsync(sandbox, "session?pageSize=1");

        var hits = sandbox.Requests.CountBy(request => string.Join(' ', request.Faults)).ToDictionary();
        Assert.That(hits.Keys, Is.EquivalentTo(new[] { "missing-field", "missing-field wrong-type" }));
    }

    [TestCase("cut")]
    [TestCase("reset-body")]
    public async Task A_response_without_a_body_is_cut_too(string fault)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["503", fault] });
        using var http = sandbox.Http();

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("events"));
    }

    [Test]
    public async Task A_content_type_may_be_wrong_for_a_correct_body()
    {
        await using var whole = await SandboxServer.StartAsync();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["content-type"] });
        using (var http = sandbox.Http())
        using (var response = await http.GetAsync("events"))
        {
            Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/html"));
        }

        Assert.That((await PageAsync(sandbox, "events")).ToString(), Is.EqualTo((await PageAsync(whole, "events")).ToString()));
    }

    private static int CountFields(Event e) => Newtonsoft.Json.Linq.JObject.FromObject(e).Descendants().OfType<Newtonsoft.Json.Linq.JProperty>().Count();

    /// <summary>The path of every field in a page.</summary>
    private static HashSet<string> GetFieldPaths(Newtonsoft.Json.Linq.JObject page) =>
        [.. page.Descendants().OfType<Newtonsoft.Json.Linq.JProperty>().Select(field => field.Path)];

    private static async Task<Newtonsoft.Json.Linq.JObject> PageAsync(SandboxServer sandbox, string url)
    {
        using var http = sandbox.Http();
        return Newtonsoft.Json.Linq.JObject.Parse(await http.GetStringAsync(url));
    }

    private static Task<SandboxServer> StartAsync(string fault) =>
        SandboxServer.StartAsync(new SandboxOptions
        {
            Events = 300,
            Faults = [$"{fault}{(fault.Contains(':', StringComparison.Ordinal) ? ',' : ':')}request=2"],
            TimeProvider = new InstantTime(),
        });

    private static async Task<List<string?>> UndisturbedAsync()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300 });
        return await IdsAsync(sandbox);
    }

    private static async Task<List<string?>> IdsAsync(SandboxServer sandbox)
    {
        using var client = CreateClient(sandbox);
        return await client.ExportAllEventsAsync().Select(e => e.Id).ToListAsync();
    }

    /// <summary>A client that does not wait between attempts and does not read ahead, so that the second request is for the second page.</summary>
    private static ExportClient CreateClient(SandboxServer sandbox, int maxResponseBytes = 64 * 1024 * 1024) => sandbox.Client(options =>
        (options.ReadAhead, options.TimeProvider, options.AttemptTimeout, options.MaxResponseBytes) =
            (0, new InstantTime(), Timeout.InfiniteTimeSpan, maxResponseBytes));
}
