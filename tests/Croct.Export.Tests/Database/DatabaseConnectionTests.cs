using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Croct.Export.Tests.CommandLine;
using Croct.Export.Tests.CommandLine.Datasets.Stores;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Database;

/// <summary>Connections of an export to PostgreSQL: how they are opened, and what happens if they are lost.</summary>
public class DatabaseConnectionTests
{
    private static readonly string[] Sandbox = ["--sandbox", "--sandbox-items", "3000", "--quiet"];

    /// <summary>A server with a certificate for localhost, its port, and the file of the authority that issued the certificate.</summary>
    private static readonly Lazy<Task<(PostgresServer Server, int Port, string Root)>> SecureServer = new(StartSecureServerAsync);

    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [TestCase(
        "create trigger cut before update on croct.croct_exports for each row execute function cut()",
        TestName = "{m}(before the cursor is moved)")]
    [TestCase(
        "create constraint trigger cut after update on croct.croct_exports deferrable initially deferred for each row execute function cut()",
        TestName = "{m}(during the commit)")]
    public async Task An_export_continues_after_a_lost_connection(string trigger)
    {
        await using var database = await SharedServer.CreateAsync();
        await _exporter.RunAsync(["events", .. Sandbox, "--output", database.Output, "--start=2030-01-01", "--end=2030-01-02", "--slice-by=1d"]);
        await database.ExecuteAsync(
            $"""
            delete from croct.croct_exports;
            create sequence transactions;
            create function cut() returns trigger language plpgsql as $$
            begin
                if nextval('transactions') % 2 = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
                return new;
            end $$;
            {trigger};
            """);

        var (code, _, errors) = await _exporter.TryAsync(["events", .. Sandbox[..^1], "--verbose", "--output", database.Output]);

        Assert.That(code, Is.Zero, errors);
        Assert.That(errors, Does.Match(
            @"events: attempt 1 failed, retrying in [0-9]\.[0-9] s: '.+' cannot be used: terminating connection due to administrator command\. \(57P01\)\n"));
        Assert.That(await database.CountAsync("croct.events"), Is.EqualTo(3000));
        Assert.That(await database.QueryAsync("select rows from croct.croct_exports"), Is.EqualTo(new[] { "3000" }));
        Assert.That(int.Parse((await database.QueryAsync("select last_value from transactions")).Single(), CultureInfo.InvariantCulture), Is.GreaterThan(4));
    }

    [Test]
    public async Task An_export_continues_after_a_connection_that_is_cut_at_any_byte([Range(1, 4)] int cut, [Values] bool isSending)
    {
        await using var database = await SharedServer.CreateAsync();
        var server = (await SharedServer.Instance).EndPoint;
        int all;
        using (var whole = new CuttingProxy(server))
        {
            await _exporter.RunAsync(["events", .. Sandbox, "--output", database.OutputBy(whole.Port)]);
            all = (int)(isSending ? whole.Sent : whole.Received);
        }

        await database.ExecuteAsync("drop schema croct cascade");
        var bytes = new Random(cut).Next(all / 4 * (cut - 1), all / 4 * cut);
        using var proxy = isSending ? new CuttingProxy(server, sent: bytes) : new CuttingProxy(server, received: bytes);

        await _exporter.RunAsync(["events", .. Sandbox, "--output", database.OutputBy(proxy.Port)]);

        Assert.That(proxy.HasCut);
        Assert.That(await database.CountAsync("croct.events"), Is.EqualTo(3000));
        Assert.That(await database.QueryAsync("select rows from croct.croct_exports"), Is.EqualTo(new[] { "3000" }));
    }

    [Test]
    public async Task Of_several_servers_the_one_that_was_lost_is_tried_again()
    {
        await using var database = await SharedServer.CreateAsync();
        using var proxy = new CuttingProxy((await SharedServer.Instance).EndPoint, sent: 100_000);

        await _exporter.RunAsync(
        [
            "events", .. Sandbox, "--output",
            $"postgres://tests@127.0.0.1:{FreePorts.FindOne()},127.0.0.1:{proxy.Port}/{database.Name}?target_session_attrs=read-write",
        ]);

        Assert.That(proxy.HasCut);
        Assert.That(await database.CountAsync("croct.events"), Is.EqualTo(3000));
    }

    [Test]
    public async Task The_role_of_a_single_server_can_be_asked_for()
    {
        await using var database = await SharedServer.CreateAsync();
        using var withVariable = new Exporter(("PGTARGETSESSIONATTRS", "primary"));

        await _exporter.RunAsync(["users", .. Sandbox, "--output", database.Output + "&target_session_attrs=read-write"]);
        await withVariable.RunAsync(["events", .. Sandbox, "--output", database.Output]);

        Assert.That(await database.CountAsync("croct.events"), Is.EqualTo(3000));
    }

