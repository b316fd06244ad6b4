using System.Diagnostics;
using System.Globalization;
using Croct.Export.Tests.Limits;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Clusters;

/// <summary>
/// A Slurm cluster of three nodes for one test, on this machine and in a folder of its own. Each node is a PID namespace, and the whole cluster is another one
/// around them: with the first process of a namespace the kernel ends all others in it, so that a node is lost at once, as in a power failure, and no process
/// outlives the cluster, not even if that of the tests is killed.
/// </summary>
internal sealed class SlurmCluster : IAsyncDisposable
{
    private const int Nodes = 3;
    private static readonly string[] Namespace = ["--pid", "--fork", "--kill-child", "--mount-proc"];

    /// <summary>The time in which anything that a test waits for happens, several times over.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("slurm-").FullName;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly (string Name, string Value)[] _environment;
    private Process? _shell;
    private string _seen = "";

    private SlurmCluster((string Name, string Value)[] environment) => _environment = environment;

    /// <summary>Starts a cluster; if that is not possible here, the test is skipped and says so.</summary>
    /// <param name="environment">The variables of its jobs, in addition to those of this process.</param>
    public static async Task<SlurmCluster> StartAsync(params (string Name, string Value)[] environment)
    {
        var cluster = new SlurmCluster(environment);
        try
        {
            if (!await cluster.IsPossibleAsync()) Assert.Ignore("It needs root on Linux, Slurm and munge (Debian: apt-get install slurm-wlm munge).");
            await cluster.StartAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a line to the output of the test, with the time since the cluster was created.</summary>
    public Task LogAsync(string text) => TestContext.Out.WriteLineAsync($"{_time.Elapsed.TotalSeconds,6:F1} s  {text}");

    /// <summary>Submits an array of tasks that are requeued when their node is lost.</summary>
    /// <param name="indices">The indices of the tasks, such as 0-3.</param>
    /// <param name="folder">The working folder, which all nodes share.</param>
    /// <param name="command">A line of the shell.</param>
    public async Task<string> SubmitAsync(string indices, string folder, string command)
    {
        string[] options = ["--parsable", "--requeue", $"--array={indices}", $"--chdir={folder}", $"--output={_folder}/task-%A_%a.log", "--open-mode=append"];
        var job = (await RunAsync("sbatch", [.. options, $"--wrap={command}"])).Trim();
        await LogAsync($"submitted {job}");
        return job;
    }

    /// <summary>The tasks of an array, by index.</summary>
    public async Task<IReadOnlyList<SlurmTask>> GetTasksAsync(string job)
    {
        var lines = await RunAsync("squeue", "--noheader", "--array", "--states=all", $"--jobs={job}", "--Format=ArrayTaskID,State,RestartCnt,NodeList");
        var tasks = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(cells => new SlurmTask(ParseNumber(cells[0]), cells[1], ParseNumber(cells[2]), cells.ElementAtOrDefault(3)));
        return [.. tasks.OrderBy(task => task.Index)];

        static int ParseNumber(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until all tasks of some arrays have succeeded; fails when one has not.</summary>
    public Task WaitForAsync(params string[] jobs) => WaitUntilAsync(async () =>
    {
        var tasks = new List<SlurmTask>();
        foreach (var job in jobs) tasks.AddRange(await GetTasksAsync(job));
        Assert.That(tasks.Select(task => task.State), Has.None.AnyOf("FAILED", "CANCELLED", "NODE_FAIL", "TIMEOUT"), Describe);
        return tasks.TrueForAll(task => task.State == "COMPLETED");
    });

    /// <summary>Kills all processes of a node: slurmd, slurmstepd and tasks. They are gone when this returns.</summary>
    public async Task KillAsync(string node)
    {
        await LogAsync($"killing {node}");
        await _shell!.StandardInput.WriteLineAsync($"kill -KILL $(< /proc/${node}/task/${node}/children); wait ${node}; echo killed");
        Assert.That(await _shell.StandardOutput.ReadLineAsync().WaitAsync(Limit), Is.EqualTo("killed"));
        await LogAsync($"killed {node}");
    }

    /// <summary>Checks a condition several times per second until it holds, and shows what changes in the cluster meanwhile.</summary>
    public async Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            while (!await condition())
            {
                await LogChangeAsync();
                await timer.WaitForNextTickAsync(limit.Token);
            }

            await LogChangeAsync();
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It did not happen within {Limit.TotalSeconds} s. {Describe()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // The shell, the first process of the cluster, ends with its input; unshare ends once all processes have.
            _shell?.StandardInput.Close();
            if (_shell is not null) await _shell.WaitForExitAsync().WaitAsync(Limit);
        }
        finally
        {
            if (_shell is not null) Command.End(_shell);
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>The state of the cluster, and the ends of its logs.</summary>
    private string Describe()
    {
        var logs = Directory.EnumerateFiles(_folder, "*.log")
            .Select(file => $"{Path.GetFileName(file)}:\n{string.Join('\n', File.ReadLines(file).TakeLast(20))}");
        return $"{_seen}\n{string.Join('\n', logs)}";
    }

    private async Task<bool> IsPossibleAsync() => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
        && (await Command.RunAsync(StartInfo("unshare", [.. Namespace, "bash", "-c", "type munged slurmctld slurmd sbatch"]))).Code == 0;

    private async Task StartAsync()
    {
        // munged requires that its socket can be opened by all users. Its key can be read by root alone.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(Path.Combine(_folder, "state"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "plugstack.conf"), "");
        await File.WriteAllTextAsync(Path.Combine(_folder, "slurm.conf"), CreateConfiguration());
        _shell = Command.Start(StartInfo("unshare", [.. Namespace, "bash"]));
        await _shell.StandardInput.WriteLineAsync(
            $$"""
            exec 2> shell.log
            umask 077; head -c 1024 /dev/urandom > munge.key; umask 022
            munged --key-file=munge.key --socket=$PWD/munge --log-file=$PWD/munged.log --pid-file=$PWD/munged.pid --seed-file=$PWD/munged.seed
            slurmctld -D > slurmctld.log 2>&1 &
            for node in node{1..{{Nodes}}}; do
                unshare {{string.Join(' ', Namespace)}} slurmd -D -N $node > $node.log 2>&1 &
                declare $node=$!
            done
            """);
        await WaitUntilAsync(async () => await GetNodesAsync() is { } nodes && nodes.Split("=idle").Length == Nodes + 1);
    }

    private string CreateConfiguration()
    {
        var ports = FreePorts.Find(Nodes + 1);
        return
            $"""
            ClusterName=tests
            SlurmctldHost={Environment.MachineName.Split('.')[0]}(127.0.0.1)
            SlurmctldPort={ports[0]}
            CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
            SlurmUser=root
            SlurmdUser=root
            StateSaveLocation={_folder}/state
            SlurmdSpoolDir={_folder}/%n
            SlurmctldPidFile={_folder}/slurmctld.pid
            SlurmdPidFile={_folder}/%n.pid
            PlugStackConfig={_folder}/plugstack.conf

            # Only what is needed to run tasks: no control groups, which a container may not have.
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            MpiDefault=none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            PropagateResourceLimits=NONE

            # A lost node is detected, and its tasks are started again, within seconds. They are not started before their credential expires.
            AuthInfo=socket={_folder}/munge,cred_expire=5
            SlurmdTimeout=10
            MessageTimeout=2
            SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1

            # Tasks run as soon as possible, on the node with the most free processors, of which there are more than in fact; those that have ended are listed.
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            SlurmdParameters=config_overrides
            CompleteWait=0
            MinJobAge=3600
            {string.Join('\n', ports.Skip(1).Select((port, index) => $"NodeName=node{index + 1} NodeAddr=127.0.0.1 Port={port} CPUs=3"))}
            PartitionName=main Nodes=ALL Default=YES LLN=YES

            """;
    }

    /// <summary>The nodes and their states; null if the cluster does not respond.</summary>
    private async Task<string?> GetNodesAsync()
    {
        var (code, output, _) = await Command.RunAsync(StartInfo("sinfo", ["--noheader", "--Node", "--format=%N=%T"]));
        return code == 0 ? string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) : null;
    }

    private async Task LogChangeAsync()
    {
        var (_, output, _) = await Command.RunAsync(StartInfo("squeue", ["--noheader", "--array", "--states=all", "--sort=i", "--format=%i=%T@%N"]));
        var state = $"{await GetNodesAsync()}  {string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}";
        if (state == _seen) return;
        _seen = state;
        await LogAsync(state);
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (code, output, errors) = await Command.RunAsync(StartInfo(program, arguments));
        Assert.That(code, Is.Zero, output + errors);
        return output;
    }

    private ProcessStartInfo StartInfo(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Variables that change what the exporter or Slurm does, such as those of a job that runs the tests.
        string[] prefixes = ["CROCT_", "SLURM", "SBATCH_", "SQUEUE_", "SINFO_"];
        var others = start.Environment.Keys.Where(name => prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
        foreach (var name in others.ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        start.Environment["SLURM_CONF"] = Path.Combine(_folder, "slurm.conf");
        start.Environment["PATH"] += ":/usr/sbin";
        return start;
    }
}

/// <summary>A task of an array.</summary>
/// <param name="Index">Its index.</param>
/// <param name="State">Its state, such as RUNNING.</param>
/// <param name="Restarts">How many times it was started again.</param>
/// <param name="Node">The node that it runs on, or ran on last; null while it waits.</param>
internal sealed record SlurmTask(int Index, string State, int Restarts, string? Node);
