using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Sandbox;

/// <summary>The data of events, sessions and users is consistent.</summary>
public class DataTests
{
    [TestCase(5003, null, null, 0)]
    [TestCase(5003, null, null, 1234)]
    [TestCase(2500, 700, 300, 100)]
    [TestCase(13, null, null, 0)]
    [TestCase(100, 400, null, 60)]
    [TestCase(400, 3, 1, 500)]
    public async Task The_window_of_a_session_is_from_its_first_event_to_its_last(long atStart, long? sessions, long? users, long appended)
    {
        await using var sandbox = await StartAsync(atStart, sessions, users, appended);
        using var client = sandbox.Client(options => options.DefaultPageSize = 1000);
        var events = await EventsOfSessionsAsync(client);

        var (starts, ends) = (0, 0);
        await foreach (var session in client.ExportAllSessionsAsync())
        {
            var times = events[session.SessionId].Select(e => e.Timestamp!.Value).ToList();
            if (times.Count == 0) Assert.That(session.Window, Is.Null);
            else Assert.That(session.CloseTime, Is.GreaterThan(times.Max()));
            if (session.Window?.Start is { } start && ++starts > 0) Assert.That(start, Is.EqualTo(times.Min()));
            if (session.Window?.End is { } end && ++ends > 0) Assert.That(end, Is.EqualTo(times.Max()));
        }

        Assert.That(starts, Is.Positive);
        Assert.That(ends, Is.Positive);
    }

    [TestCase(5003, null, null, 1234)]
    [TestCase(400, 3, 1, 500)]
    public async Task The_statistics_of_a_session_count_its_events(long atStart, long? sessions, long? users, long appended)
    {
        await using var sandbox = await StartAsync(atStart, sessions, users, appended);
        using var client = sandbox.Client(options => options.DefaultPageSize = 1000);
        var events = await EventsOfSessionsAsync(client);

        var counted = 0;
        await foreach (var session in client.ExportAllSessionsAsync())
        {
            if (session.Statistics is not { } statistics) continue;
            var payloads = events[session.SessionId].Select(e => e.Payload).ToList();
            Assert.That(statistics.Orders ?? payloads.Count(payload => payload is OrderPlaced), Is.EqualTo(payloads.Count(payload => payload is OrderPlaced)));
            Assert.That(statistics.PageViews ?? payloads.Count(payload => payload is PageOpened), Is.EqualTo(payloads.Count(payload => payload is PageOpened)));
            Assert.That(statistics.TabViews ?? payloads.Count(payload => payload is TabOpened), Is.EqualTo(payloads.Count(payload => payload is TabOpened)));
            counted += statistics.Orders ?? 0;
        }

        Assert.That(counted, Is.Positive);
    }

    [Test]
    public async Task The_statistics_of_a_user_count_its_sessions_and_orders()
    {
        await using var sandbox = await StartAsync(5003, null, null, appended: 1234);
        using var client = sandbox.Client(options => options.DefaultPageSize = 1000);
        var sessions = await client.ExportAllSessionsAsync().ToLookupAsync(session => session.UserId);
        var orders = await client.ExportAllEventsAsync().Where(e => e.Payload is OrderPlaced).ToLookupAsync(e => e.UserId);

        var counted = 0;
        await foreach (var user in client.ExportAllUsersAsync())
        {
            if (user.Statistics?.Sessions is { } ofUser) Assert.That(ofUser, Is.EqualTo(sessions[user.UserId].Count()));
            if (user.Statistics?.Orders is { } placed) Assert.That(placed, Is.EqualTo(orders[user.UserId].Count()));
            counted += user.Statistics?.Orders ?? 0;
        }

        Assert.That(counted, Is.Positive);
    }

    [Test]
    public async Task A_checkout_names_the_order_that_follows_in_its_session()
    {
        await using var sandbox = await StartAsync(10_000, null, null, appended: 0);
        using var client = sandbox.Client(options => options.DefaultPageSize = 1000);

        var (placed, open) = (0, 0);
        foreach (var session in await EventsOfSessionsAsync(client))
        {
            foreach (var checkout in session.Where(e => e.Payload is CheckoutStarted))
            {
                var order = session.Where(e => e.Timestamp > checkout.Timestamp).Select(e => e.Payload).OfType<OrderPlaced>().FirstOrDefault();
                Assert.That(((CheckoutStarted)checkout.Payload!).OrderId, Is.EqualTo(order?.Order?.OrderId));
                if (order is null) open++;
                else placed++;
            }
        }

        Assert.That(placed, Is.GreaterThanOrEqualTo(5));
        Assert.That(open, Is.GreaterThanOrEqualTo(5));
    }

    [Test]
    public async Task A_page_holds_every_type_of_the_contract()
    {
        await using var sandbox = await StartAsync(1000, null, null, appended: 0);
        using var client = sandbox.Client(options => options.DefaultPageSize = 1000);

        var types = (await client.ExportEventsAsync()).Items.Select(e => e.Payload!.Type).Distinct();

        Assert.That(types, Is.EquivalentTo(EventType.KnownValues));
    }

    [Test]
    public async Task A_page_near_the_end_of_a_billion_events_is_within_its_window()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1_000_000_000, EndOfData = SandboxEndOfData.NullCursor });
        using var client = sandbox.Client(options => options.DefaultPageSize = 1000);
        var end = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(10_000_000_000);

        var page = await client.ExportEventsAsync(new EventExportOptions { Start = end.AddHours(-1), End = end.AddHours(1), PageSize = 1000 });

        Assert.That((page.Count, page.NextCursor), Is.EqualTo((360, (string?)null)));
        Assert.That(page.Items.Select(e => e.TimestampUtc!.Value), Has.All.InRange(end.AddHours(-1), end));
    }

    private static async Task<SandboxServer> StartAsync(long atStart, long? sessions, long? users, long appended)
    {
        var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = atStart, Sessions = sessions, Users = users });
        sandbox.Append(appended);
        return sandbox;
    }

    private static ValueTask<ILookup<Guid?, Event>> EventsOfSessionsAsync(ExportClient client) => client.ExportAllEventsAsync().ToLookupAsync(e => e.SessionId);
}
