using System.Diagnostics;
using System.Threading.Channels;
using Croct.Export.Tests.Limits;

namespace Croct.Export.Tests.CommandLine;

/// <summary>The exporter as a process, with a working folder of its own.</summary>
internal sealed class Exporter(params (string Name, string Value)[] environment) : IDisposable
{
    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, "croct-export.dll");

    // A process that a shell starts in the background ignores SIGINT, and so do its children. GNU env resets that before it runs the program.
    private const string ResetSignals = "--default-signal=INT,TERM";
    private static readonly Lazy<bool> CanResetSignals = new(() =>
    {
        if (!OperatingSystem.IsLinux()) return false;
        using var env = Process.Start(new ProcessStartInfo("env", [ResetSignals, "true"]) { RedirectStandardError = true })!;
        env.WaitForExit();
        return env.ExitCode == 0;
    });

    private static readonly string[] Prefixes = ["CROCT_", "AWS_", "AZURE_", "PG"];

    private readonly string _folder = Directory.CreateTempSubdirectory("croct-export-").FullName;
    private readonly List<Process> _started = [];

    public string PathOf(string file) => Path.Combine(_folder, file);

    /// <summary>The path of a file, or of its unfinished version while it is not complete.</summary>
    public string PathOfUnfinished(string file) => File.Exists(PathOf(file))
        ? PathOf(file)
        : new[] { ".unfinished", ".partial" }.Select(suffix => PathOf(file + suffix)).FirstOrDefault(File.Exists) ?? PathOf(file);

    /// <summary>The size of a file, complete or not; 0 if it does not exist.</summary>
    public long LengthOf(string file)
    {
        // It may be renamed between two checks.
        var info = new FileInfo(PathOfUnfinished(file));
        return info.Exists ? info.Length : 0;
    }

    /// <summary>Runs it, expects it to succeed and returns what it wrote to standard output.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, errors) = await TryAsync(arguments);
        Assert.That(code, Is.Zero, errors);
        return output;
    }

    public Task<(int Code, string Output, string Errors)> TryAsync(params string[] arguments) => Command.RunAsync(StartInfo("dotnet", [Program, .. arguments]));

    /// <summary>
    /// Runs it with a limit on the size of files: a write beyond the limit fails, as on a full disk. The limit is a multiple of 512 bytes, the unit of
    /// the shell.
    /// </summary>
    public Task<(int Code, string Output, string Errors)> TryWithFileSizeLimitAsync(int bytes, params string[] arguments)
    {
        var start = StartInfo("sh", ["-c", $"trap '' XFSZ; ulimit -f {bytes / 512}; exec \"$@\"", "sh", "dotnet", Program, .. arguments]);

        // The runtime maps its code from a 2 GB file in memory, which the limit would not allow.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Command.RunAsync(start);
    }

    /// <summary>Runs it several times in one shell, with standard output redirected to a file.</summary>
    public async Task RedirectAsync(string file, params string[][] runs)
    {
        var commands = runs.Select(arguments => $"dotnet '{Program}' {string.Join(' ', arguments)}");
        var (code, _, errors) = await Command.RunAsync(StartInfo("sh", ["-c", $"{{ {string.Join(" && ", commands)}; }} > {file}"]));
        Assert.That(code, Is.Zero, errors);
    }

    /// <summary>Runs a line of bash in which <c>croct-export</c> is the exporter.</summary>
    public Task<(int Code, string Output, string Errors)> TryInShellAsync(string line) =>
        Command.RunAsync(StartInfo("bash", ["-c", $"croct-export() {{ dotnet '{Program}' \"$@\"; }}\n{line}"]));

    /// <summary>Runs it under another program, whose last arguments are its command line.</summary>
    public Task<(int Code, string Output, string Errors)> TryUnderAsync(string program, string[] options, string[] arguments) =>
        Command.RunAsync(StartInfo(program, [.. options, "dotnet", Program, .. arguments]));

    /// <summary>Runs it in a terminal, as for a user and not on a build server, where nothing is animated; returns everything it shows there.</summary>
    public Task<string> RunInTerminalAsync(params string[] arguments) => RunInTerminalOfTypeAsync("xterm", arguments);

    /// <summary>Like <see cref="RunInTerminalAsync"/>, in a terminal of the given type.</summary>
    public async Task<string> RunInTerminalOfTypeAsync(string terminal, string[] arguments)
    {
        var start = StartInfo("script", ["-qec", $"dotnet '{Program}' {string.Join(' ', arguments)}", "/dev/null"]);
        var others = start.Environment.Keys.Where(name => name is not ("PATH" or "HOME") && !name.StartsWith("DOTNET_", StringComparison.Ordinal));
        foreach (var name in others.ToList()) start.Environment.Remove(name);
        start.Environment["TERM"] = terminal;
        start.RedirectStandardInput = true;
        var (code, output, errors) = await Command.RunAsync(start);
        Assert.That(code, Is.Zero, output + errors);
        return output;
    }

    /// <summary>
    /// Skips the tests that need a program, with a reason, if the program is missing or fails. They count as skipped, not as passed.
    /// </summary>
    public async Task RequireAsync(string reason, string program, params string[] arguments)
    {
        bool isAvailable;
        try
        {
            isAvailable = (await Command.RunAsync(StartInfo(program, arguments))).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            isAvailable = false;
        }

        if (!isAvailable) Assert.Ignore(reason);
    }

    /// <summary>Starts it; it is killed at the latest when this exporter is disposed of, however the test ends.</summary>
    public Process Start(params string[] arguments)
    {
        var process = Command.Start(
            CanResetSignals.Value ? StartInfo("env", [ResetSignals, "dotnet", Program, .. arguments]) : StartInfo("dotnet", [Program, .. arguments]));
        _started.Add(process);
        return process;
    }

    /// <summary>Waits for the first bytes of a file; fails if the process ends without writing them.</summary>
    public async Task WaitUntilItWritesAsync(Process process, string file)
    {
        await WaitUntilAsync(process, () => LengthOf(file) > 0);
        if (LengthOf(file) == 0) Assert.Fail($"It ended with {process.ExitCode} and wrote no '{file}': {await process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Checks a condition after changes in the folder, until it holds or the process ends.</summary>
    public async Task WaitUntilAsync(Process process, Func<bool> condition)
    {
        // Changes during a check are one change, as there may be thousands.
        var change = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = new FileSystemWatcher(_folder)
        {
            IncludeSubdirectories = true,
            NotifyFilter = NotifyFilters.Size | NotifyFilters.LastWrite | NotifyFilters.FileName,
        };
        watcher.Changed += (_, _) => change.Writer.TryWrite(true);
        watcher.Created += (_, _) => change.Writer.TryWrite(true);
        watcher.Renamed += (_, _) => change.Writer.TryWrite(true);
        process.Exited += (_, _) => change.Writer.TryWrite(true);
        (watcher.EnableRaisingEvents, process.EnableRaisingEvents) = (true, true);
        while (!condition() && !process.HasExited) await change.Reader.ReadAsync();
    }

    private ProcessStartInfo StartInfo(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Variables that the developer has set for their own exports.
        foreach (var name in start.Environment.Keys.Where(name => Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment) start.Environment[name] = value;
        return start;
    }

    public void Dispose()
    {
        foreach (var process in _started) Command.End(process);
        Directory.Delete(_folder, recursive: true);
    }
}
