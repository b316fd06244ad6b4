using System.Diagnostics.Metrics;
using System.Net.NetworkInformation;

namespace Croct.Export.Tests.Proof;

/// <summary>Counts the connections that a sandbox has open, by what its server tells.</summary>
internal sealed class OpenConnections : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly int _port;
    private long _open;
    private TaskCompletionSource? _none;

    public OpenConnections(int port)
    {
        _port = port;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "kestrel.active_connections") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, change, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "server.port" && Equals(tag.Value, port)) Change(change);
            }
        });
        _listener.Start();
    }

    /// <summary>How many there ever were.</summary>
    public long Opened { get; private set; }

    /// <summary>The most that were open at once.</summary>
    public long Most { get; private set; }

    /// <summary>Waits until none is open: a server learns of the end of a connection a moment after its client.</summary>
    public async Task NoneAsync()
    {
        Task none;
        lock (_lock)
        {
            if (_open == 0) return;
            none = (_none ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        try
        {
            await none.WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            var sockets = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
                .Where(socket => socket.LocalEndPoint.Port == _port || socket.RemoteEndPoint.Port == _port)
                .Select(socket => $"{socket.LocalEndPoint} to {socket.RemoteEndPoint}: {socket.State}");
            Assert.Fail($"Still open: {_open}. {string.Join("; ", sockets)}");
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Change(long change)
    {
        lock (_lock)
        {
            _open += change;
            Opened += Math.Max(0, change);
            Most = Math.Max(Most, _open);
            if (_open != 0) return;
            _none?.SetResult();
            _none = null;
        }
    }
}
