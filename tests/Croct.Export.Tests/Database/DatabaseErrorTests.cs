using System.Net;
using System.Net.Sockets;
using System.Text;
using Croct.Export.Tests.CommandLine;
using Croct.Export.Tests.CommandLine.Datasets.Stores;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Database;

/// <summary>An export to PostgreSQL that cannot succeed says why in one line, and leaves nothing half done.</summary>
public class DatabaseErrorTests
{
    private static readonly string[] Sandbox = ["--sandbox", "--sandbox-items", "300", "--retries", "0", "--quiet"];

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
    public async Task A_database_that_does_not_exist() => await AssertFailsAsync(
        3,
        "cannot be used: database \"nowhere\" does not exist. Create the database first (createdb), or correct its name. (3D000)",
        _database.Output.Replace($"/{_database.Name}?", "/nowhere?", StringComparison.Ordinal));

    [Test]
    public async Task A_role_that_does_not_exist() => await AssertFailsAsync(
        3,
        "cannot be used: role \"stranger\" does not exist. Check the role, PGPASSWORD or the passfile, and pg_hba.conf on the server. (28000)",
        _database.OutputAs("stranger"));

    [Test]
    public async Task A_server_that_is_not_there()
    {
        await AssertFailsAsync(
            4,
            "cannot be used: Connection refused. Check the host and the port. Nothing is lost: run the command again later.",
            $"postgres://tests@127.0.0.1:{FreePorts.FindOne()}/postgres");
    }

    [Test]
    public async Task Several_servers_of_which_one_may_be_there_later()
    {
        using var proxy = new CuttingProxy((await SharedServer.Instance).EndPoint);

        await AssertFailsAsync(
            4,
            "cannot be used: Connection refused. Check the host and the port. Nothing is lost: run the command again later.",
            $"postgres://tests@127.0.0.1:{proxy.Port},127.0.0.1:{FreePorts.FindOne()}/nowhere");
    }

    [Test]
    public async Task Several_servers_none_of_which_accepts_writes()
    {
        await _database.ExecuteAsync($"alter database {_database.Name} set default_transaction_read_only = on");
        using var one = new CuttingProxy((await SharedServer.Instance).EndPoint);
        using var two = new CuttingProxy((await SharedServer.Instance).EndPoint);

        await AssertFailsAsync(
            4,
            "cannot be used: none of its servers accepts writes. Nothing is lost: run the command again later.",
            $"postgres://tests@127.0.0.1:{one.Port},127.0.0.1:{two.Port}/{_database.Name}?target_session_attrs=read-write");
    }

    [Test]
    public async Task A_statement_that_a_timeout_of_the_server_cancels()
    {
        await _exporter.RunAsync(["events", .. Sandbox, "--output", _database.Output]);
        await _database.ExecuteAsync("truncate croct.events, croct.croct_exports");
        await _database.LockAsync("croct.events");

        await AssertFailsAsync(
            1,
            "cannot be used: canceling statement due to statement timeout. If it was by a timeout of the server, lift that: " +
            "options=-c%20statement_timeout=0 in --output. Nothing is half stored. (57014)",
            _database.Output + "&options=-c%20statement_timeout=200ms");
    }

    [Test]
    public async Task A_server_that_does_not_respond()
    {
        using var silent = new SilentListener();

        await AssertFailsAsync(
            4,
            "cannot be used: it did not respond within 1s; --timeout allows more. Nothing is lost: run the command again later.",
            $"postgres://tests@127.0.0.1:{silent.Port}/postgres",
            "--timeout=1s");
    }

    [Test]
    public async Task A_role_that_may_not_create_the_schema()
    {
        await _database.ExecuteAsync($"create role poor{_database.Name} login");

        await AssertFailsAsync(
            3, $"cannot be used: permission denied for database {_database.Name}. Grant the role CREATE", _database.OutputAs($"poor{_database.Name}"));

        Assert.That(await _database.QueryAsync("select 1 from pg_namespace where nspname = 'croct'"), Is.Empty);
    }

