using System.Runtime.InteropServices;

namespace Croct.Export.Cli.Running;

/// <summary>Handles the signals that stop the tool. The first one stops it after the current page, a second one at once.</summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>The maximum time to finish the current page: a pipe without a reader would block it forever.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private Timer? _end;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, Cli.ExitCode.Interrupted));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, Cli.ExitCode.Terminated));
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>The exit code of the signal; null until one is received.</summary>
    public int? ExitCode { get; private set; }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _end?.Dispose();
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext signal, int code)
    {
        if (_stop.IsCancellationRequested) return;
        signal.Cancel = true;
        ExitCode = code;
        _stop.Cancel();
        _end = new Timer(_ => EndNow(code), state: null, Grace, Timeout.InfiniteTimeSpan);
    }

    private static void EndNow(int code)
    {
        Terminal.WriteMessage("Stopped by a signal, in the middle of a page or an upload. The same command continues.");
        Environment.Exit(code);
    }
}
