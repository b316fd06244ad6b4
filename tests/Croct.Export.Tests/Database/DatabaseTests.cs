using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine;
using Croct.Export.Tests.CommandLine.Tables;

namespace Croct.Export.Tests.Database;

/// <summary>An export to PostgreSQL: what is in the tables afterwards. Each test has a database of its own.</summary>
public class DatabaseTests
{
    private static readonly string[] Streams = ["events", "sessions", "users"];

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
    public async Task The_rows_are_those_of_a_CSV_file_in_the_table_that_schema_prints([ValueSource(nameof(Streams))] string stream)
    {
        string[] arguments = [stream, "--sandbox", "--sandbox-items", "1500", "--quiet"];
        await _exporter.RunAsync([.. arguments, "--format", "csv", "--output", "items.csv"]);
        await _database.ExecuteAsync(await _exporter.RunAsync("schema", stream, "--format", "sql"));
        await _database.LoadAsync(stream, _exporter.PathOf("items.csv"));

        await _exporter.RunAsync([.. arguments, "--output", _database.Output]);

        Assert.That(await _database.CountAsync($"croct.{stream}"), Is.EqualTo(1500));
        Assert.That(await _database.QueryAsync($"select t::text from croct.{stream} t except select t::text from {stream} t"), Is.Empty);
        Assert.That(await DescribeAsync("croct", stream), Is.EqualTo(await DescribeAsync("public", stream)));
    }

    [Test]
    public async Task All_tables_are_those_that_schema_prints()
    {
        await _database.ExecuteAsync(await _exporter.RunAsync("schema", "--format", "sql"));

        await _exporter.RunAsync("all", "--sandbox", "--sandbox-items", "50", "--quiet", "--output", _database.Output);

        foreach (var table in (IEnumerable<string>)[.. Streams, "croct_exports", "croct_keys"])
        {
            Assert.That(await DescribeAsync("croct", table), Is.EqualTo(await DescribeAsync("public", table)), table);
        }
    }

    [Test]
    public async Task Tables_that_schema_printed_are_used([ValueSource(nameof(Streams))] string stream)
    {
        await _database.ExecuteAsync($"create schema croct; set search_path = croct; {await _exporter.RunAsync("schema", stream, "--format", "sql")}");

        await _exporter.RunAsync(stream, "--sandbox", "--sandbox-items", "50", "--quiet", "--output", _database.Output);

        Assert.That(await _database.CountAsync($"croct.{stream}"), Is.EqualTo(50));
    }

