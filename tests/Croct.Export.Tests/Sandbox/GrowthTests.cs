using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Microsoft.Extensions.Time.Testing;

namespace Croct.Export.Tests.Sandbox;

/// <summary>Items added while a sandbox serves, and how it signals that there are no more for now.</summary>
public class GrowthTests
{
    [Test]
    public async Task A_kept_cursor_delivers_exactly_what_was_appended()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 250 });
        using var client = sandbox.Client();
        var (before, cursor) = await DrainAsync(client);

        sandbox.Append(events: 130);

        var (added, _) = await DrainAsync(client, cursor);
        Assert.That(added, Has.Count.EqualTo(130));
        Assert.That((await DrainAsync(client)).Ids, Is.EqualTo(before.Concat(added)));
    }

    [TestCase(null, null, 57, 17)]
    [TestCase(100, 50, 198, 98)]
    [TestCase(0, 0, 0, 0)]
    public async Task Sessions_and_users_appear_once_they_are_complete(int? sessions, int? users, int sessionsAfter, int usersAfter)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, Sessions = sessions, Users = users });
        using var client = sandbox.Client();

        sandbox.Append(300);

        Assert.That(await client.ExportAllSessionsAsync().CountAsync(), Is.EqualTo(sessionsAfter));
        Assert.That(await client.ExportAllUsersAsync().CountAsync(), Is.EqualTo(usersAfter));
    }

    [Test]
    public async Task Late_events_add_no_sessions_or_users_and_the_next_events_continue_after_those_on_time()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000 });
        using var client = sandbox.Client();
        var last = (await client.ExportAllEventsAsync().LastAsync()).Timestamp!.Value;
        var windowAfter = new EventExportOptions { Start = DateTimeOffset.FromUnixTimeMilliseconds(last + 1000), PageSize = 1000 };
        var cursor = (await client.ExportEventsAsync(windowAfter)).ResumeCursor;

        sandbox.AppendLate(1_000_000);
        sandbox.Append(1);

        Assert.That(await client.ExportAllSessionsAsync().CountAsync(), Is.EqualTo(100));
        Assert.That(await client.ExportAllUsersAsync().CountAsync(), Is.EqualTo(34));
        var added = await client.ExportAllEventsAsync(new EventExportOptions { Start = windowAfter.Start, Cursor = cursor }).SingleAsync();
        Assert.That(added.Timestamp, Is.InRange(last, last + 20_000));
    }

    [Test]
    public async Task Serves_what_many_small_appends_added()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000 });
        using var client = sandbox.Client();
        var (_, cursor) = await DrainAsync(client);

        for (var i = 0; i < 300_000; i++) sandbox.AppendLate(1);
        for (var i = 0; i < 2000; i++)
        {
            sandbox.Append(1);
            sandbox.AppendLate(1);
        }

        await using var pages = client.ExportRawPagesAsync(ExportStream.Events, new EventExportOptions { Cursor = cursor, PageSize = 1000 })
            .GetAsyncEnumerator();
        for (var page = 0; page < 304; page++) Assert.That(await pages.MoveNextAsync() ? pages.Current.Count : 0, Is.EqualTo(1000));
        Assert.That(await pages.MoveNextAsync() ? pages.Current.Count : 0, Is.Zero);
    }

    [TestCase(ExportStream.Sessions)]
    [TestCase(ExportStream.Users)]
    public async Task Items_do_not_change_when_others_are_appended(ExportStream stream)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000 });
        using var client = sandbox.Client();
        var before = await JsonAsync(client, stream);

        sandbox.Append(events: 3000);

        Assert.That((await JsonAsync(client, stream)).Take(before.Count), Is.EqualTo(before));
    }

    [Test]
    public async Task An_appended_item_is_found_by_its_id()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10 });
        using var client = sandbox.Client();
        var (_, cursor) = await DrainAsync(client);
        sandbox.Append(events: 1);
        var (added, _) = await DrainAsync(client, cursor);

        Assert.That((await client.ExportEventByIdAsync(added.Single())).Event!.Id, Is.EqualTo(added.Single()));
    }

    [Test]
    public async Task Late_events_come_after_the_cursor_but_happened_before_it()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000 });
        using var client = sandbox.Client();
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
    public async Task A_late_event_is_within_its_session()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 500 });
        using var client = sandbox.Client();
        var (_, cursor) = await DrainAsync(client);
        var (events, windows) = (0, 0);
        sandbox.AppendLate(20);

        await foreach (var e in client.ExportAllEventsAsync(new EventExportOptions { Cursor = cursor }))
        {
            var session = await client.ExportSessionByIdAsync(e.SessionId.ToString()!);
            Assert.That(session.UserId, Is.EqualTo(e.UserId));
            events++;
            if (session.Window is not { Start: { } start, End: { } end }) continue;
            Assert.That(e.Timestamp, Is.InRange(start, end));
            windows++;
        }

        Assert.That(events, Is.EqualTo(20));
        Assert.That(windows, Is.InRange(10, 20));
    }

    [Test]
    public async Task Events_arrive_at_the_configured_rate()
    {
        var time = new FakeTimeProvider();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, EventsPerSecond = 2.5, TimeProvider = time });
        using var client = sandbox.Client();
        var (_, cursor) = await DrainAsync(client);

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.That((await DrainAsync(client, cursor)).Ids, Has.Count.EqualTo(25));
    }

    [TestCase(SandboxEndOfData.EmptyPage, "100 100 0", false)]
    [TestCase(SandboxEndOfData.NullCursor, "100 100", true)]
    public async Task Signals_the_end_in_either_way(SandboxEndOfData endOfData, string pageCounts, bool endsWithoutCursor)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 200, EndOfData = endOfData });
        using var client = sandbox.Client();

        var pages = await client.ExportEventPagesAsync().ToListAsync();

        Assert.That(string.Join(' ', pages.Select(page => page.Count)), Is.EqualTo(pageCounts));
        Assert.That(pages[^1].NextCursor is null, Is.EqualTo(endsWithoutCursor));
    }

    [TestCase(999_999_990, null, null, 10)]
    [TestCase(0, null, 100_000_000, 1_000_000_000)]
    [TestCase(1_000_000, 999_999_990, null, 10)]
    [TestCase(100_000_000, 1, 244, 499_999_999, TestName = "The last users would change after the year 9999")]
    public async Task Refuses_more_than_fits_and_reports_the_remaining_capacity(long events, long? sessions, long? users, long room)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = events, Sessions = sessions, Users = users });

        Assert.That(
            () => sandbox.Append(room + 1),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains($"events was {room + 1}; it must be from 0 to {room}."));
        Assert.That(() => sandbox.Append(room), Throws.Nothing);
        Assert.That(() => sandbox.Append(1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("it must be from 0 to 0."));
    }

    [Test]
    public async Task Refuses_negative_counts_and_late_events_without_events()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 0 });

        Assert.That(
            () => sandbox.Append(-1),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("events was -1; it must be from 0 to 1000000000."));
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
        await foreach (var page in client.ExportRawPagesAsync(stream))
            items.AddRange(page.Items.Select(item => System.Text.Encoding.UTF8.GetString(item.Span)));
        return items;
    }
}