    [Test]
    public async Task A_server_that_has_lost_commits_is_loaded_again_from_the_last_one_it_has()
    {
        await using var database = await SharedServer.CreateAsync();
        await database.ExecuteAsync(
            """
            create schema croct;
            create function lose() returns trigger language plpgsql as $$
            begin
                if new.revision = 3 then
                    delete from croct.events;
                    new.revision := 1;
                    new.cursor := null;
                end if;
                return new;
            end $$
            """);
        await _exporter.RunAsync(["events", .. Sandbox, "--output", database.Output]);
        await database.ExecuteAsync(
            "truncate croct.events, croct.croct_exports; create trigger lose before update on croct.croct_exports for each row execute function lose()");
        string[] arguments =
            ["events", "--sandbox", "--sandbox-items", "20000", "--page-size", "1000", "--retries", "0", "--quiet", "--output", database.Output];

        var (code, _, errors) = await _exporter.TryAsync(arguments);
        await database.ExecuteAsync("drop trigger lose on croct.croct_exports");
        await _exporter.RunAsync(arguments);

        Assert.That((code, errors), Is.EqualTo((
            4,
            $"croct-export: '{database.Place}': the server has lost transactions that it had committed, so this export stopped. " +
            "Nothing is lost: run the command again later.\n")));
        Assert.That(await database.CountAsync("croct.events"), Is.EqualTo(20_000));
    }

    [Test]
    public async Task A_second_writer_is_refused()
    {
        await using var database = await SharedServer.CreateAsync();
        string[] arguments = ["events", "--sandbox", "--sandbox-items", "200", "--quiet", "--output", database.Output];
        await _exporter.RunAsync(arguments);
        await database.ExecuteAsync("truncate croct.events, croct.croct_exports");
        await database.LockAsync("croct.events");

        var both = Task.WhenAll(_exporter.TryAsync(arguments), _exporter.TryAsync(arguments));
        while (await database.CountAsync("pg_locks where relation = 'croct.events'::regclass and not granted") < 2) Assert.That(both.IsCompleted, Is.False);
        await database.UnlockAsync();
        var runs = await both;

        Assert.That(runs.Select(run => run.Code).Order(), Is.EqualTo(new[] { 0, 2 }));
        Assert.That(
            runs.Single(run => run.Code == 2).Errors,
            Is.EqualTo(
                $"croct-export: '{database.Place}': another process is exporting events into the schema croct, so this one stopped; " +
                "no row is there twice. Let one of them finish, and run the command again.\n"));
        Assert.That(await database.CountAsync("croct.events"), Is.EqualTo(200));
    }

    [Test]
    public async Task Waiting_for_the_database_is_not_shown_as_waiting_for_a_page()
    {
        await using var database = await SharedServer.CreateAsync();
        string[] arguments =
            ["events", "--sandbox", "--sandbox-items", "200", "--retries", "0", "--output", $"'{database.Output}&options=-clock_timeout%3D3s'"];
        await _exporter.RunAsync([.. arguments[..^1], database.Output, "--quiet"]);
        await database.ExecuteAsync("truncate croct.events, croct.croct_exports");
        await database.LockAsync("croct.events");

        var shown = await _exporter.RunInTerminalAsync([.. arguments, "||", "true"]);

        Assert.That(shown, Does.Contain("saving for 2 s").And.Not.Contain("waiting for page"));
    }