    [Test]
    public async Task A_role_needs_no_right_to_create_what_is_there()
    {
        var role = $"loader{_database.Name}";
        await _exporter.RunAsync(["all", .. Sandbox, "--output", _database.Output]);
        await _database.ExecuteAsync(
            $"""
            create role {role} login;
            grant usage on schema croct to {role};
            grant select, insert, update on all tables in schema croct to {role};
            truncate croct.events, croct.sessions, croct.users, croct.croct_exports;
            drop index croct.events_timestamp_idx;
            """);

        await _exporter.RunAsync(["all", .. Sandbox, "--output", _database.OutputAs(role)]);

        Assert.That(await _database.CountAsync("croct.events"), Is.EqualTo(300));
    }

    [Test]
    public async Task A_role_may_act_as_another()
    {
        await _database.ExecuteAsync(
            $"""
            drop role if exists owner_of_tables, member;
            create role owner_of_tables; create role member login noinherit in role owner_of_tables; alter role member set role = owner_of_tables;
            grant create, temporary on database {_database.Name} to owner_of_tables;
            """);

        await _exporter.RunAsync(["events", .. Sandbox, "--output", _database.OutputAs("member")]);

        Assert.That(
            await _database.QueryAsync("select distinct tableowner from pg_tables where schemaname = 'croct'"), Is.EqualTo(new[] { "owner_of_tables" }));
    }

    [Test]
    public async Task A_server_without_TLS()
    {
        using var proxy = new CuttingProxy((await SharedServer.Instance).EndPoint);

        await AssertFailsAsync(
            3,
            "cannot be used: the server does not accept TLS connections. Turn on ssl there, or pass another sslmode.",
            $"postgres://tests@127.0.0.1:{proxy.Port}/{_database.Name}?sslmode=verify-full");
    }

    [Test]
    public async Task A_passfile_that_others_can_read()
    {
        await File.WriteAllTextAsync(_exporter.PathOf("passfile"), "*:*:*:tests:password\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_exporter.PathOf("passfile"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        using var exporter = new Exporter(("PGPASSFILE", _exporter.PathOf("passfile")));

        var (code, _, errors) = await exporter.TryAsync(["events", .. Sandbox, "--output", _database.Output]);

        Assert.That((code, errors), Is.EqualTo((
            2,
            $"croct-export: passfile (in --output or the environment) was '{_exporter.PathOf("passfile")}', which others on this machine can use. " +
            "Restrict it to its owner: chmod 600.\n")));
    }

    [Test]
    public async Task A_database_that_is_read_only()
    {
        await _database.ExecuteAsync($"alter database {_database.Name} set default_transaction_read_only = on");

        await AssertFailsAsync(
            3,
            "cannot be used: cannot execute CREATE SCHEMA in a read-only transaction. " +
            "Connect to a server that accepts writes; of several hosts in --output, target_session_attrs=read-write finds it. (25006)",
            _database.Output);
    }

    [Test]
    public async Task A_database_whose_encoding_cannot_hold_all_texts()
    {
        await using var latin = await SharedServer.CreateAsync("encoding 'LATIN1' template template0");

        await AssertFailsAsync(1, "cannot be used: its encoding is LATIN1, which cannot hold all texts. Use a database with the encoding UTF8.", latin.Output);
    }

    [Test]
    public async Task A_server_that_is_too_old()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var greeting = GreetAsOldServerAsync(listener);

        await AssertFailsAsync(
            1,
            "cannot be used: the server is PostgreSQL 9.4.26, which is too old. Use version 12 or newer.",
            $"postgres://tests@127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/postgres?sslmode=disable&gssencmode=disable");
        await greeting;
    }

