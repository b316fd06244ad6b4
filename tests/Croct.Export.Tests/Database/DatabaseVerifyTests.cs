using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.Database;

/// <summary><c>croct-export verify</c> of a database.</summary>
public class DatabaseVerifyTests
{
    private static readonly string[] Sandbox = ["--sandbox", "--sandbox-items", "1200"];
    private static readonly string[] Window = ["--start", "2024-01-01", "--end", "2024-01-01T03:00", "--slice-by", "1h"];

    private TestDatabase _database = null!;
    private Exporter _exporter = null!;

    [SetUp]
    public async Task CreateDatabaseAsync()
    {
        _database = await SharedServer.CreateAsync();
        _exporter = new Exporter();
    }

    [TearDown]
    public async Task DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
        _exporter?.Dispose();
    }

    [Test]
    public async Task Every_stream_is_compared_with_the_API()
    {
        await ExportAsync("all");

        Assert.That(
            await _exporter.RunAsync(["verify", "--output", _database.Output, "--against-api", .. Sandbox]),
            Is.EqualTo("events: complete, 1,200 rows\nsessions: complete, 120 rows\nusers: complete, 40 rows\n"));
    }

    [Test]
    public async Task Slices_are_shown_as_a_calendar()
    {
        await ExportAsync("events", Window);
        await _database.ExecuteAsync(
            """
            update croct.croct_exports set is_complete = false where slice = '2024-01-01T01Z';
            delete from croct.croct_exports where slice = '2024-01-01T02Z';
            """);

        var (code, output, errors) = await _exporter.TryAsync("verify", "--output", _database.Output, "--end", "2024-01-01T03:00");

        Assert.That((code, output, errors), Is.EqualTo((
            1,
            """
            events
              2024-01-01  #xx
              # complete  x incomplete  . not verified
            events: 1 of 3 slices are complete, 1,080 rows

            """.ReplaceLineEndings("\n"),
            "croct-export: events 2024-01-01T01Z: No export has reached the end of its data. Export it again, or pass --repair.\n" +
            "croct-export: events 2024-01-01T02Z: It was not exported. Export it again, or pass --repair.\n")));
    }

    [Test]
    public async Task Rows_that_were_deleted_are_found_and_repaired([Values] bool isSliced)
    {
        await ExportAsync("events", isSliced ? Window : []);
        await _database.ExecuteAsync("delete from croct.events where id in (select id from croct.events order by timestamp limit 7)");
        string[] verify = ["verify", "--output", _database.Output, "--report", "report.json", .. Sandbox];

        var (code, _, errors) = await _exporter.TryAsync([.. verify, "--against-api"]);
        await _exporter.RunAsync([.. verify, "--repair"]);
        var repaired = JObject.Parse(await File.ReadAllTextAsync(_exporter.PathOf("report.json")))["streams"]![0]!["repairedRows"]!;
        await _exporter.RunAsync([.. verify, "--against-api"]);

        Assert.That((code, errors), Is.EqualTo((
            1,
            $"croct-export: events{(isSliced ? " 2024-01-01T00Z" : "")}: Items that the API has and that are missing, or there in an earlier version: 7. " +
            "Pass --repair to add them.\n")));
        Assert.That((int)repaired, Is.EqualTo(7));
        Assert.That(await _database.CountAsync("croct.events"), Is.EqualTo(isSliced ? 1080 : 1200));
    }

    [Test]
    public async Task An_older_version_is_missing_and_a_newer_one_is_not()
    {
        await ExportAsync("sessions");
        await _database.ExecuteAsync(
            """
            update croct.sessions set close_time = close_time - interval '1 minute', country = 'old'
            where session_id in (select session_id from croct.sessions order by session_id limit 3);
            update croct.sessions set close_time = close_time + interval '1 minute', country = 'new'
            where session_id in (select session_id from croct.sessions order by session_id desc limit 2);
            """);

        var (_, _, errors) = await _exporter.TryAsync(["verify", "--output", _database.Output, "--against-api", .. Sandbox]);
        await _exporter.RunAsync(["verify", "--output", _database.Output, "--repair", .. Sandbox]);

        Assert.That(errors, Does.Contain("earlier version: 3."));
        Assert.That(await _database.QueryAsync("select country from croct.sessions where country in ('old', 'new')"), Is.EqualTo(new[] { "new", "new" }));
    }

    [Test]
    public async Task Repair_exports_what_is_not_complete()
    {
        await _exporter.TryAsync(
            ["events", .. Sandbox, "--page-size=100", "--fault=500:request=4", "--retries=0", "--quiet", "--output", _database.Output]);
        Assert.That(await _database.CountAsync("croct.events"), Is.EqualTo(300));

        await _exporter.RunAsync(["verify", "--output", _database.Output, "--repair", .. Sandbox]);

        Assert.That(await _database.CountAsync("croct.events"), Is.EqualTo(1200));
        await _exporter.RunAsync("verify", "--output", _database.Output);
    }

    [Test]
    public async Task A_later_run_that_failed_is_not_complete()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300 });
        string[] arguments =
            ["events", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--quiet", "--output", _database.Output];
        await _exporter.RunAsync(arguments);
        sandbox.Append(2000);

        // The second page is too large.
        var failed = await _exporter.TryAsync([.. arguments, "--page-size=1", "--max-response-size=1KiB"]);
        var (code, _, errors) = await _exporter.TryAsync("verify", "--output", _database.Output);

        Assert.That(failed.Code, Is.EqualTo(1), failed.Errors);
        Assert.That(await _database.CountAsync("croct.events"), Is.GreaterThan(300).And.LessThan(2300));
        Assert.That((code, errors), Is.EqualTo((
            1, "croct-export: events: No export has reached the end of its data. Export it again, or pass --repair.\n")));
    }

    [Test]
    public async Task Repair_adds_columns_of_a_newer_version()
    {
        await ExportAsync("events");
        await _database.ExecuteAsync("alter table croct.events drop column extra; delete from croct.events");

        await _exporter.RunAsync(["verify", "--output", _database.Output, "--repair", .. Sandbox]);

        Assert.That(await _database.CountAsync("croct.events where extra is null"), Is.EqualTo(1200));
    }

    [Test]
    public async Task A_database_without_exports_is_refused()
    {
        var (code, _, errors) = await _exporter.TryAsync("verify", "--output", _database.Output);

        Assert.That((code, errors), Is.EqualTo((
            2, $"croct-export: '{_database.Place}' has no exports in the schema croct: it must be a database and schema that was exported to.\n")));
    }

    [Test]
    public async Task Another_source_is_refused()
    {
        await ExportAsync("users");

        var (code, _, errors) = await _exporter.TryAsync(["verify", "--output", _database.Output, "--against-api", "--seed=2", .. Sandbox]);

        Assert.That((code, errors), Is.EqualTo((
            2,
            $"croct-export: '{_database.PlaceOf("users")}' was exported from a sandbox of 1200 items with the seed 1, " +
            "but the API to compare it with is a sandbox of 1200 items with the seed 2.\n")));
    }

    private Task<string> ExportAsync(string command, params string[] more) =>
        _exporter.RunAsync([command, .. Sandbox, "--quiet", "--output", _database.Output, .. more]);
}
