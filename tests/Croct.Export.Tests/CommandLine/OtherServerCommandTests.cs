using System.Diagnostics;
using System.Net;

namespace Croct.Export.Tests.CommandLine;

/// <summary><c>croct-export sandbox</c> with other keys, permissions, events and behavior.</summary>
public class OtherServerCommandTests
{
    private const string Key = "12345678-9abc-4def-8123-456789abcdef";

    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [Test]
    public async Task A_given_key_is_accepted_and_never_printed()
    {
        var (process, address) = await ServeAsync("--api-key", Key);
        var shown = await process.StandardOutput.ReadLineAsync();
        using var client = CreateClient(address);

        Assert.That((await client.ExportEventsAsync()).Count, Is.EqualTo(100));
        Assert.That(shown, Is.EqualTo("api key  as given"));
    }

    [Test]
    public async Task An_invalid_key_is_not_repeated()
    {
        var (code, output, errors) = await _exporter.TryAsync("sandbox", "--api-key", "12345678-secret");

        Assert.That((code, output, errors), Is.EqualTo((2, "", "croct-export: --api-key must be a version 4 UUID. See croct-export sandbox --help\n")));
    }

    [Test]
    public async Task Streams_without_permission_are_403()
    {
        var (_, address) = await ServeAsync("--api-key", Key, "--no-permission", "events,users");
        using var client = CreateClient(address);

        await Assert.ThatAsync(
            () => client.ExportEventsAsync(),
            Throws.TypeOf<ExportApiException>().With.Property("StatusCode").EqualTo(HttpStatusCode.Forbidden));
        await Assert.ThatAsync(
            () => client.ExportUsersAsync(),
            Throws.TypeOf<ExportApiException>().With.Property("StatusCode").EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await client.ExportSessionsAsync()).Count, Is.EqualTo(100));
    }

    [Test]
    public async Task Events_begin_at_the_given_time()
    {
        var (_, address) = await ServeAsync("--api-key", Key, "--first-event", "2025-06-01T12:00:00Z");
        using var client = CreateClient(address);

        var first = (await client.ExportEventsAsync(new EventExportOptions { PageSize = 1 })).Items.Single();

        var start = new DateTimeOffset(2025, 6, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.That(first.TimestampUtc, Is.InRange(start, start.AddSeconds(10)));
    }

    [Test]
    public async Task Ignored_windows_return_all_items()
    {
        var (_, address) = await ServeAsync("--api-key", Key, "--sandbox-items", "30", "--ignore-window");
        using var http = new HttpClient { DefaultRequestHeaders = { { "X-Api-Key", Key } } };

        var page = Newtonsoft.Json.Linq.JObject.Parse(await http.GetStringAsync(new Uri(address, "events?start=1&end=2")));

        Assert.That(page["items"]!.Count(), Is.EqualTo(30));
    }

    [Test]
    public async Task New_events_are_late_if_requested()
    {
        var (_, address) = await ServeAsync("--api-key", Key, "--sandbox-items", "100", "--events-per-second", "1000", "--late-percent", "100");
        using var client = CreateClient(address);
        var first = await client.ExportEventsAsync(new EventExportOptions { PageSize = 100 });

        // New events arrive over time.
        var next = await client.ExportEventsAsync(new EventExportOptions { Cursor = first.NextCursor });
        while (next.Count == 0) next = await client.ExportEventsAsync(new EventExportOptions { Cursor = next.ResumeCursor });

        Assert.That(next.Items.Select(e => e.Timestamp), Has.All.LessThanOrEqualTo(first.Items.Max(e => e.Timestamp)!.Value));
    }

    [TestCase("--late-percent was '101'; it must be a whole number from 0 to 100.", "--late-percent", "101")]
    [TestCase("--late-percent requires --sandbox-items of at least 1", "--late-percent", "1", "--sandbox-items", "0")]
    [TestCase("--no-permission has 'orders'; the streams are events, sessions, users.", "--no-permission", "events,orders")]
    [TestCase("--first-event was '2201-01-01'; it must not be after the year 2200.", "--first-event", "2201-01-01")]
    [TestCase("--first-event was 'never'", "--first-event", "never")]
    public async Task An_invalid_option_is_a_usage_error(string message, params string[] arguments)
    {
        var (code, output, errors) = await _exporter.TryAsync(["sandbox", .. arguments]);

        Assert.That((code, output), Is.EqualTo((2, "")));
        Assert.That(errors, Does.StartWith("croct-export: " + message));
    }

    private static ExportClient CreateClient(Uri address) => new(new ExportClientOptions { ApiKey = Key, BaseAddress = address });

    private async Task<(Process Process, Uri Address)> ServeAsync(params string[] arguments)
    {
        var process = _exporter.Start(["sandbox", .. arguments]);
        return (process, new Uri((await process.StandardOutput.ReadLineAsync())!["address  ".Length..]));
    }
}
