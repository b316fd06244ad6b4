using System.Runtime.Versioning;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class FileCursorStoreTests
{
    [Test]
    public async Task Returns_what_was_saved_last()
    {
        using var folder = new Folder();
        await new FileCursorStore(folder.File).SaveAsync(At("older"));
        await new FileCursorStore(folder.File).SaveAsync(At("a/b c+d&é=\""));

        Assert.That((await new FileCursorStore(folder.File).LoadAsync())?.Cursor, Is.EqualTo("a/b c+d&é=\""));
    }

    [Test]
    public async Task Has_no_checkpoint_while_there_is_no_file()
    {
        using var folder = new Folder();

        Assert.That(await new FileCursorStore(folder.File).LoadAsync(), Is.Null);
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase("  \r\n")]
    [TestCase("\0\0\0\0", TestName = "{m}(zeros)")]
    [TestCase("c1\nc2\n")]
    public async Task Refuses_a_file_without_a_checkpoint_and_names_it(string text)
    {
        using var folder = new Folder();
        await File.WriteAllTextAsync(folder.File, text);

        var exception = (await Assert.ThrowsAsync<ExportException>(async () => await new FileCursorStore(folder.File).LoadAsync()))!;

        Assert.That(exception.Message, Does.Contain(folder.File));
    }

    [Test]
    public async Task Refuses_a_file_that_is_not_text_and_names_it()
    {
        using var folder = new Folder();
        await File.WriteAllBytesAsync(folder.File, [0x63, 0xC3, 0x28, 0x0A]);

        var exception = (await Assert.CatchAsync(async () => await new FileCursorStore(folder.File).LoadAsync()))!;

        Assert.That(exception, Is.TypeOf<ExportException>());
        Assert.That(exception.Message, Does.Contain(folder.File));
    }

    [TestCase("a/é")]
    [TestCase("a\té")]
    public async Task Refuses_a_file_with_any_bit_flipped_or_cut_at_any_byte(string cursor)
    {
        using var folder = new Folder();
        await new FileCursorStore(folder.File).SaveAsync(At(cursor));
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
                // Expected.
            }
        }
    }

    [Test]
    public async Task Leaves_only_the_file()
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);

        await store.SaveAsync(At("c1"));
        await store.SaveAsync(At("c2"));

        Assert.That(Directory.GetFileSystemEntries(folder.Path).Single(), Is.EqualTo(folder.File));
    }

    [Test]
    public async Task Overwrites_the_leftovers_of_an_interrupted_run()
    {
        using var folder = new Folder();
        await File.WriteAllTextAsync(folder.File + ".tmp", "half of a very long cur");
        var store = new FileCursorStore(folder.File);

        await store.SaveAsync(At("c1"));

        Assert.That((await store.LoadAsync())?.Cursor, Is.EqualTo("c1"));
    }

    [Test]
    public async Task Refuses_a_folder_before_the_first_page()
    {
        using var folder = new Folder();

        var exception = (await Assert.ThrowsAsync<IOException>(async () => await new FileCursorStore(folder.Path).LoadAsync()))!;

        Assert.That(exception.Message, Does.Contain("is a folder"));
    }

    [TestCase("")]
    [TestCase(" ")]
    public async Task Refuses_to_save_a_cursor_that_cannot_be_sent_and_keeps_the_previous_one(string cursor)
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);
        await store.SaveAsync(At("c1"));

        await Assert.CatchAsync<ArgumentException>(async () => await store.SaveAsync(At(cursor)));

        Assert.That((await store.LoadAsync())?.Cursor, Is.EqualTo("c1"));
    }

    [TestCase("c1\n")]
    [TestCase("a\tb")]
    [TestCase("a%09b")]
    [TestCase("c\nescaped ")]
    [TestCase("c\u0001", TestName = "{m}(control character)")]
    [TestCase("\uFEFFc1", TestName = "{m}(byte order mark)")]
    public async Task Returns_any_cursor_that_can_be_sent(string cursor)
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);

        await store.SaveAsync(At(cursor));

        Assert.That((await store.LoadAsync())?.Cursor, Is.EqualTo(cursor));
    }

    [Test]
    public async Task Writes_a_human_readable_checkpoint_above_its_checksum()
    {
        using var folder = new Folder();

        await new FileCursorStore(folder.File).SaveAsync(At("é+/\"&"));

        Assert.That(
            await File.ReadAllTextAsync(folder.File),
            Does.Match(@"\A{""version"":1,""stream"":""events"",""cursor"":""é\+/\\""&""}\nsha256 [A-Za-z0-9+/]{43}=\n\z"));
    }

    [Test]
    public async Task Keeps_a_checkpoint_without_a_cursor()
    {
        using var folder = new Folder();

        await new FileCursorStore(folder.File).SaveAsync(new Checkpoint { Stream = ExportStream.Users });

        var loaded = (await new FileCursorStore(folder.File).LoadAsync())!;
        Assert.That((loaded.Stream, loaded.Cursor), Is.EqualTo((ExportStream.Users, default(string))));
    }

    [Test]
    public async Task A_file_of_events_is_refused_for_sessions_and_stays_unchanged()
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);
        using var client = new Api(() => Responses.Page(0, "c1")).Client();
        await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask);
        var before = await File.ReadAllTextAsync(folder.File);

        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportSessionPagesAsync(store, (_, _) => Task.CompletedTask)))!;

        Assert.That(exception.Message, Is.EqualTo(
            $"The checkpoint in '{folder.File}' belongs to another export: the stream was Events and is Sessions now. " +
            "Give this export a store of its own, or delete the checkpoint to start over."));
        Assert.That(await File.ReadAllTextAsync(folder.File), Is.EqualTo(before));
    }

    [Test]
    public async Task A_file_of_a_newer_version_is_refused_with_advice()
    {
        using var folder = new Folder();
        const string Json = """{"version":2,"stream":"events","cursor":"c1"}""";
        await File.WriteAllTextAsync(
            folder.File,
            $"{Json}\nsha256 {Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Json)))}\n");

        var exception = (await Assert.ThrowsAsync<ExportException>(async () => await new FileCursorStore(folder.File).LoadAsync()))!;

        Assert.That(exception.Message, Does.Contain(folder.File).And.Contain("newer version"));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task A_symbolic_link_stays_and_its_target_is_replaced([Values] bool isDangling)
    {
        using var folder = new Folder();
        var target = System.IO.Path.Combine(folder.Path, "volume", "target");
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
        if (!isDangling) await new FileCursorStore(target).SaveAsync(At("c0"));
        File.CreateSymbolicLink(folder.File + ".2", "volume/target");
        File.CreateSymbolicLink(folder.File, folder.File + ".2");
        var store = new FileCursorStore(folder.File);

        Assert.That((await store.LoadAsync())?.Cursor, Is.EqualTo(isDangling ? null : "c0"));
        await store.SaveAsync(At("c1"));

        Assert.That(new FileInfo(folder.File).LinkTarget, Is.EqualTo(folder.File + ".2"));
        Assert.That(new FileInfo(target).LinkTarget, Is.Null);
        Assert.That((await new FileCursorStore(target).LoadAsync())?.Cursor, Is.EqualTo("c1"));
        Assert.That(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories), Is.EquivalentTo((string[])[folder.File, folder.File + ".2", target]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task A_link_in_a_linked_folder_is_resolved_as_the_system_does()
    {
        using var folder = new Folder();
        var inner = Directory.CreateDirectory(System.IO.Path.Combine(folder.Path, "a", "b")).FullName;
        Directory.CreateSymbolicLink(System.IO.Path.Combine(folder.Path, "shortcut"), inner);
        File.CreateSymbolicLink(System.IO.Path.Combine(inner, "link"), "../target");

        await new FileCursorStore(System.IO.Path.Combine(folder.Path, "shortcut", "link")).SaveAsync(At("c1"));

        Assert.That(File.Exists(System.IO.Path.Combine(folder.Path, "a", "target")), Is.True);
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task A_circular_link_or_one_to_a_missing_folder_is_refused_before_the_first_page()
    {
        using var folder = new Folder();
        File.CreateSymbolicLink(folder.File, folder.File);
        File.CreateSymbolicLink(folder.File + ".2", "gone/target");

        var circle = (await Assert.CatchAsync<IOException>(async () => await new FileCursorStore(folder.File).LoadAsync()))!;
        var gone = (await Assert.CatchAsync<IOException>(async () => await new FileCursorStore(folder.File + ".2").LoadAsync()))!;

        Assert.That(circle.Message, Does.Contain(folder.File).And.Contain("loop"));
        Assert.That(gone.Message, Does.Contain("gone/target").And.Contain("does not exist"));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_owner_may_read_the_file()
    {
        using var folder = new Folder();
        await File.WriteAllTextAsync(folder.File + ".tmp", "left behind, for all to read");

        await new FileCursorStore(folder.File).SaveAsync(At("c1"));

        Assert.That(File.GetUnixFileMode(folder.File), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task A_missing_folder_is_reported_on_load_and_on_save()
    {
        using var folder = new Folder();
        var store = new FileCursorStore(System.IO.Path.Combine(folder.Path, "none", "events.cursor"));

        Assert.Multiple(() =>
        {
            Assert.That(async () => await store.LoadAsync(), Throws.InstanceOf<IOException>().With.Message.Contains("does not exist"));
            Assert.That(async () => await store.SaveAsync(At("c1")), Throws.InstanceOf<IOException>().With.Message.Contains("does not exist"));
        });
    }

    [Test]
    public async Task A_file_that_cannot_be_replaced_is_named_and_nothing_is_left_over()
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);
        Directory.CreateDirectory(System.IO.Path.Combine(folder.File + ".tmp", "in the way"));

        var exception = (await Assert.CatchAsync<IOException>(async () => await store.SaveAsync(At("c1"))))!;

        Assert.That(exception.Message, Does.Contain(folder.File).And.Contain("Its folder must be writable"));
        Assert.That(File.Exists(folder.File), Is.False);
    }

    [Test]
    [Platform("Linux")]
    public async Task A_file_that_is_its_own_mount_is_refused_with_advice()
    {
        using var folder = new Folder();
        await File.WriteAllTextAsync(folder.File, "");
        var mount = await Limits.Command.RunAsync(
            new("mount", ["--bind", folder.File, folder.File]) { RedirectStandardOutput = true, RedirectStandardError = true });
        if (mount.Code != 0) Assert.Ignore($"This user cannot mount a file: {mount.Errors.Trim()}");
        try
        {
            var exception = (await Assert.CatchAsync<IOException>(async () => await new FileCursorStore(folder.File).SaveAsync(At("c1"))))!;

            Assert.That(exception.Message, Does.Contain(folder.File).And.Contain("Mount its folder instead"));
            Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo((string[])[folder.File]));
        }
        finally
        {
            await Limits.Command.RunAsync(new("umount", [folder.File]) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
    }

    [TestCase("a\tb")]
    [TestCase("a b")]
    public async Task Lets_an_export_resume_after_any_cursor_of_the_API(string cursor)
    {
        using var folder = new Folder();
        var store = new FileCursorStore(folder.File);
        using (var client = new Api(() => Responses.Page(0, cursor)).Client()) await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask);
        var api = new Api(() => Responses.Page(0, null));

        using (var client = api.Client()) await client.ExportEventPagesAsync(store, (_, _) => Task.CompletedTask);

        Assert.That(api.Cursors.Single(), Is.EqualTo(cursor));
    }

    [TestCase(null)]
    [TestCase("  ")]
    public void Refuses_a_path_that_does_not_name_a_file(string? path) =>
        Assert.That(() => new FileCursorStore(path!), Throws.InstanceOf<ArgumentException>().With.Message.Contains("path"));

    private static Checkpoint At(string cursor) => new() { Cursor = cursor };

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("cursor-").FullName;

        public string File => System.IO.Path.Combine(Path, "events.cursor");

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
