using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Croct.Export.Tests.Limits;

/// <summary>The programs that tests start. None of them outlives the limit of its test.</summary>
internal static class Command
{
    /// <summary>For a single command; also where there is no test, but its fixture is set up. Packing the solution on a busy machine takes more than a minute.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static readonly ConcurrentDictionary<Process, string> TestOf = [];

    /// <summary>Starts it; whoever does so disposes it with <see cref="End"/>.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        var process = Process.Start(start)!;
        TestOf[process] = TestContext.CurrentContext.Test.ID;
        return process;
    }

    /// <summary>Kills it, unless it has ended, and everything that it started.</summary>
    public static void End(Process process)
    {
        TestOf.TryRemove(process, out _);
        Kill(process);
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Runs it to its end.</summary>
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
            throw new AssertionException($"It did not end within {Limit.TotalSeconds} s, and was killed: {NameOf(process)}");
        }
        finally
        {
            End(process);
        }
    }

    /// <summary>Kills what a test has running; gives the command lines.</summary>
    public static IReadOnlyList<string> KillAllOf(string test)
    {
        var killed = new List<string>();
        foreach (var (process, _) in TestOf.Where(entry => entry.Value == test))
        {
            if (Kill(process)) killed.Add(NameOf(process));
        }

        return killed;
    }

    private static string NameOf(Process process) =>
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
            // It ended, or was disposed, in the meantime.
            return false;
        }
    }
}
