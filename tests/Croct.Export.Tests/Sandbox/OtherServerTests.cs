using System.Net;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.Sandbox;

/// <summary>Sandboxes that behave like servers with other keys, versions and loads.</summary>
public class OtherServerTests
{
    [TestCase("events", HttpStatusCode.Forbidden)]
    [TestCase("events/x", HttpStatusCode.Forbidden)]
    [TestCase("user", HttpStatusCode.Forbidden)]
    [TestCase("session", HttpStatusCode.OK)]
    public async Task A_stream_the_key_may_not_read_is_a_403_with_a_problem_document(string path, HttpStatusCode status)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ForbiddenStreams = [SandboxStream.Events, SandboxStream.Users] });
        using var http = sandbox.Http();

        using var response = await http.GetAsync(path);

        Assert.That(response.StatusCode, Is.EqualTo(status));
        if (status == HttpStatusCode.OK) return;
        var problem = JObject.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(
            ((int)problem["status"]!, (string)problem["title"]!, (string)problem["detail"]!),
            Is.EqualTo((403, "Forbidden", "The API key lacks the permission data_export for this stream.")));
    }

    [Test]
    public async Task A_wrong_key_is_a_401_even_for_a_forbidden_stream()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ForbiddenStreams = [SandboxStream.Events] });
        using var client = sandbox.Client(options => options.ApiKey = "00000000-0000-4000-8000-000000000000");

        await Assert.ThatAsync(
            () => client.ExportEventsAsync(),
            Throws.TypeOf<ExportApiException>().With.Property("StatusCode").EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_server_that_ignores_windows_returns_all_items_and_still_validates_them()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 30, IgnoreWindows = true });
        using var http = sandbox.Http();

        var page = JObject.Parse(await http.GetStringAsync("events?start=1&end=2"));
        using var invalid = await http.GetAsync("events?start=2&end=1");

        Assert.That(page["items"]!.Count(), Is.EqualTo(30));
        Assert.That(invalid.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Of_each_hundred_new_events_the_last_ones_are_late()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 200, LatePercent = 10 });
        using var client = sandbox.Client();
        var (before, cursor) = await DrainAsync(client);
        var end = before.Max(e => e.Timestamp);

        sandbox.Append(250);

        var (added, _) = await DrainAsync(client, cursor);
        Assert.That(
            added.Select((e, index) => (IsLate: e.Timestamp <= end, index)).Where(e => e.IsLate).Select(e => e.index),
            Is.EqualTo(Enumerable.Range(90, 10).Concat(Enumerable.Range(190, 10))));
        Assert.That(added.Where(e => e.Timestamp > end).Select(e => e.Timestamp), Is.Ordered);
        var window = await client.ExportAllEventsAsync(new EventExportOptions { End = DateTimeOffset.FromUnixTimeMilliseconds(end!.Value + 1) }).CountAsync();
        Assert.That(window, Is.EqualTo(220));
    }

    [Test]
    public async Task Late_events_are_the_same_whether_they_arrive_on_their_own_or_are_appended()
    {
        var time = new FakeTimeProvider();
        await using var growing = await SandboxServer.StartAsync(
            new SandboxOptions { Events = 100, LatePercent = 25, EventsPerSecond = 50, TimeProvider = time });
        await using var appended = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, LatePercent = 25 });
        time.Advance(TimeSpan.FromSeconds(6));
        appended.Append(300);
        using var one = growing.Client();
        using var other = appended.Client();

        var (events, _) = await DrainAsync(one);

        Assert.That(events, Has.Count.EqualTo(400));
        Assert.That(events.Select(e => (e.Id, e.Timestamp)), Is.EqualTo((await DrainAsync(other)).Events.Select(e => (e.Id, e.Timestamp))));
        Assert.That(await one.ExportAllSessionsAsync().CountAsync(), Is.EqualTo(await SessionsAfterAsync(onTime: 225)), "Late events complete no session.");
    }

    [Test]
    public async Task Events_appended_late_on_purpose_come_between_the_others()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 200, LatePercent = 10 });
        using var client = sandbox.Client();
        var end = (await DrainAsync(client)).Events.Max(e => e.Timestamp);

        sandbox.Append(95);
        sandbox.AppendLate(50);
        sandbox.Append(55);

        var all = (await DrainAsync(client)).Events;
        Assert.That(all.Select(e => e.Id).Distinct().Count(), Is.EqualTo(400));
        Assert.That(all.Skip(200).Select(e => e.Timestamp > end), Is.EqualTo(Runs((90, true), (60, false), (50, true))));

        static IEnumerable<bool> Runs(params (int Count, bool Value)[] runs) => runs.SelectMany(run => Enumerable.Repeat(run.Value, run.Count));
    }

    [Test]
    public async Task Late_events_need_events_at_the_start() => await Assert.ThatAsync(
        () => SandboxServer.StartAsync(new SandboxOptions { Events = 0, LatePercent = 1 }),
        Throws.ArgumentException.With.Message.Contains("LatePercent was 1 and Events was 0"));

    [Test]
    public async Task Streams_that_do_not_exist_cannot_be_forbidden() => await Assert.ThatAsync(
        () => SandboxServer.StartAsync(new SandboxOptions { ForbiddenStreams = [(SandboxStream)7] }),
        Throws.ArgumentException.With.Message.Contains("ForbiddenStreams"));

    private static async Task<int> SessionsAfterAsync(long onTime)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100 });
        sandbox.Append(onTime);
        using var client = sandbox.Client();
        return await client.ExportAllSessionsAsync().CountAsync();
    }

    private static async Task<(List<Event> Events, string? Cursor)> DrainAsync(ExportClient client, string? cursor = null)
    {
        var events = new List<Event>();
        await foreach (var page in client.ExportEventPagesAsync(new EventExportOptions { Cursor = cursor }))
        {
            events.AddRange(page.Items);
            cursor = page.ResumeCursor;
        }

        return (events, cursor);
    }
}
