using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class CheckpointTests
{
    [Test]
    public async Task Saves_a_cursor_only_after_the_handler_is_done_with_the_page()
    {
        var store = new MemoryStore();
        using var client = TwoPages().Client();
        var savedBefore = new List<string?>();

        await client.ExportEventPagesAsync(store, async (page, _) =>
        {
            await Task.Yield();
            savedBefore.Add($"{page.NextCursor}: {store.Cursor}");
        });

        Assert.That(string.Join(", ", savedBefore), Is.EqualTo("c1: , c2: c1, : c2"));
        Assert.That(store.Saved, Is.EqualTo((string[])["c1", "c2"]));
    }

    [Test]
    public async Task Keeps_the_old_cursor_when_the_handler_fails()
    {
        var store = new MemoryStore();
        using var client = TwoPages().Client();

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => client.ExportEventPagesAsync(
            store, (page, _) => page.Cursor is null ? Task.CompletedTask : throw new InvalidTimeZoneException()));

        Assert.That(store.Cursor, Is.EqualTo("c1"));
    }

    [Test]
    public async Task Keeps_the_cursor_of_the_pages_before_a_failed_request()
    {
        var store = new MemoryStore();
        using var client = new Api(() => Answers.Page(1, "c1"), () => Answers.Status(System.Net.HttpStatusCode.Forbidden)).Client();

        await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask));

        Assert.That(store.Cursor, Is.EqualTo("c1"));
    }

    [Test]
    public async Task Begins_behind_the_stored_cursor()
    {
        var api = new Api(() => Answers.Page(0, "c7"));
        using var client = api.Client();

        await client.ExportUserPagesAsync(new MemoryStore { Cursor = "c7" }, (_, _) => Task.CompletedTask, new UserExportOptions { Cursor = "older", PageSize = 9 });

        Assert.That(api.Urls.Single(), Does.EndWith("/user?pageSize=9&cursor=c7"));
    }

    [Test]
    public async Task Begins_at_the_cursor_of_the_options_while_the_store_is_empty()
    {
        var api = new Api(() => Answers.Page(0, "c7"));
        using var client = api.Client();
        var options = new SessionExportOptions { Cursor = "c7" };

        await client.ExportSessionPagesAsync(new MemoryStore(), (_, _) => Task.CompletedTask, options);

        Assert.That(api.Cursors, Is.EqualTo((string[])["c7"]));
        Assert.That(options.Cursor, Is.EqualTo("c7"));
    }

    [Test]
    public async Task Hands_over_the_empty_page_at_the_end_and_saves_its_cursor()
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
        Assert.That(store.Cursor, Is.EqualTo("c2"));
    }

    [Test]
    public async Task Saves_nothing_when_the_last_page_has_no_cursor()
    {
        var store = new MemoryStore();
        using var client = new Api(() => Answers.Page(1, "c1"), () => Answers.Page(1, null)).Client();

        await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask);

        Assert.That(store.Saved, Is.EqualTo((string[])["c1"]));
    }

    [Test]
    public async Task Gives_the_token_to_the_store_and_the_handler()
    {
        using var caller = new CancellationTokenSource();
        var store = new MemoryStore();
        using var client = new Api(() => Answers.Page(0, "c1")).Client();
        CancellationToken given = default;

        await client.ExportEventPagesAsync(store, (_, token) =>
        {
            given = token;
            return Task.CompletedTask;
        }, cancellationToken: caller.Token);

        Assert.That((given, store.Token), Is.EqualTo((caller.Token, caller.Token)));
    }

    [Test]
    public void Checks_its_arguments_before_it_asks_the_store()
    {
        var store = new MemoryStore();
        using var client = TwoPages().Client();

        Assert.Multiple(() =>
        {
            Assert.That(() => client.ExportEventPagesAsync(null!, (_, _) => Task.CompletedTask), Throws.ArgumentNullException);
            Assert.That(() => client.ExportEventPagesAsync(store, null!), Throws.ArgumentNullException);
            Assert.That(() => client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask, new() { PageSize = 0 }), Throws.InstanceOf<ArgumentException>());
        });
        Assert.That(store.Loads, Is.Zero);
    }

    private static Api TwoPages() => new(() => Answers.Page(1, "c1"), () => Answers.Page(0, "c2"), () => Answers.Page(0, null));

    private sealed class MemoryStore : ICursorStore
    {
        public string? Cursor { get; set; }

        public List<string> Saved { get; } = [];

        public int Loads { get; private set; }

        public CancellationToken Token { get; private set; }

        public ValueTask<string?> LoadAsync(CancellationToken cancellationToken = default)
        {
            Loads++;
            return new(Cursor);
        }

        public ValueTask SaveAsync(string cursor, CancellationToken cancellationToken = default)
        {
            Saved.Add(Cursor = cursor);
            Token = cancellationToken;
            return default;
        }
    }
}
