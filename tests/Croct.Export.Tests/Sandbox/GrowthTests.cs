using Croct.Export.Models;
using Croct.Export.Sandbox;
using Microsoft.Extensions.Time.Testing;

namespace Croct.Export.Tests.Sandbox;

/// <summary>Items that come while a sandbox serves, and how it tells that there are no more for now.</summary>
public class GrowthTests
{
    [Test]
    public async Task A_kept_cursor_delivers_exactly_what_was_appended()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 250 });
        using var client = ClientOf(sandbox);
        var (before, cursor) = await DrainAsync(client);

        sandbox.Append(events: 130);

        var (added, _) = await DrainAsync(client, cursor);
        Assert.That(added, Has.Count.EqualTo(130));
        Assert.That((await DrainAsync(client)).Ids, Is.EqualTo(before.Concat(added)));
    }

    [Test]
    public async Task Sessions_and_users_grow_with_the_events()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300 });
        using var client = ClientOf(sandbox);

        sandbox.Append(events: 300, sessions: 5, users: 7);

        Assert.That(await client.ExportAllSessionsAsync().CountAsync(), Is.EqualTo(65));
        Assert.That(await client.ExportAllUsersAsync().CountAsync(), Is.EqualTo(27));
    }

    [TestCase(ExportStream.Sessions)]
    [TestCase(ExportStream.Users)]
    public async Task Items_stay_what_they_are_when_others_come(ExportStream stream)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000 });
        using var client = ClientOf(sandbox);
        var before = await JsonAsync(client, stream);

        sandbox.Append(events: 3000);

        Assert.That((await JsonAsync(client, stream)).Take(before.Count), Is.EqualTo(before));
    }

    [Test]
    public async Task An_appended_item_is_found_by_its_id()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10 });
        using var client = ClientOf(sandbox);
        var (_, cursor) = await DrainAsync(client);
        sandbox.Append(events: 1);
        var (added, _) = await DrainAsync(client, cursor);

        Assert.That((await client.ExportEventByIdAsync(added.Single())).Event!.Id, Is.EqualTo(added.Single()));
    }

    [Test]
    public async Task Late_events_come_behind_the_cursor_but_happened_before_it()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000 });
        using var client = ClientOf(sandbox);
        var window = new EventExportOptions { Start = new(2024, 1, 1, 1, 0, 0, TimeSpan.Zero), End = new(2024, 1, 1, 2, 0, 0, TimeSpan.Zero) };
        var pages = await client.ExportEventPagesAsync(window).ToListAsync();
        var ids = pages.SelectMany(page => page.Items).Select(e => e.Id).ToHashSet();

        sandbox.AppendLate(200);
        sandbox.Append(events: 100);

        window.Cursor = pages[^1].ResumeCursor;
        var late = await client.ExportAllEventsAsync(window).ToListAsync();
        Assert.That(late, Has.Count.InRange(40, 110));
        Assert.That(late.Select(e => e.TimestampUtc), Has.All.InRange(window.Start, window.End.Value.AddMilliseconds(-1)));
        Assert.That(late.Select(e => e.Id), Has.None.Matches<string>(ids.Contains));
        window.Cursor = null;
        Assert.That((await client.ExportAllEventsAsync(window).ToListAsync()).Count, Is.EqualTo(ids.Count + late.Count));
    }

    [Test]
    public async Task A_late_event_lies_within_its_session()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 500 });
        using var client = ClientOf(sandbox);
        var (_, cursor) = await DrainAsync(client);
        sandbox.AppendLate(20);

        await foreach (var e in client.ExportAllEventsAsync(new EventExportOptions { Cursor = cursor }))
        {
            var session = await client.ExportSessionByIdAsync(e.SessionId.ToString()!);
            Assert.That(session.UserId, Is.EqualTo(e.UserId));
            if (session.Window is { Start: { } start, End: { } end }) Assert.That(e.Timestamp, Is.InRange(start, end));
        }
    }

    [Test]
    public async Task Events_come_at_the_rate_that_was_asked_for()
    {
        var time = new FakeTimeProvider();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, EventsPerSecond = 2.5, TimeProvider = time });
        using var client = ClientOf(sandbox);
        var (_, cursor) = await DrainAsync(client);

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.That((await DrainAsync(client, cursor)).Ids, Has.Count.EqualTo(25));
    }

    [TestCase(SandboxEndOfData.EmptyPage, "100 100 0", false)]
    [TestCase(SandboxEndOfData.NullCursor, "100 100", true)]
    public async Task Tells_the_end_in_either_way(SandboxEndOfData endOfData, string pageCounts, bool endsWithoutCursor)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 200, EndOfData = endOfData });
        using var client = ClientOf(sandbox);

        var pages = await client.ExportEventPagesAsync().ToListAsync();

        Assert.That(string.Join(' ', pages.Select(page => page.Count)), Is.EqualTo(pageCounts));
        Assert.That(pages[^1].NextCursor is null, Is.EqualTo(endsWithoutCursor));
    }

    [Test]
    public async Task Refuses_to_shrink_and_to_be_late_for_nothing()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 0 });

        Assert.That(() => sandbox.Append(-1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("events was -1; it must be from 0 to 1000000000."));
        Assert.That(() => sandbox.AppendLate(1), Throws.InvalidOperationException);
    }

    private static async Task<(List<string> Ids, string? Cursor)> DrainAsync(ExportClient client, string? cursor = null)
    {
        var pages = await client.ExportEventPagesAsync(new EventExportOptions { Cursor = cursor }).ToListAsync();
        return ([.. pages.SelectMany(page => page.Items).Select(e => e.Id!)], pages[^1].ResumeCursor);
    }

    private static async Task<List<string>> JsonAsync(ExportClient client, ExportStream stream)
    {
        var items = new List<string>();
        await foreach (var page in client.ExportRawPagesAsync(stream)) items.AddRange(page.Items.Select(item => System.Text.Encoding.UTF8.GetString(item.Span)));
        return items;
    }

    private static ExportClient ClientOf(SandboxServer sandbox) => new(new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress });
}