    [Test]
    public async Task A_later_run_adds_what_is_new([Values] SandboxEndOfData end)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 2500, EndOfData = end });
        await ExportAllAsync(sandbox);
        sandbox.AppendLate(40);
        sandbox.Append(1200);

        await ExportAllAsync(sandbox);

        await AssertEqualAsync(sandbox);
    }

    [Test]
    public async Task A_run_without_anything_new_changes_nothing([Values] SandboxEndOfData end)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 500, EndOfData = end });
        await ExportAllAsync(sandbox);
        var before = await ReadVersionsAsync();

        await ExportAllAsync(sandbox);

        Assert.That(await ReadVersionsAsync(), Is.EqualTo(before));

        async Task<string[]> ReadVersionsAsync() => [.. (await Task.WhenAll(Streams.Select(stream =>
            _database.QueryAsync($"select md5(string_agg(xmin || ' ' || ctid, ' ' order by ctid)) from croct.{stream}")))).SelectMany(rows => rows)];
    }

    [Test]
    public async Task The_number_of_rows_in_the_report_does_not_include_those_that_were_there()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 700, EndOfData = SandboxEndOfData.NullCursor });
        await ExportAllAsync(sandbox);
        sandbox.Append(10);

        await ExportAllAsync(sandbox, "--report", "report.json");

        var events = Newtonsoft.Json.Linq.JObject.Parse(await File.ReadAllTextAsync(_exporter.PathOf("report.json")))["streams"]![0]!;
        Assert.That(((int)events["rows"]!, (int)events["duplicates"]!, (string)events["file"]!), Is.EqualTo((10, 700, _database.PlaceOf("events"))));
    }

    private static IEnumerable<TestCaseData> Versions() =>
    [
        Case("the greater time wins", "10", "20", "20"),
        Case("the greater time wins although it came first", "20", "10", "20"),
        Case("of two with the same time, the later one wins", "10", "10", "10"),
        Case("null loses to a time", "null", "10", "10"),
        Case("null does not replace a time", "10", "null", "10"),
        Case("of two without a time, the later one wins", "null", "null", ""),
    ];

    [TestCaseSource(nameof(Versions))]
    public async Task Of_two_versions_in_one_run(string first, string second, string expected, int winner) =>
        await AssertWinnerAsync([[Session(first, 1), Session(second, 2)]], expected, winner);

    [TestCaseSource(nameof(Versions))]
    public async Task Of_two_versions_in_two_runs(string first, string second, string expected, int winner) =>
        await AssertWinnerAsync([[Session(first, 1)], [Session(second, 2)]], expected, winner);

    [Test]
    public async Task Of_two_versions_with_the_same_time_among_many_the_later_one_wins()
    {
        // The space that long rows leave in a page is not taken by a later, shorter one.
        string[] Sessions(int views, int length) =>
        [
            .. Enumerable.Range(0, 500).Select(number => $$$"""
                {"sessionId":"5b8f3f8e-7c1d-4e5b-9b0a-{{{number:d12}}}","closeTime":10,"referrer":"{{{new string('x', length * number / 4)}}}",
                "statistics":{"pageViews":{{{views}}}}}
                """),
        ];

        await ExportAsync("sessions", Sessions(1, 1));
        await RestartAsync();
        await ExportAsync("sessions", [.. Sessions(2, 9), .. Sessions(3, 0)]);

        Assert.That(await _database.QueryAsync("select distinct page_views from croct.sessions"), Is.EqualTo(new[] { "3" }));
    }

    [Test]
    public async Task Texts_are_UTF8_whatever_the_environment_says()
    {
        await using var api = await ItemServer.StartAsync(["""{"id":"1","payload":{"@type":"pageLoaded","title":"żółć 😀"}}"""]);
        using var exporter = new Exporter(("PGCLIENTENCODING", "LATIN1"), ("PGOPTIONS", "-c client_encoding=LATIN1"));

        await exporter.RunAsync("events", "--api-key", ItemServer.ApiKey, "--base-address", api.Address, "--output", _database.Output, "--quiet");

        Assert.That(await _database.QueryAsync("select page_title from croct.events"), Is.EqualTo(new[] { "żółć 😀" }));
    }

    [Test]
    public async Task An_event_is_there_once_as_it_came_first()
    {
        const string Id = "0b5fca9c-7b5c-4d57-8a52-6a4f9e3a4f4d";
        string Event(int time) => $$$"""{"id":"{{{Id}}}","timestamp":{{{time}}},"payload":{"@type":"nothingChanged"}}""";

        await ExportAsync("events", [Event(1), Event(2)]);
        await RestartAsync();
        await ExportAsync("events", [Event(3)]);

        Assert.That(await _database.QueryAsync("select extract(epoch from timestamp) * 1000 || '' from croct.events"), Is.EqualTo(new[] { "1.000000" }));
    }

    [Test]
    public async Task An_item_without_an_id_is_there_once_although_its_JSON_has_changed([ValueSource(nameof(Streams))] string stream)
    {
        await ExportAsync(stream, ["""{"a":1,"b":"x"}""", """{"a":2,"b":"x"}"""]);
        await RestartAsync();
        await ExportAsync(stream, ["""{ "b" : "\u0078", "a":1 }""", """{"a":3}"""]);

        Assert.That(
            await _database.QueryAsync($"select extra::text from croct.{stream} order by 1"),
            Is.EqualTo(new[] { """{"a":1,"b":"x"}""", """{"a":2,"b":"x"}""", """{"a":3}""" }));
    }

    [TestCase("events", """{"id":"a\u0000b"}""", "id", """{"id":"a\u0000b"}""")]
    [TestCase("events", """{"id":"e1","payload":{"@type":"pageLoaded","title":"a\u0000b"}}""", "page_title", """{"payload":{"title":"a\u0000b"}}""")]
    [TestCase("sessions", """{"sessionId":"5","referrer":"\u0000"}""", "referrer", """{"sessionId":"5","referrer":"\u0000"}""")]
    [TestCase("users", """{"firstName":"\u0000\u0000"}""", "first_name", """{"firstName":"\u0000\u0000"}""")]
    public async Task A_text_with_U0000_is_null_and_kept_escaped_in_extra(string stream, string item, string column, string extra)
    {
        await ExportAsync(stream, [item]);

        Assert.That(await _database.QueryAsync($"select extra::text from croct.{stream} where {column} is null"), Has.One.Items);
        var kept = (await _database.QueryAsync($"select extra::text from croct.{stream}")).Single();
        Assert.That(kept, Is.EqualTo(extra));
    }

    [Test]
    public async Task A_JSON_column_keeps_U0000()
    {
        await ExportAsync("events", ["""{"id":"e1","payload":{"@type":"eventOccurred","name":"n","details":{"x":"\u0000"}}}"""]);

        Assert.That(await _database.QueryAsync("select event_details::text from croct.events"), Is.EqualTo(new[] { """{"x":"\u0000"}""" }));
    }

    [TestCase("id", """{"id":"TEXT"}""")]
    [TestCase("type", """{"id":"e1","payload":{"@type":"TEXT"}}""")]
    public async Task A_text_that_is_too_long_for_an_index_is_null_and_kept_in_extra(string column, string item)
    {
        // Random, since PostgreSQL compresses what is in an index.
        var text = new string([.. new Random(1).GetItems<char>("0123456789abcdefghijklmnopqrstuvwxyz", 9000)]);

        await ExportAsync("events", [item.Replace("TEXT", text, StringComparison.Ordinal)]);

        Assert.That(await _database.QueryAsync($"select 'kept' from croct.events where {column} is null and extra::text like '%{text}%'"), Has.One.Items);
    }

    [Test]
    public async Task Odd_values_are_stored_as_in_CSV()
    {
        string[] items =
        [
            """{"id":"1","timestamp":253402300799999,"payload":{"@type":"orderPlaced","order":{"total":-79228162514264337593543950335}}}""",
            """{"id":"2","timestamp":-62135596800000,"payload":{"@type":"orderPlaced","order":{"total":0.123456789,"subtotal":-0.00010001}}}""",
            """{"id":"3","timestamp":0,"payload":{"@type":"userClicked","point":{"x":1e300,"y":-0.1}},"new":[1, 2]}""",
            """{"id":"\ud800 😀 \\ \"","timestamp":"x","payload":{"@type":"orderPlaced","order":{"total":123456789012.5,"discount":0.0000000004}}}""",
            """{"id":"5","payload":{"@type":"orderPlaced","order":{"total":10000,"subtotal":-99999999.99999999,"discount":0,"installments":-3}}}""",
        ];
        await ItemServer.ExportAsync(_exporter, "events", "items.csv", items);
        await _database.ExecuteAsync(await _exporter.RunAsync("schema", "events", "--format", "sql"));
        await _database.LoadAsync("events", _exporter.PathOf("items.csv"));

        await ExportAsync("events", items);

        Assert.That(
            await _database.QueryAsync("select t::text from croct.events t order by t::text"),
            Is.EqualTo(await _database.QueryAsync("select t::text from events t order by t::text")));
    }

    [Test]
    public async Task Columns_of_a_newer_version_are_added()
    {
        await ExportAsync("events", ["""{"id":"1"}"""]);
        await _database.ExecuteAsync("alter table croct.events drop column order_lines, drop column extra");
        await RestartAsync();

        await ExportAsync("events", ["""{"id":"2","new":1}"""]);

        Assert.That(
            await _database.QueryAsync("select id || coalesce(extra::text, '') from croct.events order by id"),
            Is.EqualTo(new[] { "1", """2{"new":1}""" }));
        Assert.That(await DescribeAsync("croct", "events"), Has.Some.StartsWith("order_lines json The lines"));
    }

    [Test]
    public async Task A_new_column_is_filled_when_an_event_comes_again_and_no_other_value_changes()
    {
        await ExportAsync("events", ["""{"id":"1","timestamp":1,"payload":{"@type":"pageOpened","url":"https://a.example/"}}"""]);
        await _database.ExecuteAsync("alter table croct.events drop column page_url");
        await RestartAsync();

        await ExportAsync("events",
        [
            """{"id":"1","timestamp":2,"payload":{"@type":"pageOpened","url":"https://b.example/"}}""",
            """{"id":"1","timestamp":3,"payload":{"@type":"pageOpened","url":"https://c.example/"}}""",
        ]);

        Assert.That(
            await _database.QueryAsync("select concat_ws(' ', extract(millisecond from timestamp)::int, page_url, payload->>'url') from croct.events"),
            Is.EqualTo(new[] { "1 https://b.example/ https://a.example/" }));
    }

    [Test]
    public async Task An_export_continues_after_the_earliest_time_in_any_time_zone()
    {
        using var exporter = new Exporter(("TZ", "Asia/Tokyo"));
        await using var api = await ItemServer.StartAsync(["""{"id":"1","timestamp":-62135596800000}"""]);
        string[] arguments = ["events", "--api-key", ItemServer.ApiKey, "--base-address", api.Address, "--output", _database.Output, "--quiet"];

        await exporter.RunAsync(arguments);
        await exporter.RunAsync(arguments);

        Assert.That(await _database.CountAsync("croct.events"), Is.EqualTo(1));
    }

    [Test]
    public async Task Columns_and_indexes_of_the_user_stay()
    {
        await ExportAsync("events", ["""{"id":"1"}"""]);
        await _database.ExecuteAsync("alter table croct.events add column mine text default 'x'; create index on croct.events (country)");
        await RestartAsync();

        await ExportAsync("events", ["""{"id":"2"}"""]);

        Assert.That(await _database.QueryAsync("select id || mine from croct.events order by id"), Is.EqualTo(new[] { "1x", "2x" }));
    }

    private static IEnumerable<TestCaseData> OtherShapes() =>
    [
        Shape("alter table croct.events alter column type type varchar(20)", "events.type is character varying(20), but must be text"),
        Shape("alter table croct.events alter column payload type jsonb", "events.payload is jsonb, but must be json"),
        Shape("alter table croct.events alter column order_total type numeric(10,2)", "events.order_total is numeric(10,2), but must be numeric(38,9)"),
        Shape("alter table croct.events alter column type set not null", "events.type is NOT NULL, but must accept null"),
        Shape("alter table croct.events add column mine text not null", "events.mine is NOT NULL without a default, and is not a column of croct-export"),
        Shape("alter table croct.events drop constraint events_id_key", "events has no unique constraint on (id)"),
        Shape(
            "alter table croct.events drop constraint events_id_key, add unique nulls not distinct (id)", "events has no unique constraint on (id)"),
        Shape("drop table croct.events; create view croct.events as select 1 as id", "events is not a table"),
        Shape("alter table croct.croct_exports drop column cursor, add column cursor int", "croct_exports.cursor is integer, but must be text"),
    ];

    [TestCaseSource(nameof(OtherShapes))]
    public async Task A_table_of_another_shape_is_refused_with_what_differs(string change, string difference)
    {
        await ExportAsync("events", []);
        await _database.ExecuteAsync(change);

        var (code, _, errors) = await _exporter.TryAsync("events", "--sandbox", "--output", _database.Output, "--quiet");

        Assert.That((code, errors), Is.EqualTo((
            2,
            $"croct-export: '{_database.Place}' has tables of another shape in the schema croct: {difference}. " +
            "Change or rename them, or pass another schema in --output.\n")));
    }

    [Test]
    public async Task Indexes_are_created_once_the_end_is_reached()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100 });
        Assert.That(await ReadIndexesAsync(), Is.Empty);

        await ExportAllAsync(sandbox);
        await ExportAllAsync(sandbox);

        Assert.That(await ReadIndexesAsync(), Is.EqualTo(new[]
        {
            """events ("timestamp")""", "events (id)", """events (type, "timestamp")""", """events (user_id, "timestamp")""",
            "sessions (close_time)", "sessions (session_id)", "sessions (user_id, close_time)",
            "users (last_modified_time)", "users (user_id)",
        }));

        Task<IReadOnlyList<string>> ReadIndexesAsync() => _database.QueryAsync(
            """
            select tablename || substring(indexdef from ' \(.*') as index from pg_indexes
            where schemaname = 'croct' and tablename not like 'croct%' order by index
            """);
    }

    [Test]
    public async Task An_index_of_the_user_counts_if_it_begins_with_the_same_columns()
    {
        await _database.ExecuteAsync(
            $"""
            create schema croct; set search_path = croct; {await _exporter.RunAsync("schema", "users", "--format", "sql")}
            create index mine on croct.users (last_modified_time desc, email)
            """);

        await ExportAsync("users", []);

        Assert.That(await ReadUserIndexesAsync(), Is.EqualTo(new[] { "mine", "users_user_id_key" }));
    }

    [Test]
    public async Task An_index_of_the_user_on_something_else_does_not_count()
    {
        await _database.ExecuteAsync(
            $"""
            create schema croct; set search_path = croct; {await _exporter.RunAsync("schema", "users", "--format", "sql")}
            create index mine on croct.users (lower(email), last_modified_time);
            create index other on croct.users (email) include (last_modified_time);
            create index part on croct.users (last_modified_time) where email is not null;
            """);

        await ExportAsync("users", []);

        Assert.That(await ReadUserIndexesAsync(), Does.Contain("users_last_modified_time_idx"));
    }

    [Test]
    public async Task A_failed_export_creates_no_index()
    {
        var (code, _, _) = await _exporter.TryAsync(
            "events", "--sandbox", "--fault=500:request=2", "--retries=0", "--page-size=100", "--quiet", "--output", _database.Output);

        Assert.That(code, Is.EqualTo(4));
        Assert.That(await _database.CountAsync("croct.events"), Is.EqualTo(100));
        Assert.That(
            await _database.QueryAsync("select indexname from pg_indexes where schemaname = 'croct' and tablename = 'events'"),
            Is.EqualTo(new[] { "events_id_key" }));
    }

    [Test]
    public async Task Slices_are_exported_side_by_side_and_skipped_when_they_are_complete()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000 });
        string[] window = ["--start", "2024-01-01", "--end", "2024-01-01T06:00", "--slice-by", "1h", "--parallel", "4"];
        await ExportAllAsync(sandbox, window);
        await _database.ExecuteAsync("delete from croct.croct_exports where stream = 'events' and slice = '2024-01-01T02Z'");

        await ExportAllAsync(sandbox, [.. window, "--report", "report.json"]);

        Assert.That(
            await _database.QueryAsync("select stream || ' ' || count(*) from croct.croct_exports where is_complete group by stream order by 1"),
            Is.EqualTo(new[] { "events 6", "sessions 6", "users 6" }));
        Assert.That(await _database.CountAsync("croct.events"), Is.EqualTo(2160));
        var slices = Newtonsoft.Json.Linq.JObject.Parse(await File.ReadAllTextAsync(_exporter.PathOf("report.json")))["streams"]![0]!["slices"]!;
        Assert.That(slices.Select(slice => (string)slice["outcome"]!), Is.EqualTo(new[] { "skipped", "skipped", "done", "skipped", "skipped", "skipped" }));
    }

    [Test]
    public async Task An_index_that_an_earlier_run_did_not_create_is_created_although_all_slices_are_complete()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100 });
        string[] window = ["--start", "2024-01-01", "--end", "2024-01-02", "--slice-by", "6h"];
        await ExportAllAsync(sandbox, window);
        await _database.ExecuteAsync("drop index croct.users_last_modified_time_idx");

        await ExportAllAsync(sandbox, window);

        Assert.That(await ReadUserIndexesAsync(), Does.Contain("users_last_modified_time_idx"));
    }

    [Test]
    public async Task No_index_is_created_while_slices_of_other_machines_are_missing()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 100 });
        string[] window = ["--start", "2024-01-01", "--end", "2024-01-02", "--slice-by", "6h"];

        await ExportAllAsync(sandbox, [.. window, "--slice", "1/2"]);
        var before = await ReadUserIndexesAsync();
        await ExportAllAsync(sandbox, [.. window, "--slice", "0/2"]);

        Assert.That(before, Is.EqualTo(new[] { "users_user_id_key" }));
        Assert.That(await ReadUserIndexesAsync(), Does.Contain("users_last_modified_time_idx"));
    }

    [TestCase("--seed 2", "the source was a sandbox of 50 items with the seed 1 but is a sandbox of 50 items with the seed 2 this time")]
    [TestCase("--events orderPlaced", "--events was (all) but is orderPlaced this time")]
    [TestCase("--start 2024-01-02", "--start was (none) but is 2024-01-02T00:00:00Z this time")]
    [TestCase("--slice-by 1d --start 2024-01-01 --end 2024-01-02", "--slice-by was (none) but is 1d this time")]
    public async Task Another_export_is_refused(string more, string difference)
    {
        string[] arguments = ["events", "--sandbox", "--sandbox-items", "50", "--quiet", "--output", _database.Output];
        await _exporter.RunAsync(arguments);

        var (code, _, errors) = await _exporter.TryAsync([.. arguments, .. more.Split(' ')]);

        Assert.That((code, errors), Is.EqualTo((
            2,
            $"croct-export: '{_database.Place}' has another export in the schema croct: {difference}. " +
            "Repeat the earlier command, or pass another schema in --output.\n")));
    }

    [Test]
    public async Task Data_is_in_the_schema_croct_unless_the_address_names_another()
    {
        string[] arguments = ["users", "--sandbox", "--sandbox-items", "10", "--quiet", "--output"];

        await _exporter.RunAsync([.. arguments, _database.Output.Replace("&schema=croct", "", StringComparison.Ordinal)]);
        await _exporter.RunAsync([.. arguments, _database.Output.Replace("=croct", "=My%20%22schema%22", StringComparison.Ordinal)]);

        Assert.That((await _database.CountAsync("croct.users"), await _database.CountAsync("\"My \"\"schema\"\"\".users")), Is.EqualTo((10, 10)));
    }

    private static TestCaseData Case(string name, string first, string second, string expected)
    {
        // The later one, unless the first has a greater time.
        var winner = first != "null" && (second == "null" || string.CompareOrdinal(first, second) > 0) ? 1 : 2;
        return new TestCaseData(first, second, expected, winner).SetArgDisplayNames(name);
    }

    private static TestCaseData Shape(string change, string difference) => new TestCaseData(change, difference).SetArgDisplayNames(difference);

    private static string Session(string time, int views) =>
        $$$"""{"sessionId":"5B8F3F8E-7C1D-4E5B-9B0A-0C6C5F2A9D11","closeTime":{{{time}}},"statistics":{"pageViews":{{{views}}}}}""";

    private Task<IReadOnlyList<string>> ReadUserIndexesAsync() =>
        _database.QueryAsync("select indexname from pg_indexes where schemaname = 'croct' and tablename = 'users' order by 1");

    private async Task AssertWinnerAsync(string[][] runs, string time, int views)
    {
        foreach (var items in runs)
        {
            await ExportAsync("sessions", items);
            await RestartAsync();
        }

        Assert.That(
            await _database.QueryAsync("select coalesce(round(extract(epoch from close_time) * 1000)::text, '') || '/' || page_views from croct.sessions"),
            Is.EqualTo(new[] { $"{time}/{views}" }));
    }

    private async Task ExportAsync(string stream, string[] items)
    {
        await using var api = await ItemServer.StartAsync(items);
        await _exporter.RunAsync(stream, "--api-key", ItemServer.ApiKey, "--base-address", api.Address, "--output", _database.Output, "--quiet");
    }

    /// <summary>Lets the next export begin at the beginning.</summary>
    private Task RestartAsync() => _database.ExecuteAsync("delete from croct.croct_exports");

    private Task<string> ExportAllAsync(SandboxServer sandbox, params string[] more) => _exporter.RunAsync(
        ["all", "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--quiet", "--output", _database.Output, .. more]);

    /// <summary>Compares the tables with what the sandbox serves now.</summary>
    private async Task AssertEqualAsync(SandboxServer sandbox)
    {
        foreach (var stream in Streams)
        {
            await _exporter.RunAsync(
                stream, "--api-key", sandbox.ApiKey, "--base-address", sandbox.BaseAddress.AbsoluteUri, "--quiet", "--format=csv", "--output=items.csv");
            await _database.ExecuteAsync(await _exporter.RunAsync("schema", stream, "--format", "sql"));
            await _database.LoadAsync(stream, _exporter.PathOf("items.csv"));
            Assert.That(
                await _database.QueryAsync($"select t::text from croct.{stream} t order by 1"),
                Is.EqualTo(await _database.QueryAsync($"select t::text from {stream} t order by 1")),
                stream);
        }
    }

    /// <summary>The columns and constraints of a table.</summary>
    private Task<IReadOnlyList<string>> DescribeAsync(string schema, string table) => _database.QueryAsync(
        $"""
        (select attname || ' ' || format_type(atttypid, atttypmod) || ' ' || col_description(attrelid, attnum) || attnotnull
        from pg_attribute where attrelid = '{schema}.{table}'::regclass and attnum > 0 and not attisdropped order by attnum)
        union all select pg_get_constraintdef(oid) from pg_constraint where conrelid = '{schema}.{table}'::regclass
        """);
}
