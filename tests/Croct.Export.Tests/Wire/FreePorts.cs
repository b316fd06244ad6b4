using System.Net;
using System.Net.Sockets;

namespace Croct.Export.Tests.Wire;

/// <summary>Ports of this machine on which nothing listens.</summary>
internal static class FreePorts
{
    public static int FindOne() => Find(1)[0];

    /// <summary>Finds ports that differ from each other.</summary>
    public static int[] Find(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, port: 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
