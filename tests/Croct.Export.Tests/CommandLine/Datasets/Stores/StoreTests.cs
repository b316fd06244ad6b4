using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Croct.Export.Sandbox;
using Newtonsoft.Json.Linq;
using static Croct.Export.Tests.CommandLine.Datasets.DatasetFiles;

namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>Datasets in object storage, which are those in folders: nothing is kept outside the store.</summary>
public class StoreTests
{
    private static readonly string[] Sandbox = ["--sandbox", "--sandbox-items", "2500", "--page-size", "200", "--quiet"];
    private static readonly string[] Slices = ["--start", "2024-01-01", "--end", "2024-01-03", "--slice-by", "6h", "--parallel", "4"];

    [TestCase(StoreKind.Azurite, "csv")]
    [TestCase(StoreKind.S3rver, "ndjson")]
    [TestCase(StoreKind.Conditional, "parquet")]
    public async Task The_parts_have_every_row_once(StoreKind kind, string format)
    {
        await using var store = await StartAsync(kind);
        using var exporter = new Exporter(store.Environment);

        await exporter.RunAsync(["events", "--output", store.Output, .. store.Options, "--format", format, "--part-rows", "900", .. Sandbox]);
        await store.DownloadAsync(exporter.PathOf(Folder));

        Assert.That(ReadEvents(exporter, format), Is.EqualTo(await ExportAllAsync(exporter, Sandbox)));
        Assert.That(GetNumbers(exporter), Is.EqualTo(Enumerable.Range(1, 3).Select(number => $"data/events/part-00000{number}.{format}")));
    }

