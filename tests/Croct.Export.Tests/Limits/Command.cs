using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Croct.Export.Tests.Limits;

/// <summary>The processes started by tests. None of them outlives the limit of its test.</summary>
internal static class Command
{
    /// <summary>The limit of a single command, also outside a test, in the setup of a fixture. Packing takes over a minute on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private static readonly ConcurrentDictionary<Process, string> Running = [];

    /// <summary>Starts a process, which the caller has to end with <see cref="End"/>.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        var process = Process.Start(start)!;
        Running[process] = TestContext.CurrentContext.Test.ID;
        return process;
    }

    /// <summary>Kills the process and everything it started, unless it has ended, and disposes it.</summary>
    public static void End(Process process)
    {
        Running.TryRemove(process, out _);
        Kill(process);
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Runs a process to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(ProcessStartInfo start)
    {
        var process = Start(start);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await Task.WhenAll(output, errors, process.WaitForExitAsync()).WaitAsync(Limit);
            return (process.ExitCode, await output, await errors);
        }
        catch (TimeoutException)
        {
            throw new AssertionException($"It did not end within {Limit.TotalSeconds} s, and was killed: {Describe(process)}");
        }
        finally
        {
            End(process);
        }
    }

    /// <summary>Kills all running processes of a test and returns their command lines.</summary>
    public static IReadOnlyList<string> KillAll(string test)
    {
        var killed = new List<string>();
        foreach (var (process, _) in Running.Where(entry => entry.Value == test))
        {
            if (Kill(process)) killed.Add(Describe(process));
        }

        return killed;
    }

    private static string Describe(Process process) =>
        $"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} in {process.StartInfo.WorkingDirectory}";

    private static bool Kill(Process process)
    {
        try
        {
            if (process.HasExited) return false;
            process.Kill(entireProcessTree: true);
            return true;
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended or been disposed in the meantime.
            return false;
        }
    }
}