    [Test]
    public async Task A_signal_keeps_the_pages_that_were_received()
    {
        await using var database = await SharedServer.CreateAsync();
        var process = _exporter.Start(
            "events", "--sandbox", "--sandbox-items", "100000", "--page-size", "100", "--fault=latency:ms=20", "--quiet", "--output", database.Output);
        while ((await database.QueryAsync("select to_regclass('croct.events')::text")).Single().Length == 0) Assert.That(process.HasExited, Is.False);
        while (await database.CountAsync("croct.events") == 0) Assert.That(process.HasExited, Is.False);

        // Pages have been received that are not yet in the table.
        await database.LockAsync("croct.events");
        while (await database.CountAsync("pg_locks where relation = 'croct.events'::regclass and not granted") == 0) Assert.That(process.HasExited, Is.False);
        var before = await database.CountAsync("croct.events");

        using (var kill = System.Diagnostics.Process.Start("kill", ["-TERM", $"{process.Id}"])) await kill.WaitForExitAsync();
        await database.UnlockAsync();
        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.EqualTo(143), await process.StandardError.ReadToEndAsync());
        Assert.That(await database.CountAsync("croct.events"), Is.GreaterThan(before));
        Assert.That(
            await database.QueryAsync("select rows from croct.croct_exports"), Is.EqualTo(await database.QueryAsync("select count(*) from croct.events")));
    }

    [Test]
    public async Task A_password_comes_from_the_environment_or_a_passfile()
    {
        const string Password = "correct-horse-battery";
        await using var server = await PostgresServer.StartAsync();
        await using var database = await server.CreateAsync("croct");
        await database.ExecuteAsync($"create role loader login password '{Password}'; grant create, temporary on database croct to loader");
        await server.RequirePasswordsAsync();
        string[] arguments = ["users", "--sandbox", "--sandbox-items", "10", "--retries=0", "--verbose", "--report=report.json", "--output"];
        var passfile = _exporter.PathOf("passfile");
        await File.WriteAllTextAsync(passfile, $"*:*:croct:loader:{Password}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(passfile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var withVariable = new Exporter(("PGPASSWORD", Password), ("PGUSER", "loader"), ("PGHOST", server.Folder), ("PGDATABASE", "croct"));
        using var withWrong = new Exporter(("PGPASSWORD", "wrong-" + Password));

        var missing = await _exporter.TryAsync([.. arguments, database.OutputAs("loader")]);
        var wrong = await withWrong.TryAsync([.. arguments, database.OutputAs("loader")]);
        var file = await _exporter.TryAsync([.. arguments, $"{database.OutputAs("loader")}&passfile={Uri.EscapeDataString(passfile)}"]);
        var variable = await withVariable.TryAsync([.. arguments, "postgresql://"]);

        Assert.That((missing.Code, wrong.Code, file.Code, variable.Code), Is.EqualTo((3, 3, 0, 0)), missing.Errors + file.Errors + variable.Errors);
        Assert.That(missing.Errors, Does.Contain("PGPASSWORD"));
        Assert.That(wrong.Errors, Does.Contain(
            "password authentication failed for user \"loader\". Check the role, PGPASSWORD or the passfile, and pg_hba.conf on the server. (28P01)\n"));
        Assert.That(
            missing.Errors + wrong.Errors + file.Errors + variable.Errors + await File.ReadAllTextAsync(_exporter.PathOf("report.json")),
            Does.Not.Contain(Password));
    }

    [TestCase("verify-full", "localhost", true, 0)]
    [TestCase("verify-full", "127.0.0.1", true, 1)]
    [TestCase("verify-ca", "127.0.0.1", true, 0)]
    [TestCase("require", "127.0.0.1", true, 0)]
    [TestCase("require", "127.0.0.1", false, 0)]
    [TestCase("verify-ca", "localhost", false, 1)]
    [TestCase("verify-full", "localhost", false, 1)]
    public async Task A_certificate_is_checked_as_sslmode_says(string mode, string host, bool isTrusted, int code)
    {
        var (server, port, root) = await SecureServer.Value;
        await using var database = await server.CreateAsync($"tls{Guid.NewGuid():N}");
        var authority = isTrusted ? $"&sslrootcert={Uri.EscapeDataString(root)}" : "";

        var run = await _exporter.TryAsync(
            "users", "--sandbox", "--sandbox-items", "10", "--retries=0", "--quiet", "--output",
            $"postgres://tests@{host}:{port}/{database.Name}?sslmode={mode}{authority}");

        Assert.That(run.Code, Is.EqualTo(code), run.Errors);
        if (code == 0) return;
        Assert.That(run.Errors, Does.Match(@"\Acroct-export: '.*' cannot be used: .* Check sslmode, sslrootcert and the server's certificate\.\n\z"));
    }

    [Test]
    public async Task An_authority_in_its_usual_place_is_checked_as_in_libpq()
    {
        var (server, port, _) = await SecureServer.Value;
        await using var database = await server.CreateAsync($"tls{Guid.NewGuid():N}");
        using var exporter = new Exporter(("HOME", _exporter.PathOf(".")));
        Directory.CreateDirectory(_exporter.PathOf(".postgresql"));
        using (var key = RSA.Create(2048))
        using (var other = CreateCertificate(key)) await File.WriteAllTextAsync(_exporter.PathOf(".postgresql/root.crt"), other.ExportCertificatePem());

        var run = await exporter.TryAsync(
            "users", "--sandbox", "--sandbox-items", "10", "--retries=0", "--quiet", "--output",
            $"postgres://tests@localhost:{port}/{database.Name}?sslmode=require");

        Assert.That(run.Code, Is.EqualTo(1), run.Errors);
        Assert.That(run.Errors, Does.Contain("Check sslmode, sslrootcert and the server's certificate."));
    }

    [OneTimeTearDown]
    public static async Task StopSecureServerAsync()
    {
        if (SecureServer.IsValueCreated && SecureServer.Value.IsCompletedSuccessfully) await (await SecureServer.Value).Server.DisposeAsync();
    }

    private static async Task<(PostgresServer Server, int Port, string Root)> StartSecureServerAsync()
    {
        using var key = RSA.Create(2048);
        using var certificate = CreateCertificate(key);
        var port = FreePorts.FindOne();
        var server = await PostgresServer.StartSecureAsync(port, certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        return (server, port, Path.Combine(server.Folder, "server.crt"));
    }

    private static X509Certificate2 CreateCertificate(RSA key)
    {
        var request = new CertificateRequest("CN=tests", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
