using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Croct.Export.Sandbox;
using static Croct.Export.Tests.CommandLine.Datasets.DatasetFiles;

namespace Croct.Export.Tests.CommandLine.Datasets;

/// <summary>Datasets of parts: the folder is the only state, each row is in it once, and nothing in it is ever overwritten.</summary>
public class DatasetTests
{
    private static readonly string[] Sandbox = ["--sandbox", "--sandbox-items", "2500", "--page-size", "200", "--quiet"];

    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [TestCase("ndjson")]
    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task The_parts_have_every_row_once(string format)
    {
        await _exporter.RunAsync(["events", "--output", Folder, "--format", format, "--part-rows", "900", .. Sandbox]);

        Assert.That(ReadEvents(_exporter, format), Is.EqualTo(await ExportAllAsync(_exporter, Sandbox)));
        Assert.That(GetNumbers(_exporter), Is.EqualTo(Enumerable.Range(1, 3).Select(number => $"data/events/part-00000{number}.{format}")));
    }

    [TestCase("gzip", ".ndjson.gz")]
    [TestCase("zstd", ".ndjson.zst")]
    public async Task Parts_can_be_compressed(string compression, string extension)
    {
        await _exporter.RunAsync(["events", "--output", Folder, "--compress", compression, .. Sandbox]);

        Assert.That(GetNumbers(_exporter), Is.EqualTo(new[] { $"data/events/part-000001{extension}" }));
    }

    [Test]
    public async Task A_part_ends_at_the_first_page_that_reaches_its_size()
    {
        await _exporter.RunAsync(["events", "--output", Folder, "--part-size", "200KiB", .. Sandbox]);

        var lengths = GetParts(_exporter).Select(part => new FileInfo(_exporter.PathOf(part)).Length).ToList();
        Assert.That(lengths.SkipLast(1), Is.All.InRange(200 * 1024, 400 * 1024));
        Assert.That(lengths, Has.Count.GreaterThan(3));
    }

    [Test]
    public async Task All_writes_a_dataset_for_each_stream()
    {
        await _exporter.RunAsync("all", "--sandbox", "--sandbox-items", "300", "--output", Folder, "--quiet");

        string[] streams = ["events", "sessions", "users"];
        Assert.That(GetNumbers(_exporter), Is.EqualTo(streams.Select(stream => $"data/{stream}/part-000001.ndjson")));
    }

