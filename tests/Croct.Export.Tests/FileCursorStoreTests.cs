using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class FileCursorStoreTests
{
    [Test]
    public async Task Gives_back_what_was_saved_last()
    {
        using var folder = new Folder();
        await new FileCursorStore(folder.File).SaveAsync("older");
        await new FileCursorStore(folder.File).SaveAsync("a/b c+d&é=\"");

        Assert.That(await new FileCursorStore(folder.File).LoadAsync(), Is.EqualTo("a/b c+d&é=\""));
    }

    [Test]
    public async Task Has_no_cursor_while_there_is_no_file()
    {
        using var folder = new Folder();

        Assert.That(await new FileCursorStore(folder.File).LoadAsync(), Is.Null);
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase("  \r\n")]
    [TestCase("\0\0\0\0", TestName = "{m}(zeros)")]
    [TestCase("c1\nc2\n")]
    public async Task Refuses_a_file_that_holds_no_cursor_and_names_it(string text)
    {
        using var folder = new Folder();
        await File.WriteAllTextAsync(folder.File, text);

        var exception = (await Assert.ThrowsAsync<ExportException>(async () => await new FileCursorStore(folder.File).LoadAsync()))!;

        Assert.That(exception.Message, Does.Contain(folder.File));
    }

    [Test]
    public async Task Refuses_a_file_that_is_no_text_and_names_it()
    {
        using var folder = new Folder();
        await File.WriteAllBytesAsync(folder.File, [0x63, 0xC3, 0x28, 0x0A]);

        var exception = (await Assert.CatchAsync(async () => await new FileCursorStore(folder.File).LoadAsync()))!;

        Assert.That(exception, Is.TypeOf<ExportException>());
        Assert.That(exception.Message, Does.Contain(folder.File));
    }

    [TestCase("a/é")]
    [TestCase("a\té")]
    public async Task Refuses_a_file_with_any_bit_changed_or_any_end_missing(string cursor)
    {
        using var folder = new Folder();
        await new FileCursorStore(folder.File).SaveAsync(cursor);
        var saved = await File.ReadAllBytesAsync(folder.File);
        var misread = new List<string>();

        for (var at = 0; at < saved.Length; at++)
        {
            await LoadAsync($"cut at {at}", saved[..at]);
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = saved.ToArray();
                changed[at] ^= (byte)(1 << bit);
                await LoadAsync($"bit {bit} of {at}", changed);
            }
        }

        Assert.That(misread, Is.Empty);

        async Task LoadAsync(string change, byte[] bytes)
        {
            await File.WriteAllBytesAsync(folder.File, bytes);
            try
            {
                misread.Add($"{change}: {await new FileCursorStore(folder.File).LoadAsync()}");
            }
            catch (ExportException)
            {
                // As it should be.
            }
        }
    }

    [Test]
    public async Task Leaves_nothing_but_the_file()
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);

        await store.SaveAsync("c1");
        await store.SaveAsync("c2");

        Assert.That(Directory.GetFileSystemEntries(folder.Path).Single(), Is.EqualTo(folder.File));
    }

    [Test]
    public async Task Saves_over_what_an_interrupted_run_left_behind()
    {
        using var folder = new Folder();
        await File.WriteAllTextAsync(folder.File + ".tmp", "half of a very long cur");
        var store = new FileCursorStore(folder.File);

        await store.SaveAsync("c1");

        Assert.That(await store.LoadAsync(), Is.EqualTo("c1"));
    }

    [Test]
    public async Task Refuses_a_folder_before_the_first_page()
    {
        using var folder = new Folder();

        var exception = (await Assert.ThrowsAsync<IOException>(async () => await new FileCursorStore(folder.Path).LoadAsync()))!;

        Assert.That(exception.Message, Does.Contain("is a folder"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    public async Task Refuses_to_save_a_cursor_that_cannot_be_sent_and_keeps_the_old_one(string? cursor)
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);
        await store.SaveAsync("c1");

        await Assert.CatchAsync<ArgumentException>(async () => await store.SaveAsync(cursor!));

        Assert.That(await store.LoadAsync(), Is.EqualTo("c1"));
    }

    [TestCase("c1\n")]
    [TestCase("a\tb")]
    [TestCase("a%09b")]
    [TestCase("c\nescaped ")]
    [TestCase("c\u0001", TestName = "{m}(control character)")]
    [TestCase("\uFEFFc1", TestName = "{m}(byte order mark)")]
    public async Task Gives_back_any_cursor_that_can_be_sent(string cursor)
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);

        await store.SaveAsync(cursor);

        Assert.That(await store.LoadAsync(), Is.EqualTo(cursor));
    }

    [Test]
    public async Task Keeps_a_plain_cursor_as_it_is_above_its_checksum()
    {
        using var folder = new Folder();

        await new FileCursorStore(folder.File).SaveAsync("c1");

        Assert.That(await File.ReadAllTextAsync(folder.File), Is.EqualTo("c1\nsha256 0PYxyh3bqNs7z8ueBXzcmNA3nxvuAOdaVFFHon2t2YI=\n"));
    }

    [TestCase("a\tb")]
    [TestCase("a b")]
    public async Task Lets_an_export_go_on_behind_any_cursor_of_the_API(string cursor)
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);
        using (var client = new Api(() => Answers.Page(0, cursor)).Client()) await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask);
        var api = new Api(() => Answers.Page(0, null));

        using (var client = api.Client()) await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask);

        Assert.That(api.Cursors.Single(), Is.EqualTo(cursor));
    }

    [TestCase(null)]
    [TestCase("  ")]
    public void Refuses_a_path_that_names_no_file(string? path) =>
        Assert.That(() => new FileCursorStore(path!), Throws.InstanceOf<ArgumentException>().With.Message.Contains("path"));

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("cursor-").FullName;

        public string File => System.IO.Path.Combine(Path, "events.cursor");

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
