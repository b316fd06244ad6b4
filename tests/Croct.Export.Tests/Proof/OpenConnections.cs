using System.Diagnostics.Metrics;
using System.Net.NetworkInformation;

namespace Croct.Export.Tests.Proof;

/// <summary>Counts the open connections of a sandbox, as reported by the metrics of its server.</summary>
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

    /// <summary>The number of connections opened so far.</summary>
    public long Opened { get; private set; }

    /// <summary>The maximum number of connections open at once.</summary>
    public long Peak { get; private set; }

    /// <summary>Waits until no connection is open: a server notices the end of a connection a moment after its client.</summary>
    public async Task WaitForNoneAsync()
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
            Peak = Math.Max(Peak, _open);
            if (_open != 0) return;
            _none?.SetResult();
            _none = null;
        }
    }
}
