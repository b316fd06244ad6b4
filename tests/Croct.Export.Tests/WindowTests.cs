using System.Globalization;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Microsoft.Extensions.Time.Testing;

namespace Croct.Export.Tests;

/// <summary>Callers get exactly the window they asked for, whatever the server's time unit and the precision of the bounds.</summary>
public class WindowTests
{
    private static readonly DateTimeOffset Day = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task A_day_contains_exactly_its_events_without_any_option(
        [Values] SandboxTimeUnit unit, [Values] bool hasStart, [Values] bool hasEnd, [Values("typed", "raw")] string form)
    {
        // Three days with one event every ten seconds.
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3 * 8640, TimeUnit = unit });
        using var client = sandbox.Client();
        var options = new EventExportOptions { Start = hasStart ? Day.AddDays(1) : null, End = hasEnd ? Day.AddDays(2) : null, PageSize = 1000 };

        var count = form == "typed"
            ? await client.ExportAllEventsAsync(options).CountAsync()
            : await client.ExportRawPagesAsync(ExportStream.Events, options).Select(page => page.Count).SumAsync();

        Assert.That(count, Is.EqualTo(8640 * (3 - (hasStart ? 1 : 0) - (hasEnd ? 1 : 0))));
    }

    [Test]
    public async Task Every_stream_supports_windows([Values] SandboxTimeUnit unit, [Values] ExportStream stream)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 8640, TimeUnit = unit });
        using var client = sandbox.Client();

        var whole = await TimesAsync(client, stream, null, null);
        var (start, end) = (At(whole[whole.Count / 4]), At(whole[whole.Count / 2]));
        var part = await TimesAsync(client, stream, start, end);

        Assert.That(part, Is.EqualTo(whole.Where(time => At(time) >= start && At(time) < end)));
        Assert.That(part, Is.Not.Empty);
    }

    [Test]
    public async Task Adjacent_windows_neither_overlap_nor_leave_gaps(
        [Values] SandboxTimeUnit unit,
        [Values("00:00:04.3", "00:00:04", "00:00:04.327", "00:00:04.3271", "00:00:04.3269999")] string border)
    {
        // The first event happens at 00:00:04.327.
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, TimeUnit = unit });
        using var client = sandbox.Client();
        var at = Day + TimeSpan.Parse(border, CultureInfo.InvariantCulture);

        var before = await client.ExportAllEventsAsync(new EventExportOptions { Start = Day, End = at }).Select(e => e.Id).ToListAsync();
        var after = await client.ExportAllEventsAsync(new EventExportOptions { Start = at, End = Day.AddDays(1) }).Select(e => e.Id).ToListAsync();

        Assert.That(before.Concat(after), Is.Unique.And.Exactly(100).Items);
        Assert.That(before, Has.Count.EqualTo(at > Day.AddMilliseconds(4327) ? 1 : 0));
    }

    [Test]
    public async Task The_unit_is_detected_once_for_all_exports_of_a_client([Values] SandboxTimeUnit unit)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, TimeUnit = unit });
        using var client = sandbox.Client();
        var options = new EventExportOptions { Start = Day, PageSize = 1000 };

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.ExportEventsAsync(options)));
        await client.ExportSessionsAsync(new SessionExportOptions { Start = Day });

        Assert.That(
            sandbox.Requests.Count(request => request.Query.EndsWith("pageSize=1", StringComparison.Ordinal)),
            Is.EqualTo(unit == SandboxTimeUnit.Seconds ? 1 : 2));
        Assert.That(sandbox.RequestCount, Is.EqualTo(9 + (unit == SandboxTimeUnit.Seconds ? 1 : 2)));
    }

    [Test]
    public async Task No_probe_is_sent_without_a_window_or_with_a_known_unit()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, TimeUnit = SandboxTimeUnit.Milliseconds });
        using var client = sandbox.Client();

        var page = await client.ExportEventsAsync();
        var resumed = await client.ExportEventsAsync(new EventExportOptions { Start = Day, TimeUnit = TimeUnit.Milliseconds });

        Assert.That((sandbox.RequestCount, page.TimeUnit, resumed.TimeUnit), Is.EqualTo((2, default(TimeUnit?), TimeUnit.Milliseconds)));
    }

    [TestCase(SandboxTimeUnit.Seconds, TimeUnit.Seconds)]
    [TestCase(SandboxTimeUnit.Milliseconds, TimeUnit.Milliseconds)]
    public async Task A_page_reports_the_detected_unit(SandboxTimeUnit unit, TimeUnit found)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10, TimeUnit = unit });
        using var client = sandbox.Client();

        Assert.That((await client.ExportEventsAsync(new EventExportOptions { Start = Day })).TimeUnit, Is.EqualTo(found));
    }

    [Test]
    public async Task A_stream_without_data_is_one_empty_page_without_a_cursor_and_leaves_the_unit_undetected()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 0, TimeUnit = SandboxTimeUnit.Milliseconds });
        using var client = sandbox.Client();
        var options = new EventExportOptions { Start = Day };

        var pages = await client.ExportEventPagesAsync(options).ToListAsync();
        sandbox.Append(5);
        var later = await client.ExportAllEventsAsync(options).CountAsync();

        Assert.That(pages.Select(page => (page.Count, page.ResumeCursor, page.TimeUnit)), Is.EqualTo(((int, string?, TimeUnit?)[])[(0, null, null)]));
        Assert.That(later, Is.EqualTo(5));
    }

    [Test]
    public async Task A_window_without_data_is_empty_even_if_there_is_data_outside([Values] SandboxTimeUnit unit)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100, TimeUnit = unit });
        using var client = sandbox.Client();

        Assert.That(await client.ExportAllEventsAsync(new EventExportOptions { Start = Day.AddYears(1), End = Day.AddYears(2) }).CountAsync(), Is.Zero);
        Assert.That(await client.ExportAllEventsAsync(new EventExportOptions { End = Day.AddYears(-1) }).CountAsync(), Is.Zero);
    }

    [Test]
    public async Task The_clock_of_the_client_may_be_a_day_behind([Values] SandboxTimeUnit unit)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 8640, TimeUnit = unit });
        using var client = sandbox.Client(options => options.TimeProvider = new FakeTimeProvider(Day.AddHours(-22)));

        Assert.That(await client.ExportAllEventsAsync(new EventExportOptions { Start = Day, PageSize = 1000 }).CountAsync(), Is.EqualTo(8640));
    }

    [Test]
    public async Task If_the_server_refuses_one_unit_the_other_is_used()
    {
        var api = new Api(
            (request, _, _) => Task.FromResult(
                GetStart(request).Length < 10 ? Responses.Status(System.Net.HttpStatusCode.BadRequest) : CreatePage(1704067200000)));
        using var client = api.Client();

        Assert.That((await client.ExportEventsAsync(new EventExportOptions { Start = Day })).TimeUnit, Is.EqualTo(TimeUnit.Milliseconds));
    }

    [Test]
    public async Task If_the_server_refuses_both_units_its_error_is_thrown()
    {
        var api = new Api(() => Responses.Status(System.Net.HttpStatusCode.BadRequest));
        using var client = api.Client();

        var exception = (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync(new EventExportOptions { Start = Day })))!;

        Assert.That(((int)exception.StatusCode, api.Requests.Count), Is.EqualTo((400, 2)));
    }

    [Test]
    public async Task Empty_pages_with_new_cursors_do_not_hide_the_unit()
    {
        var api = new Api(
            (request, index, _) => Task.FromResult(
                GetStart(request).Length < 11 && index > 3
                    ? CreatePage(1704067200000)
                    : Responses.Json($$"""{"items":[],"nextCursor":"c{{index}}"}""")));
        using var client = api.Client();

        Assert.That((await client.ExportEventsAsync(new EventExportOptions { Start = Day })).TimeUnit, Is.EqualTo(TimeUnit.Seconds));
    }

    [Test]
    public async Task A_server_that_ignores_windows_is_an_error([Values("typed", "raw")] string form)
    {
        using var client = new Api(() => CreatePage(1000000000000, 1000000000001)).Client();
        var options = new EventExportOptions { Start = Day, End = Day.AddDays(1) };

        var exception = (await Assert.ThrowsAsync<ExportException>(async () =>
        {
            if (form == "typed") await client.ExportEventsAsync(options);
            else await client.ExportRawPagesAsync(ExportStream.Events, options).FirstAsync();
        }))!;

        Assert.That(
            exception.Message,
            Does.Contain("did not apply the time window")
                .And.Contain("no item of a page of 2 is inside")
                .And.Contain("2001-09-09T01:46:40Z")
                .And.Contain("from 2024-01-01"));
        Assert.That(exception.Attempts, Is.EqualTo(1));
    }

    [Test]
    public async Task A_wrong_fixed_unit_is_an_error_if_it_returns_any_items()
    {
        using var client = new Api(() => CreatePage(1704067200000)).Client(options => options.TimeUnit = TimeUnit.Milliseconds);

        Assert.That((await client.ExportEventsAsync(new EventExportOptions { Start = Day })).Count, Is.EqualTo(1));
        await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync(new EventExportOptions { Start = Day.AddDays(1) }));
    }

    [Test]
    public async Task Items_that_have_moved_out_of_the_window_are_delivered_and_counted([Values("typed", "raw")] string form)
    {
        using var client = new Api(() => CreatePage(1704067200000, 1704326400000, 1704067200001)).Client();
        var options = new EventExportOptions { Start = Day, End = Day.AddDays(1) };

        ExportPage page = form == "typed"
            ? await client.ExportEventsAsync(options)
            : await client.ExportRawPagesAsync(ExportStream.Events, options).FirstAsync();

        Assert.That((page.Count, page.OutsideWindow), Is.EqualTo((3, 1)));
    }

    [TestCase(1704067200000 - 999, 1, 0)]
    [TestCase(1704067200000 - 1000, 2, 1)]
    [TestCase(1704153600000 + 999, 1, 0)]
    [TestCase(1704153600000 + 1000, 2, 1)]
    public async Task An_item_outside_of_the_window_by_less_than_the_unit_is_due_to_rounding(long time, int count, int outside)
    {
        using var client = new Api(() => CreatePage(1704067200000, time)).Client(options => options.TimeUnit = TimeUnit.Seconds);

        var page = await client.ExportEventsAsync(new EventExportOptions { Start = Day, End = Day.AddDays(1) });

        Assert.That((page.Count, page.OutsideWindow), Is.EqualTo((count, outside)));
    }

    [Test]
    public async Task An_item_without_a_time_does_not_determine_the_unit()
    {
        using var client = new Api(() => Responses.Json("""{"items":[{"id":"a"}],"nextCursor":null}""")).Client();

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync(new EventExportOptions { Start = Day })))!;

        Assert.That(exception.Message, Does.Contain("could not be detected").And.Contain("an item without a time").And.Contain("Set TimeUnit"));
    }

    [Test]
    public async Task Endless_empty_pages_are_not_mistaken_for_no_data()
    {
        using var client = new Api((_, index, _) => Task.FromResult(Responses.Page(0, $"c{index}"))).Client();

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync(new EventExportOptions { Start = Day })))!;

        Assert.That(exception.Message, Does.Contain("16 empty pages in a row"));
    }

    [Test]
    public async Task Disposing_the_client_ends_calls_waiting_for_the_unit()
    {
        var api = new Api(async (_, _, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return Responses.Page(0, null);
        });
        var client = api.Client();
        var options = new EventExportOptions { Start = Day };
        Task[] waiting = [client.ExportEventsAsync(options), client.ExportEventsAsync(options)];

        client.Dispose();

        foreach (var one in waiting) await Assert.ThrowsAsync<ObjectDisposedException>(() => one);
    }

    [Test]
    public async Task Items_without_a_time_are_delivered_and_prove_nothing()
    {
        using var client = new Api(() => Responses.Json("""{"items":[{"id":"a"},{"timestamp":"soon"}],"nextCursor":null}"""))
            .Client(options => options.TimeUnit = TimeUnit.Seconds);

        var page = await client.ExportEventsAsync(new EventExportOptions { Start = Day });

        Assert.That((page.Count, page.OutsideWindow), Is.EqualTo((2, 0)));
    }

    [Test]
    public async Task A_page_whose_items_are_only_due_to_rounding_is_empty_and_not_the_end()
    {
        var pages = 0;
        var api = new Api((_, _, _) => Task.FromResult(pages++ switch
        {
            0 => CreatePage(1704067200100),
            1 => CreatePage(1704067200500),
            _ => Responses.Json("""{"items":[],"nextCursor":null}"""),
        }));
        using var client = api.Client(options => options.TimeUnit = TimeUnit.Seconds);

        var counts = await client.ExportEventPagesAsync(new EventExportOptions { Start = Day.AddMilliseconds(300) }).Select(page => page.Count).ToListAsync();

        Assert.That(counts, Is.EqualTo((int[])[0, 1, 0]));

        HttpResponseMessage CreatePage(long time) => Responses.Json($$"""{"items":[{"timestamp":{{time}}}],"nextCursor":"c{{pages}}"}""");
    }

    [Test]
    public async Task The_first_item_takes_at_most_two_more_requests_and_only_once()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10_000, TimeUnit = SandboxTimeUnit.Milliseconds });
        using var client = sandbox.Client(options => options.ReadAhead = 0);

        await client.ExportAllEventsAsync(new EventExportOptions { Start = Day }).FirstAsync();
        Assert.That(sandbox.RequestCount, Is.EqualTo(3));
        await client.ExportAllEventsAsync(new EventExportOptions { Start = Day }).FirstAsync();
        Assert.That(sandbox.RequestCount, Is.EqualTo(4));
    }

    private static async Task<List<long>> TimesAsync(ExportClient client, ExportStream stream, DateTimeOffset? start, DateTimeOffset? end) => stream switch
    {
        ExportStream.Events => await client.ExportAllEventsAsync(new() { Start = start, End = end, PageSize = 1000 })
            .Select(item => item.Timestamp!.Value)
            .ToListAsync(),
        ExportStream.Sessions => await client.ExportAllSessionsAsync(new() { Start = start, End = end, PageSize = 1000 })
            .Select(item => item.CloseTime!.Value)
            .ToListAsync(),
        _ => await client.ExportAllUsersAsync(new() { Start = start, End = end, PageSize = 1000 })
            .Select(item => item.LastModifiedTime!.Value)
            .ToListAsync(),
    };

    private static DateTimeOffset At(long time) => DateTimeOffset.FromUnixTimeMilliseconds(time);

    private static HttpResponseMessage CreatePage(params long[] times) =>
        Responses.Json($$"""{"items":[{{string.Join(',', times.Select(time => $$"""{"timestamp":{{time}}}"""))}}],"nextCursor":null}""");

    private static string GetStart(HttpRequestMessage request) =>
        request.RequestUri!.Query[1..].Split('&').Select(pair => pair.Split('=')).Single(pair => pair[0] == "start")[1];
}