    /// <summary>A disk that is really full needs rights that tests do not have; the server reports it by this code.</summary>
    [Test]
    public async Task A_disk_that_is_full_leaves_neither_rows_nor_a_cursor()
    {
        await _database.ExecuteAsync(
            $"""
            create schema croct; set search_path = croct; {await _exporter.RunAsync("schema", "events", "--format", "sql")}
            create function fill() returns trigger language plpgsql as
            $$ begin raise exception using errcode = '53100', message = 'could not extend file: No space left on device'; end $$;
            create trigger fill after insert on croct.events for each statement execute function fill();
            """);

        await AssertFailsAsync(
            1,
            "cannot be used: could not extend file: No space left on device. " +
            "The disk of the server is full. Nothing is half stored: make room there, and run the command again. (53100)",
            _database.Output);

        Assert.That(await _database.CountAsync("croct.events"), Is.Zero);
        Assert.That(await _database.QueryAsync("select cursor from croct.croct_exports where cursor is not null"), Is.Empty);
    }

    [TestCase("postgres://tests:secret@host/db", "--output contains a password, which others on this machine can see.")]
    [TestCase("postgres://host/db?password=secret", "--output contains a password")]
    [TestCase("postgres://host/db?sslpassword=secret", "--output contains a password")]
    [TestCase("postgres://a:secret@b@host/db", "--output is not of the form postgres://user@host/database?schema=croct")]
    [TestCase("postgres://a:secret?@host/db", "--output is not of the form postgres://user@host/database?schema=croct")]
    [TestCase("postgres://a:12?secret@host/db", "--output is not of the form postgres://user@host/database?schema=croct")]
    [TestCase("postgres://a:secret/@host/db", "--output is not of the form postgres://user@host/database?schema=croct")]
    [TestCase("postgres://host/db?sslrootcert=system", "sslrootcert (in --output or the environment) was 'system'. Leave it out and pass sslmode=verify-full,")]
    [TestCase(
        "postgres://host/db?passfile=nowhere",
        "passfile (in --output or the environment) was 'nowhere', which cannot be read: Could not find file '")]
    [TestCase("postgres://host/db?passfile=.", "passfile (in --output or the environment) was '.', which cannot be read: Access to the path '")]
    [TestCase("postgres://host/db?sslrootcert=nowhere", "sslrootcert (in --output or the environment) was 'nowhere', which cannot be read:")]
    [TestCase("host=localhost dbname=shop", "--output is not of the form postgres://user@host/database?schema=croct")]
    [TestCase("postgres:host", "--output is not of the form")]
    [TestCase("postgresql://host/db/more", "--output is not of the form")]
    [TestCase("postgres://host:x/db", "--output has the host 'host:x', which is not of the form host or host:port.")]
    [TestCase("postgres://host:65536/db", "port (in --output or the environment) was '65536'; it must be a number from 0 to 65535.")]
    [TestCase("postgres://a:1,b:2,c:3/db?port=1,2", "--output has 3 hosts and 2 ports; it must have one port, or one for each host.")]
    [TestCase(
        "postgres://host/db?sslmode=on",
        "sslmode (in --output or the environment) was 'on'; it must be disable, allow, prefer, require, verify-ca or verify-full.")]
    [TestCase("postgres://host/db?colour=red", "--output has the parameter 'colour'; the parameters are schema, host, port, user,")]
    [TestCase("postgres://host/db?schema=", "--output has the schema ''; it must have 1 to 63 bytes and no control characters, and must not begin with pg_.")]
    [TestCase("postgres://host/db?schema=pg_catalog", "--output has the schema 'pg_catalog'")]
    [TestCase("postgres://host/100%", "--output contains a % that two hexadecimal digits do not follow. A % itself is %25.")]
    [TestCase(
        "postgres://host/db?target_session_attrs=standby",
        "target_session_attrs (in --output or the environment) was 'standby'; it must be any, read-write or primary.")]
    [TestCase("postgres://host/db?connect_timeout=soon", "connect_timeout (in --output or the environment) was 'soon'; it must be a number from 0 to 1024.")]
    public async Task An_address_that_is_not_valid(string output, string message)
    {
        var (code, _, errors) = await _exporter.TryAsync(["events", .. Sandbox, "--output", output]);

        Assert.That((code, errors), Is.EqualTo((2, errors)));
        Assert.That(errors, Does.Match(@"\A.*\n\z").And.StartWith($"croct-export: {message}").And.Not.Contain("secret"));
    }