    [TestCase(SandboxEndOfData.EmptyPage)]
    [TestCase(SandboxEndOfData.NullCursor)]
    public async Task A_later_run_adds_a_part_with_what_is_new(SandboxEndOfData end)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 500, EndOfData = end });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--page-size", "200", "--quiet"];
        string[] command = ["events", "--output", Folder, .. source];

        await _exporter.RunAsync(command);
        await _exporter.RunAsync(command);
        Assert.That(GetNumbers(_exporter), Is.EqualTo(new[] { "data/events/part-000001.ndjson" }), "There was nothing new.");
        sandbox.AppendLate(10);
        sandbox.Append(100);
        await _exporter.RunAsync(command);

        Assert.That(GetNumbers(_exporter), Is.EqualTo(new[] { "data/events/part-000001.ndjson", "data/events/part-000002.ndjson" }));
        Assert.That(ReadEvents(_exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(_exporter, source)));
    }

    [TestCase("ndjson")]
    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task A_run_after_a_failure_continues_after_the_pages_that_were_written(string format)
    {
        string[] command = ["events", "--output", Folder, "--format", format, "--retries", "0", .. Sandbox];

        var (code, _, _) = await _exporter.TryAsync([.. command, "--fault", "500:request=6", "--report", "report.json"]);
        Assert.That((code, (int)ReadReport(_exporter)["streams"]![0]!["rows"]!), Is.EqualTo((4, 1000)));
        Assert.That(ReadEvents(_exporter, format), Has.Count.EqualTo(1000));
        await _exporter.RunAsync(command);

        Assert.That(ReadEvents(_exporter, format), Is.EqualTo(await ExportAllAsync(_exporter, Sandbox)));
    }

    [Test]
    public async Task A_run_after_a_signal_continues_after_the_pages_that_were_written()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 2000, Faults = ["stall:request=5"] });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--page-size", "200"];
        var process = _exporter.Start(["events", "--output", Folder, "--verbose", .. source]);
        while (await process.StandardError.ReadLineAsync() is { } line && !line.Contains("page 4,", StringComparison.Ordinal))
        {
        }

        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();
        Assert.That((process.ExitCode, ReadEvents(_exporter, "ndjson").Count), Is.EqualTo((143, 800)));
        await _exporter.RunAsync(["events", "--output", Folder, "--quiet", .. source]);

        Assert.That(ReadEvents(_exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(_exporter, [.. source, "--quiet"])));
    }

    [Test]
    public async Task Two_runs_at_the_same_time_do_not_duplicate_rows()
    {
        string[] command = ["events", "--output", Folder, "--part-rows", "200", "--fault", "latency:ms=5,jitter=20", .. Sandbox];

        await Task.WhenAll(_exporter.RunAsync(command), _exporter.RunAsync(command), _exporter.RunAsync(command));

        Assert.That(ReadEvents(_exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(_exporter, Sandbox)));
    }

    [Test]
    public async Task Temporary_files_that_no_process_writes_any_more_are_deleted()
    {
        Directory.CreateDirectory(_exporter.PathOf("data/_tmp"));
        var abandoned = _exporter.PathOf("data/_tmp/part-000001.ndjson.1");
        await File.WriteAllTextAsync(abandoned, "{}");
        File.SetLastWriteTimeUtc(abandoned, DateTime.UtcNow.AddHours(-1));

        await _exporter.RunAsync(["events", "--output", Folder, .. Sandbox]);

        Assert.That(Directory.GetFiles(_exporter.PathOf("data/_tmp")), Is.Empty);
    }

    [Test]
    public async Task A_full_disk_costs_only_the_part_that_is_being_written()
    {
        string[] command = ["events", "--output", Folder, "--part-rows", "200", .. Sandbox];
        var (code, _, errors) = await _exporter.TryWithFileSizeLimitAsync(64 * 1024, command);

        Assert.That((code, errors), Is.EqualTo((5, "croct-export: The file has reached the maximum size that its file system or a limit of the user allows. " +
            "Raise the limit, or write to another file system.\n")));
        await _exporter.RunAsync(command);
        Assert.That(ReadEvents(_exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(_exporter, Sandbox)));
    }

    [TestCase("--events", "productViewed", "--events was (all) but is productViewed this time")]
    [TestCase("--format", "csv", "the format was ndjson but is csv this time")]
    [TestCase("--compress", "gzip", "the format was ndjson but is ndjson, gzip this time")]
    [TestCase("--end", "2025-01-01", "--end was (none) but is 2025-01-01T00:00:00Z this time")]
    [TestCase("--seed", "2", "the source was a sandbox of 2500 items with the seed 1 but is a sandbox of 2500 items with the seed 2 this time")]
    public async Task A_folder_with_parts_of_another_request_is_refused(string option, string value, string difference)
    {
        await _exporter.RunAsync(["events", "--output", Folder, .. Sandbox]);

        var (code, _, errors) = await _exporter.TryAsync(["events", "--output", Folder, option, value, .. Sandbox]);

        Assert.That((code, errors), Is.EqualTo((2, $"croct-export: 'data/events/' belongs to another export: {difference}. " +
            "Repeat the earlier command, or export to another folder.\n")));
    }

    [TestCase("edited", "'data/events/part-000003-*.ndjson' has changed since it was written. Restore it from a backup, " +
        "or move it away and run: croct-export verify --output data/ --repair")]
    [TestCase("missing", "'data/events/' lacks part 2. Restore it from a backup, or run: croct-export verify --output data/ --repair")]
    [TestCase("without sidecars", "'data/events/part-000003-*.ndjson' has no sidecar in 'data/events/_meta/', " +
        "without which an export cannot continue after it. Restore that folder from a backup, or export to another folder, " +
        "or move the part away and run: croct-export verify --output data/ --repair")]
    [TestCase("there twice", "'data/events/' has two parts with the number 2, *, so it is not one dataset. Move away the parts that do not belong to it.")]
    public async Task Parts_that_are_not_as_they_were_written_are_refused(string how, string message)
    {
        string[] command = ["events", "--output", Folder, "--part-rows", "900", .. Sandbox];
        await _exporter.RunAsync(command);
        var parts = GetParts(_exporter).Select(_exporter.PathOf).ToList();
        if (how == "edited") await File.AppendAllTextAsync(parts[2], "{}\n");
        if (how == "missing") File.Delete(parts[1]);
        if (how == "without sidecars") Directory.Delete(_exporter.PathOf("data/events/_meta"), recursive: true);
        if (how == "there twice") File.Copy(parts[0], _exporter.PathOf("data/events/part-000002-0000000000000000.ndjson"));

        var (code, _, errors) = await _exporter.TryAsync(command);

        Assert.That(code, Is.EqualTo(2), errors);
        var expected = Regex.Escape($"croct-export: {message}\n").Replace(@"\*", ".*", StringComparison.Ordinal);
        Assert.That(errors, Does.Match($@"\A{expected}\z"));
    }

    [Test]
    public async Task A_sidecar_that_was_edited_is_refused()
    {
        string[] command = ["events", "--output", Folder, .. Sandbox];
        await _exporter.RunAsync(command);
        var sidecar = Directory.GetFiles(_exporter.PathOf("data/events/_meta")).Single();
        await File.WriteAllTextAsync(sidecar, (await File.ReadAllTextAsync(sidecar)).Replace("\"rows\": 2500", "\"rows\": 2501", StringComparison.Ordinal));

        var (code, _, errors) = await _exporter.TryAsync(command);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.EndWith("was changed or damaged. Restore it from a backup, or export to another folder.\n"));
    }

    [TestCase("--state s", "--state cannot be used with a dataset: the parts themselves keep the progress. Leave it out.")]
    [TestCase("--cursor abc", "--cursor cannot be used with a dataset: it begins at the start of the window, and continues where it ended.")]
    [TestCase("--max-items 5", "--max-items cannot be used with a dataset: a cursor cannot point to the middle of a page.")]
    [TestCase("--end today", "--end today would give a dataset another window in each run. " +
        "Pass --slice-by 1d, so that each day is exported on its own, or a fixed time.")]
    public async Task Options_that_do_not_fit_a_dataset_are_refused(string options, string message)
    {
        var (code, _, errors) = await _exporter.TryAsync(["events", "--output", Folder, .. options.Split(' '), .. Sandbox]);

        Assert.That((code, errors), Is.EqualTo((2, $"croct-export: {message}\n")));
        Assert.That(Directory.GetFileSystemEntries(_exporter.PathOf(".")), Is.Empty);
    }

    [TestCase("data", "--output 'data' is a folder. Pass 'data/' for a dataset of parts in it, or name a file.")]
    [TestCase("{run}/", "--output '{run}/': the folder of a dataset cannot contain {run} or {date}.")]
    [TestCase("file/", "--output 'file/' cannot be written: it is a file, not a folder.")]
    public async Task Outputs_that_are_not_the_folder_of_a_dataset_are_refused(string output, string message)
    {
        Directory.CreateDirectory(_exporter.PathOf("data"));
        await File.WriteAllTextAsync(_exporter.PathOf("file"), "");

        var (code, _, errors) = await _exporter.TryAsync(["events", "--output", output, .. Sandbox]);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.StartWith($"croct-export: {message}"));
        Assert.That(errors.Count(character => character == '\n'), Is.EqualTo(1));
    }

    [Test]
    public async Task Options_of_a_dataset_are_refused_for_a_file()
    {
        var (code, _, errors) = await _exporter.TryAsync(["events", "--output", "events.ndjson", "--part-rows", "5", .. Sandbox]);

        Assert.That((code, errors), Is.EqualTo((2, "croct-export: --part-rows requires a dataset: an --output that ends with a slash, such as export/.\n")));
    }
}
