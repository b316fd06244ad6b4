using System.Diagnostics;
using Croct.Export.Tests.Limits;

namespace Croct.Export.Tests.CommandLine;

/// <summary>The exporter as a process, writing into a folder of its own.</summary>
internal sealed class Exporter(params (string Name, string Value)[] environment) : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "croct-export.dll");

    // What a shell starts in the background ignores SIGINT, and so do all its children. GNU's env undoes that, and becomes the program itself.
    private const string ResetSignals = "--default-signal=INT,TERM";
    private static readonly Lazy<bool> CanResetSignals = new(() =>
    {
        if (!OperatingSystem.IsLinux()) return false;
        using var env = Process.Start(new ProcessStartInfo("env", [ResetSignals, "true"]) { RedirectStandardError = true })!;
        env.WaitForExit();
        return env.ExitCode == 0;
    });

    private readonly string _folder = Directory.CreateTempSubdirectory("croct-export-").FullName;
    private readonly List<Process> _started = [];

    public string PathOf(string file) => Path.Combine(_folder, file);

    /// <summary>The path of a file that has its name, or has none yet since it is not complete.</summary>
    public string PathOfUnfinished(string file) => File.Exists(PathOf(file)) ? PathOf(file) : new[] { ".unfinished", ".partial" }.Select(suffix => PathOf(file + suffix)).FirstOrDefault(File.Exists) ?? PathOf(file);

    /// <summary>The size of a file, complete or not; 0 where there is none.</summary>
    public long LengthOf(string file)
    {
        // It may get its name between two looks.
        var info = new FileInfo(PathOfUnfinished(file));
        return info.Exists ? info.Length : 0;
    }

    /// <summary>Runs it and expects it to succeed; gives what it wrote to standard output.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, errors) = await TryAsync(arguments);
        Assert.That(code, Is.Zero, errors);
        return output;
    }

    public Task<(int Code, string Output, string Errors)> TryAsync(params string[] arguments) => Command.RunAsync(StartInfo("dotnet", [Program, .. arguments]));

    /// <summary>Runs it so that no file can grow beyond a size: a write behind it fails, as on a full disk. A multiple of 512, which the shell counts in.</summary>
    public Task<(int Code, string Output, string Errors)> TryWithFilesOfAtMostAsync(int bytes, params string[] arguments)
    {
        var start = StartInfo("sh", ["-c", $"trap '' XFSZ; ulimit -f {bytes / 512}; exec \"$@\"", "sh", "dotnet", Program, .. arguments]);

        // The runtime keeps its code in a file of two gigabytes in memory, which the limit would not allow.
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

    /// <summary>Runs it under another program, which takes it as its last arguments.</summary>
    public Task<(int Code, string Output, string Errors)> TryUnderAsync(string program, string[] options, string[] arguments) =>
        Command.RunAsync(StartInfo(program, [.. options, "dotnet", Program, .. arguments]));

    /// <summary>Runs it in a terminal of a user, and not of a build server, where nothing moves; gives all that it shows there.</summary>
    public Task<string> ShowAsync(params string[] arguments) => ShowOnAsync("xterm", arguments);

    /// <summary>Like <see cref="ShowAsync"/>, in a terminal of a kind.</summary>
    public async Task<string> ShowOnAsync(string terminal, string[] arguments)
    {
        var start = StartInfo("script", ["-qec", $"dotnet '{Program}' {string.Join(' ', arguments)}", "/dev/null"]);
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME") && !name.StartsWith("DOTNET_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        start.Environment["TERM"] = terminal;
        start.RedirectStandardInput = true;
        var (code, output, errors) = await Command.RunAsync(start);
        Assert.That(code, Is.Zero, output + errors);
        return output;
    }

    /// <summary>Leaves the tests out that need a program, and says why, where it is not there or does not succeed. They count as skipped, not as passed.</summary>
    public async Task NeedAsync(string reason, string program, params string[] arguments)
    {
        bool isThere;
        try
        {
            isThere = (await Command.RunAsync(StartInfo(program, arguments))).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            isThere = false;
        }

        if (!isThere) Assert.Ignore(reason);
    }

    /// <summary>Starts it; it is killed with this exporter at the latest, however the test ends.</summary>
    public Process Start(params string[] arguments)
    {
        var process = Command.Start(CanResetSignals.Value ? StartInfo("env", [ResetSignals, "dotnet", Program, .. arguments]) : StartInfo("dotnet", [Program, .. arguments]));
        _started.Add(process);
        return process;
    }

    /// <summary>Waits for the first bytes of a file; fails if the process that is to write them ends without.</summary>
    public async Task UntilItWritesAsync(Process process, string file)
    {
        await UntilAsync(process, () => LengthOf(file) > 0);
        if (LengthOf(file) == 0) Assert.Fail($"It ended with {process.ExitCode} and wrote no '{file}': {await process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Looks at each change in the folder whether a condition holds, until it does or the process ends.</summary>
    public async Task UntilAsync(Process process, Func<bool> condition)
    {
        using var change = new SemaphoreSlim(0);
        using var watcher = new FileSystemWatcher(_folder) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.Size | NotifyFilters.LastWrite | NotifyFilters.FileName };
        watcher.Changed += (_, _) => Release();
        watcher.Created += (_, _) => Release();
        watcher.Renamed += (_, _) => Release();
        process.Exited += (_, _) => Release();
        (watcher.EnableRaisingEvents, process.EnableRaisingEvents) = (true, true);
        while (!condition() && !process.HasExited) await change.WaitAsync();

        void Release()
        {
            try
            {
                change.Release();
            }
            catch (ObjectDisposedException)
            {
                // A change after the last one that counts.
            }
        }
    }

    private ProcessStartInfo StartInfo(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // What the developer has set for exports of their own.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("CROCT_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return start;
    }

    public void Dispose()
    {
        foreach (var process in _started) Command.End(process);
        Directory.Delete(_folder, recursive: true);
    }
}