    [TestCase(StoreKind.Azurite)]
    [TestCase(StoreKind.Conditional)]
    public async Task Each_object_has_its_hash(StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        using var exporter = new Exporter(store.Environment);
        await exporter.RunAsync(["events", "--output", store.Output, .. store.Options, "--part-rows", "900", .. Sandbox]);

        foreach (var (name, hash) in await store.ListAsync())
        {
            Assert.That(hash, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(await store.ReadAsync(name)))), name);
        }
    }

    [TestCase(StoreKind.Azurite)]
    [TestCase(StoreKind.Conditional)]
    public async Task A_later_run_adds_a_part_with_what_is_new(StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        using var exporter = new Exporter(store.Environment);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 500 });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--page-size", "200", "--quiet"];
        string[] command = ["events", "--output", store.Output, .. store.Options, .. source];

        await exporter.RunAsync(command);
        await exporter.RunAsync(command);
        sandbox.Append(100);
        await exporter.RunAsync(command);
        await store.DownloadAsync(exporter.PathOf(Folder));

        Assert.That(GetNumbers(exporter), Is.EqualTo(new[] { "data/events/part-000001.ndjson", "data/events/part-000002.ndjson" }));
        Assert.That(ReadEvents(exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(exporter, source)));
    }

    [Test]
    public async Task Machines_that_share_nothing_else_share_the_slices([Values] StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        using Exporter one = new(store.Environment), other = new(store.Environment);
        string[] command = ["events", "--output", store.Output, .. store.Options, "--format", "parquet", .. Slices, .. Sandbox];

        await Task.WhenAll(one.RunAsync([.. command, "--slice", "0/2"]), other.RunAsync([.. command, "--slice", "1/2"]));
        var (code, output, errors) = await one.TryAsync("verify", "--output", store.Output, "--start", "2024-01-01", "--end", "2024-01-03");
        await store.DownloadAsync(one.PathOf(Folder));

        Assert.That((code, errors), Is.EqualTo((0, "")));
        Assert.That(output, Does.Contain("events: 8 of 8 slices are complete, 2,500 rows in"));
        Assert.That(ReadEvents(one, "parquet"), Is.EqualTo(await ExportAllAsync(one, Sandbox)));
    }

    [Test]
    public async Task Missing_parts_are_found_and_repaired([Values] StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        using var exporter = new Exporter(store.Environment);
        await exporter.RunAsync(["events", "--output", store.Output, .. store.Options, "--part-rows", "200", .. Slices, .. Sandbox]);
        await store.DeleteAsync((await store.ListAsync()).Keys.First(name => name.Contains("/hour=00/part-000002", StringComparison.Ordinal)));

        string[] source = [.. Sandbox.Except(["--page-size", "200"])];
        var (found, _, errors) = await exporter.TryAsync("verify", "--output", store.Output);
        await exporter.RunAsync(["verify", "--output", store.Output, "--repair", .. store.Options, .. source]);
        await exporter.RunAsync(["verify", "--output", store.Output, "--against-api", .. source]);
        await store.DownloadAsync(exporter.PathOf(Folder));

        Assert.That(found, Is.EqualTo(1));
        Assert.That(errors, Does.Contain("Part 2 is missing."));
        Assert.That(ReadEvents(exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(exporter, source)));
    }

    [TestCase(StoreKind.Azurite)]
    [TestCase(StoreKind.Conditional)]
    public async Task Four_runs_in_empty_folders_write_each_row_once(StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        var exporters = Enumerable.Range(0, 4).Select(_ => new Exporter(store.Environment)).ToList();
        string[] command = ["events", "--output", store.Output, "--part-rows", "200", .. Sandbox];

        // Two are killed at different parts, and two run at the same time.
        foreach (var (exporter, parts) in exporters.Zip([2, 5]))
        {
            var process = exporter.Start([.. command, "--fault", $"stall:request={parts + 2}"]);
            await UntilPartsAsync(process, parts);
            process.Kill();
            await process.WaitForExitAsync();
        }

        string[] slowly = [.. command, "--fault", "latency:ms=5,jitter=20"];
        await Task.WhenAll(exporters.Skip(2).Select(exporter => exporter.RunAsync(slowly)));
        Assert.That(exporters.SelectMany(exporter => Directory.GetFileSystemEntries(exporter.PathOf("."))), Is.Empty);

        await exporters[0].RunAsync("verify", "--output", store.Output);
        await store.DownloadAsync(exporters[0].PathOf(Folder));
        Assert.That(ReadEvents(exporters[0], "ndjson"), Is.EqualTo(await ExportAllAsync(exporters[0], Sandbox)));
        exporters.ForEach(exporter => exporter.Dispose());

        async Task UntilPartsAsync(Process process, int parts)
        {
            while ((await store.ListAsync()).Keys.Count(name => name.StartsWith("events/part-", StringComparison.Ordinal)) < parts)
            {
                Assert.That(process.HasExited, Is.False);
                await Task.Yield();
            }
        }
    }

    [Test]
    public async Task A_dataset_can_be_moved_to_a_folder_and_continued_there()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 500 });
        string[] source = ["--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--page-size", "200", "--quiet"];
        await exporter.RunAsync(["events", "--output", store.Output, .. store.Options, .. source]);

        await store.DownloadAsync(exporter.PathOf(Folder));
        sandbox.Append(100);
        await exporter.RunAsync(["events", "--output", Folder, .. source]);

        Assert.That(ReadEvents(exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(exporter, source)));
    }

    [Test]
    public async Task Without_a_folder_for_temporary_files_parts_are_kept_in_memory()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter([.. store.Environment, ("TMPDIR", "/does/not/exist"), ("TEMP", "?:"), ("TMP", "?:")]);

        await exporter.RunAsync(["events", "--output", store.Output, "--format", "parquet", "--part-rows", "900", .. Sandbox]);
        await exporter.RunAsync("verify", "--output", store.Output);
        await store.DownloadAsync(exporter.PathOf(Folder));

        Assert.That(ReadEvents(exporter, "parquet"), Is.EqualTo(await ExportAllAsync(exporter, Sandbox)));
    }

    [Test]
    public async Task An_object_whose_hash_is_not_in_its_metadata_is_read()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        string[] command = ["events", "--output", store.Output, .. Sandbox];
        await exporter.RunAsync(command);
        foreach (var (name, (content, _)) in store.Objects) store.Objects[name] = (content, null);

        await exporter.RunAsync(command);

        // The same as a copy that was changed on the way:
        var part = store.Objects.Keys.Single(name => name.Contains("/events/part-", StringComparison.Ordinal));
        store.Objects[part] = ("{}"u8.ToArray(), null);
        var (code, _, errors) = await exporter.TryAsync(command);
        Assert.That(code, Is.EqualTo(2), errors);
        Assert.That(errors, Does.Contain("has changed since it was written"));
    }

    [Test]
    public async Task A_part_that_another_machine_adds_first_is_adopted([Values(409, 412)] int status)
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);

        // The store has the first part when the exporter uploads it.
        store.FindFault = (request, _) => IsUploadOf(request, "part-000001") ? new StoreFault(status, "Conflict") { IsApplied = true } : null;
        await exporter.RunAsync(["events", "--output", store.Output, "--part-rows", "900", .. Sandbox]);
        await store.DownloadAsync(exporter.PathOf(Folder));

        Assert.That(ReadEvents(exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(exporter, Sandbox)));
    }

    [Test]
    public async Task An_upload_that_conflicts_with_one_that_fails_is_repeated()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        var conflicts = 0;
        store.FindFault = (request, _) => IsUploadOf(request, "part-000001") && conflicts++ == 0 ? new StoreFault(409, "ConditionalRequestConflict") : null;

        await exporter.RunAsync(["events", "--output", store.Output, .. Sandbox]);

        Assert.That(conflicts, Is.EqualTo(2));
    }

    [Test]
    public async Task An_upload_whose_response_is_lost_is_found_by_the_retry()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        var lost = 0;
        store.FindFault = (request, _) => IsUploadOf(request, "part-00000") && lost++ == 0 ? new StoreFault(500, "InternalError") { IsApplied = true } : null;

        await exporter.RunAsync(["events", "--output", store.Output, "--part-rows", "900", .. Sandbox]);
        await store.DownloadAsync(exporter.PathOf(Folder));

        Assert.That(ReadEvents(exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(exporter, Sandbox)));
    }

    [Test]
    public async Task A_request_is_made_once_and_repeated_as_often_as_retries_says([Values("GET", "PUT")] string method, [Values(0, 2)] int retries)
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        store.FindFault = (request, _) => request.Method == method ? new StoreFault(503, "SlowDown", "Please reduce your request rate.") : null;

        var (code, _, errors) = await exporter.TryAsync(
            ["events", "--output", store.Output, "--retries", retries.ToString(CultureInfo.InvariantCulture), .. Sandbox]);

        Assert.That((code, store.Requests[method]), Is.EqualTo((4, retries + 1)));
        Assert.That(errors, Does.EndWith("the store responded 503 (SlowDown: Please reduce your request rate). Run the command again later.\n"));
        Assert.That(store.Objects, Is.Empty);
    }

    [Test]
    public async Task A_download_whose_connection_fails_is_repeated()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        await exporter.RunAsync(["events", "--output", store.Output, .. Sandbox]);
        using var proxy = new CuttingProxy(GetPort(store), received: 500_000);

        await exporter.RunAsync("verify", "--output", store.Output, "--s3-endpoint", $"http://127.0.0.1:{proxy.Port}");

        Assert.That(proxy.HasCut);
    }

    [TestCase(StoreKind.Azurite)]
    [TestCase(StoreKind.Conditional)]
    public async Task An_upload_whose_connection_fails_at_any_byte_leaves_nothing(StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        const long Whole = 1_100_000;
        for (var bytes = 100_000L; bytes < Whole; bytes += Whole / 5)
        {
            using var proxy = new CuttingProxy(GetPort(store), bytes) { StaysCut = true };
            using var exporter = new Exporter(GetEnvironment(store, proxy));
            var (code, _, errors) = await exporter.TryAsync(["events", "--output", store.Output, "--retries", "0", .. Sandbox]);
            Assert.That((code, proxy.HasCut), Is.EqualTo((4, true)), errors);
            Assert.That((await store.ListAsync()).Keys, Has.None.StartsWith("events/part-"), $"after {bytes} bytes");
        }
    }

    [Test]
    public async Task A_download_whose_connection_always_fails_is_not_repeated_more_often_than_retries_says()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        await exporter.RunAsync(["events", "--output", store.Output, .. Sandbox]);
        var attempts = 0;
        store.FindFault = (request, _) =>
        {
            if (!request.Path.Value!.Contains("/_meta/", StringComparison.Ordinal)) return null;
            Interlocked.Increment(ref attempts);
            return new StoreFault(200) { IsCutOff = true };
        };

        var (code, _, errors) = await exporter.TryAsync("verify", "--output", store.Output, "--retries", "2");

        Assert.That((code, attempts), Is.EqualTo((4, 3)), errors);
    }

    [Test]
    public async Task A_store_that_fails_for_a_while_is_waited_for([Values("GET", "PUT")] string method)
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        store.FindFault = (request, number) => request.Method == method && number <= 2 ? new StoreFault(503, "ServiceUnavailable") : null;

        await exporter.RunAsync(["events", "--output", store.Output, .. Sandbox]);
        await store.DownloadAsync(exporter.PathOf(Folder));

        Assert.That(ReadEvents(exporter, "ndjson"), Is.EqualTo(await ExportAllAsync(exporter, Sandbox)));
    }

    [TestCase(StoreKind.Azurite)]
    [TestCase(StoreKind.Conditional)]
    public async Task An_upload_may_take_longer_than_the_timeout_as_long_as_it_progresses(StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        using var proxy = new CuttingProxy(GetPort(store)) { BytesPerSecond = 1_500_000 };
        using var exporter = new Exporter(GetEnvironment(store, proxy));

        // 12 MB in 8 seconds.
        await exporter.RunAsync("events", "--sandbox", "--sandbox-items", "24000", "--quiet", "--output", store.Output, "--timeout", "3s", "--retries", "0");

        Assert.That(proxy.Sent, Is.GreaterThan(10_000_000));
    }

    [Test]
    public async Task A_connection_that_stalls_is_given_up([Values("GET", "PUT")] string method)
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);
        store.FindFault = (request, _) => request.Method == method ? new StoreFault(0) : null;

        var (code, _, errors) = await exporter.TryAsync(["events", "--output", store.Output, "--retries", "0", "--timeout", "1s", .. Sandbox]);

        Assert.That(code, Is.EqualTo(4));
        Assert.That(errors, Does.Contain("The connection made no progress for 1s; --timeout allows more"));
    }

    [Test]
    public async Task The_endpoint_in_the_environment_is_that_of_outputs_in_s3_only()
    {
        await using var store = await ConditionalStore.StartAsync();
        var environment = store.Environment.Where(variable => variable.Name != "AWS_ENDPOINT_URL_S3");
        using var exporter = new Exporter([.. environment, ("CROCT_EXPORT_S3_ENDPOINT", store.Address)]);

        await exporter.RunAsync(["events", "--output", store.Output, .. Sandbox]);
        await exporter.RunAsync(["events", "--output", Folder, .. Sandbox]);

        Assert.That((await store.ListAsync()).Keys, Has.Some.StartsWith("events/part-"));
        Assert.That(GetParts(exporter), Is.Not.Empty);
    }

    [Test]
    public async Task The_role_of_a_pod_in_aws_is_taken()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.GrantRole());

        await exporter.RunAsync(["events", "--output", store.Output, .. Sandbox]);

        Assert.That(store.Objects, Is.Not.Empty);
    }

    [Test]
    public async Task The_report_of_a_run_names_the_address()
    {
        await using var store = await ConditionalStore.StartAsync();
        using var exporter = new Exporter(store.Environment);

        await exporter.RunAsync(["events", "--output", store.Output, "--report", "report.json", .. Sandbox]);

        var stream = ReadReport(exporter)["streams"]!.Single();
        Assert.That(((string?)stream["file"], (int)stream["rows"]!, (int)stream["parts"]!), Is.EqualTo(($"{store.Output}events/", 2500, 1)));
    }

    internal static async Task<TestStore> StartAsync(StoreKind kind) => kind switch
    {
        StoreKind.Azurite => await AzuriteStore.StartAsync(),
        StoreKind.S3rver => await S3rverStore.StartAsync(),
        _ => await ConditionalStore.StartAsync(),
    };

    private static int GetPort(TestStore store) => store is AzuriteStore azurite ? azurite.Port : new Uri(((ConditionalStore)store).Address).Port;

    private static (string, string)[] GetEnvironment(TestStore store, CuttingProxy proxy) =>
    [
        .. store.Environment,
        ("AZURE_STORAGE_CONNECTION_STRING", AzuriteStore.CreateConnectionString(proxy.Port)),
        ("AWS_ENDPOINT_URL_S3", $"http://127.0.0.1:{proxy.Port}"),
    ];

    private static bool IsUploadOf(Microsoft.AspNetCore.Http.HttpRequest request, string part) =>
        request.Method == "PUT" && request.Path.Value!.Contains($"/events/{part}", StringComparison.Ordinal);
}

/// <summary>The servers that stores are tested with.</summary>
public enum StoreKind
{
    Azurite,
    S3rver,
    Conditional,
}
