using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Sandbox;

public class SandboxTests
{
    [TestCase(ExportStream.Events, 2500)]
    [TestCase(ExportStream.Sessions, 700)]
    [TestCase(ExportStream.Users, 300)]
    public async Task Returns_every_item_once_whatever_the_page_size(ExportStream stream, int count)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 2500, Sessions = 700, Users = 300 });
        using var client = sandbox.Client();

        foreach (var pageSize in new[] { 7, 100, 1000 })
        {
            var items = new HashSet<string>();
            await foreach (var page in client.ExportRawPagesAsync(stream, CreateOptions(stream, pageSize)))
            {
                foreach (var item in page.Items) Assert.That(items.Add(System.Text.Encoding.UTF8.GetString(item.Span)), Is.True);
            }

            Assert.That(items, Has.Count.EqualTo(count));
        }
    }

    [Test]
    public async Task Serves_the_same_data_for_the_same_options_and_accepts_cursors_of_an_identical_sandbox()
    {
        await using var one = await SandboxServer.StartAsync(new SandboxOptions { Seed = 5 });
        await using var other = await SandboxServer.StartAsync(new SandboxOptions { Seed = 5 });
        using var first = one.Client();
        using var second = other.Client();

        var page = await first.ExportEventsAsync();
        var next = await second.ExportEventsAsync(new EventExportOptions { Cursor = page.NextCursor });

        Assert.That(next.Items[0].Id, Is.EqualTo((await first.ExportEventsAsync(new EventExportOptions { Cursor = page.NextCursor })).Items[0].Id));
        Assert.That(page.Items.Select(e => e.Id), Does.Not.Contain(next.Items[0].Id));
    }

    [Test]
    public async Task Refuses_a_cursor_of_another_endpoint_window_or_filter_or_of_unknown_origin()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var client = sandbox.Client();
        var cursor = (await client.ExportEventsAsync()).NextCursor!;

        await AssertRefused(() => client.ExportSessionsAsync(new SessionExportOptions { Cursor = cursor }));
        await AssertRefused(
            () => client.ExportEventsAsync(
                new EventExportOptions { Cursor = cursor, Start = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero) }));
        await AssertRefused(
            () => client.ExportEventsAsync(
                new EventExportOptions { Cursor = cursor, End = new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero) }));
        await AssertRefused(() => client.ExportEventsAsync(new EventExportOptions { Cursor = cursor, Events = [EventType.OrderPlaced] }));
        await AssertRefused(() => client.ExportEventsAsync(new EventExportOptions { Cursor = "nonsense" }));
    }

    [Test]
    public async Task Finds_all_events_that_match_a_window_and_a_filter()
    {
        EventType[][] filters =
        [
            [], [EventType.PageOpened], [EventType.LeadGenerated], [EventType.UserSignedUp, EventType.NothingChanged],
            [EventType.OrderPlaced, EventType.ProductViewed, EventType.TestGroupAssigned],
        ];
        var begin = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        (int? Start, int? End)[] windows = [(null, null), (3000, null), (null, 5000), (2345, 7999), (4000, 4060), (14_000, null)];
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1000 });
        foreach (var _ in Enumerable.Range(0, 3))
        {
            sandbox.Append(150);
            sandbox.AppendLate(70);
        }

        using var client = sandbox.Client();
        var all = await client.ExportAllEventsAsync(new EventExportOptions { PageSize = 1000 }).ToListAsync();
        Assert.That(all, Has.Count.EqualTo(1660));

        var found = 0;
        foreach (var filter in filters)
        {
            foreach (var (start, end) in windows)
            {
                var (from, until) = (start is { } s ? begin.AddSeconds(s) : (DateTimeOffset?)null, end is { } e ? begin.AddSeconds(e) : (DateTimeOffset?)null);
                var expected = all
                    .Where(e => !(e.TimestampUtc < from) && !(e.TimestampUtc >= until))
                    .Where(e => filter.Length == 0 || filter.Contains(e.Payload!.Type))
                    .Select(e => e.Id)
                    .ToList();
                foreach (var pageSize in new[] { 7, 100, 1000 })
                {
                    var options = new EventExportOptions { Start = from, End = until, Events = filter, PageSize = pageSize };
                    var ids = await client.ExportAllEventsAsync(options).Select(e => e.Id).ToListAsync();
                    Assert.That(ids, Is.EqualTo(expected), $"{string.Join('+', filter)} {start}-{end} by {pageSize}");
                }

                found += expected.Count;
            }
        }

        Assert.That(found, Is.GreaterThan(1660));
    }

    [Test]
    public async Task Finds_every_type_of_the_contract_by_a_filter()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000 });
        sandbox.AppendLate(500);
        sandbox.Append(500);
        using var client = sandbox.Client(options => options.DefaultPageSize = 1000);
        var idsOf = await client.ExportAllEventsAsync().ToLookupAsync(e => e.Payload!.Type, e => e.Id);

        foreach (var type in EventType.KnownValues)
        {
            var found = await client.ExportAllEventsAsync(new EventExportOptions { Events = [type] }).Select(e => e.Id).ToListAsync();
            Assert.That(found, Is.EqualTo(idsOf[type]).And.Not.Empty, type.Value);
        }
    }

    [Test]
    public async Task Includes_the_start_of_a_window_and_excludes_the_end()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { TimeUnit = SandboxTimeUnit.Milliseconds });
        using var client = sandbox.Client(options => options.TimeUnit = TimeUnit.Milliseconds);
        var events = (await client.ExportEventsAsync()).Items;

        var window = await client.ExportEventsAsync(new EventExportOptions { Start = events[10].TimestampUtc, End = events[20].TimestampUtc });

        Assert.That(window.Items.Select(e => e.Id), Is.EqualTo(events.Skip(10).Take(10).Select(e => e.Id)));
    }

    [TestCase(TimeUnit.Seconds)]
    [TestCase(TimeUnit.Milliseconds)]
    public async Task Windows_select_sessions_and_users_by_their_own_times(TimeUnit unit)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions
        {
            Events = 30_000,
            TimeUnit = unit == TimeUnit.Seconds ? SandboxTimeUnit.Seconds : SandboxTimeUnit.Milliseconds,
        });
        using var client = sandbox.Client(options => options.TimeUnit = unit);
        var (start, end) = (new DateTimeOffset(2024, 1, 2, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2024, 1, 2, 12, 0, 0, TimeSpan.Zero));

        var sessions = await client.ExportAllSessionsAsync(new SessionExportOptions { Start = start, End = end })
            .Select(session => session.CloseTimeUtc!.Value)
            .ToListAsync();
        var users = await client.ExportAllUsersAsync(new UserExportOptions { Start = start, End = end })
            .Select(user => user.LastModifiedTimeUtc!.Value)
            .ToListAsync();

        Assert.That(
            sessions,
            Is.EqualTo(
                await client.ExportAllSessionsAsync()
                    .Select(session => session.CloseTimeUtc!.Value)
                    .Where(time => time >= start && time < end)
                    .ToListAsync()));
        Assert.That(
            users,
            Is.EqualTo(
                await client.ExportAllUsersAsync()
                    .Select(user => user.LastModifiedTimeUtc!.Value)
                    .Where(time => time >= start && time < end)
                    .ToListAsync()));
        Assert.That(sessions, Has.Count.InRange(430, 434));
        Assert.That(users, Has.Count.InRange(142, 146));
        Assert.That(sessions, Is.Ordered);
        Assert.That(users, Is.Ordered);
    }

    [Test]
    public async Task Refuses_a_cursor_with_any_one_character_changed()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var client = sandbox.Client();
        var cursor = (await client.ExportEventsAsync()).NextCursor!;

        for (var i = 0; i < cursor.Length; i++)
        {
            var changed = cursor.Remove(i, 1).Insert(i, cursor[i] == 'A' ? "B" : "A");
            await AssertRefused(() => client.ExportEventsAsync(new EventExportOptions { Cursor = changed }));
        }
    }

    [Test]
    public async Task Serves_alongside_others_and_stops_in_the_middle_of_a_response()
    {
        var sandboxes = await Task.WhenAll(
            Enumerable.Range(1, 20).Select(
                seed => SandboxServer.StartAsync(new SandboxOptions { Seed = seed, Faults = ["stall:request=2"] })));
        var stalled = new List<Task>();
        var first = new List<string?>();
        foreach (var sandbox in sandboxes)
        {
            using var client = sandbox.Client();
            first.Add((await client.ExportEventsAsync(new EventExportOptions { PageSize = 1 })).Items.Single().Id);
        }

        using var http = new HttpClient();
        foreach (var sandbox in sandboxes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(sandbox.BaseAddress, "events"))
            {
                Headers = { { "X-Api-Key", sandbox.ApiKey } },
            };
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            stalled.Add(response.Content.ReadAsStringAsync());
        }

        foreach (var sandbox in sandboxes) await sandbox.DisposeAsync();

        Assert.That(first, Is.Unique);
        Assert.That(sandboxes.Select(sandbox => sandbox.BaseAddress.Port), Is.Unique);
        foreach (var response in stalled) await Assert.ThrowsAsync<HttpRequestException>(() => response);
    }

    [Test]
    public async Task Refers_from_events_to_sessions_to_users()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var client = sandbox.Client();

        foreach (var e in (await client.ExportEventsAsync(new EventExportOptions { PageSize = 50 })).Items)
        {
            var session = await client.ExportSessionByIdAsync(e.SessionId.ToString()!);
            var user = await client.ExportUserByIdAsync(session.UserId.ToString()!);
            var again = await client.ExportEventByIdAsync(e.Id!);

            Assert.That(session.UserId, Is.EqualTo(e.UserId));
            Assert.That(user.ExternalUserId, Is.EqualTo(session.ExternalUserId));
            Assert.That(again.Event!.Timestamp, Is.EqualTo(e.Timestamp));
        }
    }

    [TestCase("events?pageSize=0", "pageSize")]
    [TestCase("events?pageSize=1001", "pageSize")]
    [TestCase("events?start=-1", "start")]
    [TestCase("events?start=5&end=5", "start")]
    [TestCase("events?types=pageOpened", "types")]
    [TestCase("events?events=nope", "events")]
    [TestCase("user?events=pageOpened", "events")]
    public async Task Names_the_invalid_parameter(string url, string parameter)
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Api-Key", sandbox.ApiKey);

        using var response = await http.GetAsync(new Uri(sandbox.BaseAddress, url));

        Assert.That((int)response.StatusCode, Is.EqualTo(400));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(
            await response.Content.ReadAsStringAsync(),
            Does.Contain($"The parameter {parameter} ").And.Contain("https://croct.help/api/invalid-input"));
    }

    private static async Task AssertRefused(Func<Task> export)
    {
        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => export()))!;
        Assert.That((int)exception.StatusCode, Is.EqualTo(400));
        Assert.That(exception.Message, Does.Contain("cursor"));
    }

    private static ExportOptions CreateOptions(ExportStream stream, int pageSize) => stream switch
    {
        ExportStream.Events => new EventExportOptions { PageSize = pageSize },
        ExportStream.Sessions => new SessionExportOptions { PageSize = pageSize },
        _ => new UserExportOptions { PageSize = pageSize },
    };
}
