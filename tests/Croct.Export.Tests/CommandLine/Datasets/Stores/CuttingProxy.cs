using System.Net;
using System.Net.Sockets;

namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>Passes connections on to a server on this machine. Once a number of bytes has been sent or received, all that are open are cut.</summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HashSet<Socket> _open = [];
    private readonly Lock _lock = new();
    private readonly EndPoint _target;
    private readonly Action _onCut;
    private readonly Counter _sent;
    private readonly long _sentAtStart;
    private readonly long _receivedAtStart;
    private readonly Counter _received;

    /// <param name="target">The server.</param>
    /// <param name="sent">The number of bytes that are sent until the connections are cut.</param>
    /// <param name="received">The number of bytes that are received until the connections are cut.</param>
    /// <param name="onCut">Called before the connections are cut.</param>
    public CuttingProxy(EndPoint target, long sent = long.MaxValue, long received = long.MaxValue, Action? onCut = null)
    {
        (_target, _sentAtStart, _receivedAtStart, _onCut) = (target, sent, received, onCut ?? (() => { }));
        (_sent, _received) = (new Counter { Left = sent }, new Counter { Left = received });
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    /// <param name="port">The port of the server.</param>
    /// <param name="sent">The number of bytes that are sent until the connections are cut.</param>
    /// <param name="received">The number of bytes that are received until the connections are cut.</param>
    /// <param name="onCut">Called before the connections are cut.</param>
    public CuttingProxy(int port, long sent = long.MaxValue, long received = long.MaxValue, Action? onCut = null)
        : this(new IPEndPoint(IPAddress.Loopback, port), sent, received, onCut)
    {
    }

    public int Port { get; }

    /// <summary>The number of bytes that were sent.</summary>
    public long Sent => _sentAtStart - _sent.Left;

    /// <summary>The number of bytes that were received.</summary>
    public long Received => _receivedAtStart - _received.Left;

    /// <summary>The maximum number of bytes that are sent in a second; null for no limit. Little is buffered on the way.</summary>
    public int? BytesPerSecond
    {
        get;
        init
        {
            field = value;
            _listener.Server.ReceiveBufferSize = 16 * 1024;
        }
    }

    /// <summary>Whether no connection is accepted after the cut.</summary>
    public bool StaysCut { get; init; }

    public bool HasCut => _sent.Left <= 0 || _received.Left <= 0;

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                if (HasCut && StaysCut) client.Dispose();
                else _ = PassOnAsync(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has been disposed.
        }
    }

    private async Task PassOnAsync(Socket client)
    {
        using var server = new Socket(_target.AddressFamily, SocketType.Stream, _target is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            await server.ConnectAsync(_target);
            lock (_lock)
            {
                _open.Add(client);
                _open.Add(server);
            }

            await using var sender = new NetworkStream(client);
            await using var receiver = new NetworkStream(server);
            await Task.WhenAny(CopyAsync(sender, receiver, _sent), CopyAsync(receiver, sender, _received));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // One of them has been closed.
        }

        lock (_lock)
        {
            _open.Remove(client);
            _open.Remove(server);
        }

        client.Dispose();
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Counter counter)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer) is > 0 and var read)
        {
            var left = Interlocked.Add(ref counter.Left, -read) + read;
            var isCut = left > 0 && read >= left;
            if (BytesPerSecond is { } rate && counter == _sent) await Task.Delay(TimeSpan.FromSeconds((double)read / rate), CancellationToken.None);
            await to.WriteAsync(buffer.AsMemory(0, isCut ? (int)left : read));
            if (!isCut) continue;
            _onCut();
            Cut();
        }
    }

    private void Cut()
    {
        lock (_lock)
        {
            foreach (var client in _open) client.Dispose();
            _open.Clear();
        }
    }

    /// <summary>How many bytes are left until the cut; not above zero after it.</summary>
    private sealed class Counter
    {
        public long Left;
    }
}
