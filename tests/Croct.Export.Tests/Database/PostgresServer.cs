using System.Diagnostics;
using System.Globalization;
using Croct.Export.Tests.Limits;

namespace Croct.Export.Tests.Database;

/// <summary>A PostgreSQL server for one test, in a folder of its own; it listens on a socket in that folder, so that tests never compete for a port.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Folders = "/usr/lib/postgresql";

    private readonly string _folder;
    private Process? _process;

    private PostgresServer(string folder) => _folder = folder;

    public string ConnectionString => $"Host={_folder};Username=tests;Database=postgres;Pooling=false";

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Starts a server; if PostgreSQL is not installed, the test is skipped and says so.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        if (OperatingSystem.IsWindows() || FindPrograms() is not { } programs)
        {
            Assert.Ignore("PostgreSQL is not installed here (Debian: apt-get install postgresql).");
            throw new UnreachableException();
        }

        var server = new PostgresServer(Directory.CreateTempSubdirectory("postgres-").FullName);
        try
        {
            await server.StartAsync(programs);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
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

    private async Task StartAsync(string programs)
    {
        if (Environment.IsPrivilegedProcess) await RunAsync(new("chown", ["nobody", _folder]) { RedirectStandardOutput = true, RedirectStandardError = true });
        await RunAsync(AsOwner(Path.Combine(programs, "initdb"), "-D", Data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"));
        _process = Command.Start(AsOwner(Path.Combine(programs, "postgres"), "-D", Data, "-k", _folder, "-c", "listen_addresses=", "-c", "fsync=off"));
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
