using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class CheckpointTests
{
    private static readonly DateTimeOffset Day = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task Saves_a_cursor_only_after_the_handler_has_finished_the_page()
    {
        var store = new MemoryStore();
        using var client = TwoPages().Client();
        var savedBefore = new List<string?>();

        await client.ExportEventPagesAsync(store, async (page, _) =>
        {
            await Task.Yield();
            savedBefore.Add($"{page.NextCursor}: {store.Checkpoint?.Cursor}");
        });

        Assert.That(string.Join(", ", savedBefore), Is.EqualTo("c1: , c2: c1, : c2"));
        Assert.That(store.Saved, Is.EqualTo((string[])["c1", "c2", "c2"]));
    }

    [Test]
    public async Task Keeps_the_old_cursor_when_the_handler_fails()
    {
        var store = new MemoryStore();
        using var client = TwoPages().Client();

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => client.ExportEventPagesAsync(
            store, (page, _) => page.Cursor is null ? Task.CompletedTask : throw new InvalidTimeZoneException()));

        Assert.That(store.Checkpoint?.Cursor, Is.EqualTo("c1"));
    }

    [Test]
    public async Task Keeps_the_cursor_of_the_pages_before_a_failed_request()
    {
        var store = new MemoryStore();
        using var client = new Api(() => Responses.Page(1, "c1"), () => Responses.Status(System.Net.HttpStatusCode.Forbidden)).Client();

        await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask));

        Assert.That(store.Checkpoint?.Cursor, Is.EqualTo("c1"));
    }

    [Test]
    public async Task Starts_after_the_stored_cursor()
    {
        var api = new Api(() => Responses.Page(0, "c7"));
        using var client = api.Client();

        await client.ExportUserPagesAsync(
            new MemoryStore { Checkpoint = new() { Stream = ExportStream.Users, Cursor = "c7" } },
            (_, _) => Task.CompletedTask,
            new UserExportOptions { Cursor = "older", PageSize = 9 });

        Assert.That(api.Urls.Single(), Does.EndWith("/user?pageSize=9&cursor=c7"));
    }

    [Test]
    public async Task Starts_at_the_cursor_of_the_options_while_the_store_is_empty()
    {
        var api = new Api(() => Responses.Page(0, "c7"));
        using var client = api.Client();
        var options = new SessionExportOptions { Cursor = "c7" };

        await client.ExportSessionPagesAsync(new MemoryStore(), (_, _) => Task.CompletedTask, options);

        Assert.That(api.Cursors, Is.EqualTo((string[])["c7"]));
        Assert.That(options.Cursor, Is.EqualTo("c7"));
    }

    [Test]
    public async Task Passes_on_the_empty_page_at_the_end_and_saves_its_cursor()
    {
        var store = new MemoryStore();
        var counts = new List<int>();
        using var client = TwoPages().Client();

        await client.ExportEventPagesAsync(store, (page, _) =>
        {
            counts.Add(page.Count);
            return Task.CompletedTask;
        });

        Assert.That(counts, Is.EqualTo((int[])[1, 0, 0]));
        Assert.That(store.Checkpoint?.Cursor, Is.EqualTo("c2"));
    }

    [Test]
    public async Task Saves_every_handled_page_with_either_end_of_data([Values] SandboxEndOfData end)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, EndOfData = end });
        using var client = sandbox.Client();
        var store = new RowStore();

        await client.ExportEventPagesAsync(store, store.HandleAsync);

        Assert.That(store.Saves, Is.EqualTo(store.Pages).And.EqualTo(end == SandboxEndOfData.NullCursor ? 3 : 4));
        Assert.That((store.Handled, store.Committed), Is.EqualTo((300, 300)));
    }

    [Test]
    public async Task Saves_a_page_without_any_cursor()
    {
        var store = new MemoryStore();
        using var client = new Api(() => Responses.Page(1, null)).Client();

        await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask);
        await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask);

        Assert.That(store.Saved, Is.EqualTo((string?[])[null, null]));
    }

    [Test]
    public async Task Saves_nothing_if_there_is_no_data_to_detect_the_unit()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 0 });
        using var client = sandbox.Client();
        var (store, pages) = (new MemoryStore(), 0);

        await client.ExportEventPagesAsync(store, (_, _) => Task.FromResult(pages++), new() { Start = Day });

        Assert.That((pages, store.Saved.Count), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task Saves_which_export_it_belongs_to()
    {
        var store = new MemoryStore();
        using var client = new Api(() => Responses.Page(1, "c1")).Client(options => options.TimeUnit = TimeUnit.Milliseconds);
        var options = new EventExportOptions
        {
            Start = Day.AddYears(-1),
            End = Day.AddMilliseconds(0.5),
            Events = [EventType.UserSignedIn, EventType.CartViewed],
        };

        await Assert.ThrowsAsync<ExportException>(() => client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask, options));

        Assert.That(
            store.Checkpoint!.ToJson(),
            Is.EqualTo(
                """{"version":1,"stream":"events","events":""" +
                """["cartViewed","userSignedIn"]""" +
                ""","start":"2023-01-01T00:00:00+00:00","end":"2024-01-01T00:00:00.0005+00:00","timeUnit":"milliseconds","cursor":"c1"}"""));
    }

    [Test]
    public async Task Resumes_only_the_export_it_belongs_to()
    {
        using var client = TwoPages().Client(options => options.TimeUnit = TimeUnit.Seconds);
        var store = new MemoryStore
        {
            Checkpoint = new() { Events = [EventType.OrderPlaced, EventType.CartViewed], Start = Day, End = Day.AddDays(1), Cursor = "c7" },
        };
        IReadOnlyCollection<EventType> types = [EventType.OrderPlaced, EventType.CartViewed];

        Assert.Multiple(() =>
        {
            Refuses(
                "the stream was Events and is Sessions now",
                () => client.ExportSessionPagesAsync(store, (_, _) => Task.CompletedTask, new() { Start = Day, End = Day.AddDays(1) }));
            Refuses("Events was cartViewed,orderPlaced and is (all) now", () => EventsAsync(new() { Start = Day, End = Day.AddDays(1) }));
            Refuses(
                "Events was cartViewed,orderPlaced and is orderPlaced now",
                () => EventsAsync(new() { Start = Day, End = Day.AddDays(1), Events = [EventType.OrderPlaced] }));
            Refuses("Start was 2024-01-01T00:00:00.0000000Z and is (none) now", () => EventsAsync(new() { End = Day.AddDays(1), Events = types }));
            Refuses(
                "End was 2024-01-02T00:00:00.0000000Z and is 2024-01-03T00:00:00.0000000Z now",
                () => EventsAsync(new() { Start = Day, End = Day.AddDays(2), Events = types }));
        });

        void Refuses(string difference, Func<Task> export) =>
            Assert.That(export, Throws.TypeOf<ExportException>().With.Message.Contains(difference).And.Message.Contains("a store of its own"));

        Task EventsAsync(EventExportOptions options) => client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask, options);
    }

    [Test]
    public async Task Treats_types_in_another_order_and_a_window_in_another_time_zone_as_the_same_export()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();
        var store = new MemoryStore
        {
            Checkpoint = new()
            {
                Events = [EventType.OrderPlaced, EventType.CartViewed],
                Start = Day,
                TimeUnit = TimeUnit.Seconds,
                Cursor = "c7",
            },
        };

        await client.ExportEventPagesAsync(
            store,
            (_, _) => Task.CompletedTask,
            new() { Events = [EventType.CartViewed, EventType.OrderPlaced, EventType.CartViewed], Start = Day.ToOffset(TimeSpan.FromHours(-3)) });

        Assert.That(api.Cursors, Is.EqualTo((string[])["c7"]));
    }

    [Test]
    public async Task Does_not_detect_the_unit_again_when_it_resumes([Values] SandboxTimeUnit unit)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, TimeUnit = unit });
        var (store, options) = (new MemoryStore(), new EventExportOptions { Start = Day });
        using (var client = sandbox.Client()) await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask, options);
        var before = sandbox.RequestCount;

        using (var client = sandbox.Client()) await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask, options);

        Assert.That(store.Checkpoint!.TimeUnit.ToString(), Is.EqualTo(unit.ToString()));
        Assert.That(sandbox.RequestCount - before, Is.EqualTo(1));
    }

    [Test]
    public async Task Detects_the_unit_again_if_asked_to()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, TimeUnit = SandboxTimeUnit.Milliseconds });
        var store = new MemoryStore { Checkpoint = new() { Start = Day, TimeUnit = TimeUnit.Seconds } };
        using var client = sandbox.Client();

        await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask, new() { Start = Day, TimeUnit = TimeUnit.Detect });

        Assert.That(store.Checkpoint!.TimeUnit, Is.EqualTo(TimeUnit.Milliseconds));
    }

    [Test]
    public void Round_trips_through_JSON()
    {
        var checkpoint = new Checkpoint
        {
            Stream = ExportStream.Events,
            Events = ["aTypeOfTomorrow", EventType.CartViewed],
            Start = Day.AddTicks(1).ToOffset(TimeSpan.FromHours(5.5)),
            End = Day.AddDays(1),
            TimeUnit = TimeUnit.Seconds,
            Cursor = "a\n\"é\u0001🦊",
        };

        Assert.That(Checkpoint.Parse(checkpoint.ToJson()).ToJson(), Is.EqualTo(checkpoint.ToJson()));
        Assert.That(Checkpoint.Parse(checkpoint.ToJson()).Cursor, Is.EqualTo(checkpoint.Cursor));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("""{"version":1}""")]
    [TestCase("""{"version":0,"stream":"events"}""")]
    [TestCase("""{"version":1.5,"stream":"events"}""")]
    [TestCase("""{"version":1,"stream":"event"}""")]
    [TestCase("""{"version":1,"stream":0}""")]
    [TestCase("""{"version":1,"stream":"events","events":"cartViewed"}""")]
    [TestCase("""{"version":1,"stream":"events","events":[null]}""")]
    [TestCase("""{"version":1,"stream":"events","start":"yesterday"}""")]
    [TestCase("""{"version":1,"stream":"events","timeUnit":"hours"}""")]
    [TestCase("""{"version":1,"stream":"events","cursor":7}""")]
    public void Refuses_JSON_that_is_not_a_checkpoint(string json) =>
        Assert.That(() => Checkpoint.Parse(json), Throws.TypeOf<FormatException>().With.Message.Contains("is not a checkpoint"));

    [Test]
    public void Refuses_a_checkpoint_of_a_newer_version() =>
        Assert.That(
            () => Checkpoint.Parse("""{"version":2}"""),
            Throws.TypeOf<FormatException>().With.Message.Contains("newer version").And.Message.Contains("format 2"));

    [Test]
    public async Task Passes_the_token_to_the_store_and_the_handler()
    {
        using var caller = new CancellationTokenSource();
        var store = new MemoryStore();
        using var client = new Api(() => Responses.Page(0, "c1")).Client();
        CancellationToken given = default;

        await client.ExportEventPagesAsync(store, (_, token) =>
        {
            given = token;
            return Task.CompletedTask;
        }, cancellationToken: caller.Token);

        Assert.That((given, store.Token), Is.EqualTo((caller.Token, caller.Token)));
    }

    [Test]
    public void Checks_its_arguments_before_it_loads_the_checkpoint()
    {
        var store = new MemoryStore();
        using var client = TwoPages().Client();

        Assert.Multiple(() =>
        {
            Assert.That(() => client.ExportEventPagesAsync(null!, (_, _) => Task.CompletedTask), Throws.ArgumentNullException);
            Assert.That(() => client.ExportEventPagesAsync(store, null!), Throws.ArgumentNullException);
            Assert.That(
                () => client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask, new() { PageSize = 0 }),
                Throws.InstanceOf<ArgumentException>());
        });
        Assert.That(store.Loads, Is.Zero);
    }

    private static Api TwoPages() => new(() => Responses.Page(1, "c1"), () => Responses.Page(0, "c2"), () => Responses.Page(0, null));

    private sealed class MemoryStore : ICursorStore
    {
        public Checkpoint? Checkpoint { get; set; }

        /// <summary>The saved cursors.</summary>
        public List<string?> Saved { get; } = [];

        public int Loads { get; private set; }

        public CancellationToken Token { get; private set; }

        public ValueTask<Checkpoint?> LoadAsync(CancellationToken cancellationToken = default)
        {
            Loads++;
            return new(Checkpoint);
        }

        public ValueTask SaveAsync(Checkpoint checkpoint, CancellationToken cancellationToken = default)
        {
            Checkpoint = checkpoint;
            Saved.Add(checkpoint.Cursor);
            Token = cancellationToken;
            return default;
        }
    }

    /// <summary>A store that commits the rows of a page together with its checkpoint, as a database does.</summary>
    private sealed class RowStore : ICursorStore
    {
        private int _uncommitted;

        public int Pages { get; private set; }

        public int Saves { get; private set; }

        public int Handled { get; private set; }

        public int Committed { get; private set; }

        public Task HandleAsync(EventPage page, CancellationToken cancellationToken)
        {
            (Pages, _uncommitted, Handled) = (Pages + 1, _uncommitted + page.Count, Handled + page.Count);
            return Task.CompletedTask;
        }

        public ValueTask<Checkpoint?> LoadAsync(CancellationToken cancellationToken = default) => default;

        public ValueTask SaveAsync(Checkpoint checkpoint, CancellationToken cancellationToken = default)
        {
            (Saves, Committed, _uncommitted) = (Saves + 1, Committed + _uncommitted, 0);
            return default;
        }
    }
}
