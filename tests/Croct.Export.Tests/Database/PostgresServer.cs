using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Croct.Export.Tests.Limits;
using Npgsql;

namespace Croct.Export.Tests.Database;

/// <summary>A PostgreSQL server in a folder of its own; it listens on a socket in that folder, so that tests never compete for a port.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Folders = "/usr/lib/postgresql";

    private const int DefaultPort = 5432;
    private const string CertificateFile = "server.crt";
    private const string KeyFile = "server.key";

    private readonly string _folder;
    private readonly int _port;
    private Process? _process;

    private PostgresServer(string folder, int port) => (_folder, _port) = (folder, port);

    public string ConnectionString => $"Host={_folder};Port={_port};Username=tests;Database=postgres;Pooling=false";

    /// <summary>The folder of the server, with its socket.</summary>
    public string Folder => _folder;

    /// <summary>The socket.</summary>
    public UnixDomainSocketEndPoint EndPoint => new(Path.Combine(_folder, FormattableString.Invariant($".s.PGSQL.{_port}")));

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Starts a server; if PostgreSQL is not installed, the test is skipped and says so.</summary>
    /// <param name="settings">Settings of the server, such as <c>listen_addresses=127.0.0.1</c>.</param>
    public static Task<PostgresServer> StartAsync(params string[] settings) => StartAsync(DefaultPort, [], settings);

    private static async Task<PostgresServer> StartAsync(int port, (string Name, string Content)[] files, string[] settings)
    {
        if (OperatingSystem.IsWindows() || FindPrograms() is not { } programs)
        {
            Assert.Ignore("PostgreSQL is not installed here (Debian: apt-get install postgresql).");
            throw new UnreachableException();
        }

        var server = new PostgresServer(Directory.CreateTempSubdirectory("postgres-").FullName, port);
        try
        {
            foreach (var (name, content) in files) await server.WriteAsync(name, content);
            await server.StartAsync(programs, settings);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server that is also reached by TLS, at localhost.</summary>
    /// <param name="port">A free port.</param>
    /// <param name="certificate">Its certificate, as PEM.</param>
    /// <param name="key">The key of the certificate, as PEM.</param>
    public static Task<PostgresServer> StartSecureAsync(int port, string certificate, string key) => StartAsync(
        port,
        [(CertificateFile, certificate), (KeyFile, key)],
        ["listen_addresses=localhost", "ssl=on", $"ssl_cert_file=../{CertificateFile}", $"ssl_key_file=../{KeyFile}"]);

    /// <summary>Lets only roles with a password in, apart from that of the tests.</summary>
    public async Task RequirePasswordsAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Data, "pg_hba.conf"), "local all tests trust\nlocal all all scram-sha-256\n");
        await using var server = NpgsqlDataSource.Create(ConnectionString);
        await using var command = server.CreateCommand("select pg_reload_conf()");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Creates a database.</summary>
    public async Task<TestDatabase> CreateAsync(string name, string options = "")
    {
        await using var server = NpgsqlDataSource.Create(ConnectionString);
        await using var command = server.CreateCommand($"create database {name} {options}");
        await command.ExecuteNonQueryAsync();
        return new TestDatabase(this, name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // pg_ctl also frees its shared memory; a kill would not.
            if (!_process.HasExited) await RunAsync(AsOwner(Path.Combine(FindPrograms()!, "pg_ctl"), "stop", "-D", Data, "-m", "immediate", "-w"));
            Command.End(_process);
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static string? FindPrograms() => !Directory.Exists(Folders)
        ? null
        : Directory.GetDirectories(Folders)
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "postgres")) && File.Exists(Path.Combine(bin, "initdb")));

    private static async Task RunAsync(ProcessStartInfo start)
    {
        var (code, output, errors) = await Command.RunAsync(start);
        Assert.That(code, Is.Zero, output + errors);
    }

    /// <summary>PostgreSQL refuses to run as root, the user of tests in a container.</summary>
    private ProcessStartInfo AsOwner(string program, params string[] arguments)
    {
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("runuser", ["-u", "nobody", "--", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        (start.WorkingDirectory, start.RedirectStandardOutput, start.RedirectStandardError) = (_folder, true, true);
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    /// <summary>Writes a file that only its owner can read, as PostgreSQL demands of a key.</summary>
    private async Task WriteAsync(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, content);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private async Task StartAsync(string programs, string[] settings)
    {
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync(new("chown", ["-R", "nobody", _folder]) { RedirectStandardOutput = true, RedirectStandardError = true });
        }

        await RunAsync(AsOwner(Path.Combine(programs, "initdb"), "-D", Data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"));
        string[] all = ["listen_addresses=", $"port={_port}", "fsync=off", .. settings];
        _process = Command.Start(AsOwner(
            Path.Combine(programs, "postgres"), ["-D", Data, "-k", _folder, .. all.SelectMany(setting => (string[])["-c", setting])]));
        var output = _process.StandardOutput.ReadToEndAsync();
        var lines = new List<string>();
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (!line.Contains("ready to accept connections", StringComparison.Ordinal)) continue;

            // Its later output must not fill the pipe.
            _ = _process.StandardError.ReadToEndAsync();
            return;
        }

        Assert.Fail($"PostgreSQL did not start: {string.Join('\n', lines)}{await output}");
    }
}