    [TestCase("--format=csv", "--format cannot be used with a database. Leave it out.")]
    [TestCase("--compress=gzip", "--compress cannot be used with a database. Leave it out.")]
    [TestCase("--part-rows=5", "--part-rows cannot be used with a database. Leave it out.")]
    [TestCase("--single-writer", "--single-writer cannot be used with a database. Leave it out.")]
    [TestCase("--state=s", "--state cannot be used with a database: the database itself keeps the progress. Leave it out.")]
    [TestCase("--lookback=1d", "--lookback cannot be used with a database. croct-export verify --repair adds what arrived late.")]
    [TestCase("--cursor=c", "--cursor cannot be used with a database: it begins at the start of the window, and continues where it ended.")]
    [TestCase("--max-items=5", "--max-items cannot be used with a database: a cursor cannot point to the middle of a page.")]
    [TestCase(
        "--end=today",
        "--end today would give a database another window in each run. Pass --slice-by 1d, so that each day is exported on its own, or a fixed time.")]
    public async Task An_option_that_does_not_fit_a_database(string option, string message)
    {
        var (code, _, errors) = await _exporter.TryAsync(["events", .. Sandbox, "--output", _database.Output, option]);

        Assert.That((code, errors), Is.EqualTo((2, $"croct-export: {message}\n")));
    }

    [Test]
    public async Task The_same_error_in_all_streams_is_one_line_for_each()
    {
        var (code, _, errors) = await _exporter.TryAsync(["all", .. Sandbox, "--output", _database.OutputAs("stranger")]);

        Assert.That(code, Is.EqualTo(3));
        Assert.That(errors, Does.Match(@"\A(croct-export: (events|sessions|users): '.*' cannot be used: role ""stranger"" does not exist\..*\n){3}\z"));
    }

    private async Task AssertFailsAsync(int code, string message, string output, params string[] more)
    {
        var run = await _exporter.TryAsync(["events", .. Sandbox, "--output", output, .. more]);

        Assert.That((run.Code, run.Errors), Is.EqualTo((code, run.Errors)));
        Assert.That(run.Errors, Does.Match(@"\Acroct-export: 'postgres://.*\n\z").And.Contain(message));
    }

    /// <summary>The start of a session (https://www.postgresql.org/docs/current/protocol-flow.html), without a password, with an old version.</summary>
    private static async Task GreetAsOldServerAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        await stream.ReadAtLeastAsync(new byte[1000], 8);
        await stream.WriteAsync((byte[])
        [
            (byte)'R', 0, 0, 0, 8, 0, 0, 0, 0,
            .. CreateParameter("server_version", "9.4.26"), .. CreateParameter("server_encoding", "UTF8"), .. CreateParameter("client_encoding", "UTF8"),
            .. CreateParameter("standard_conforming_strings", "on"), .. CreateParameter("integer_datetimes", "on"), .. CreateParameter("TimeZone", "UTC"),
            (byte)'K', 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1,
            (byte)'Z', 0, 0, 0, 5, (byte)'I',
        ]);
        await stream.ReadAtLeastAsync(new byte[1000], 1, throwOnEndOfStream: false);

        static byte[] CreateParameter(string name, string value) =>
            [(byte)'S', 0, 0, 0, (byte)(4 + name.Length + value.Length + 2), .. Encoding.ASCII.GetBytes($"{name}\0{value}\0")];
    }
}
