using System.Net;
using System.Net.Sockets;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Http;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Croct.Export.Sandbox;

/// <summary>
/// The Export API on loopback: all six operations with made-up data, for trying a client out and for testing code that uses one. Any number
/// of them can run side by side. It needs no key of Croct's and no network.
/// </summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly SandboxApi _api;
    private readonly Growth _growth;
    private readonly RequestLog _log;
    private readonly SandboxOptions _options;
    private int _disposed;

    private SandboxServer(KestrelServer server, SandboxApi api, Growth growth, RequestLog log, SandboxOptions options)
    {
        _server = server;
        _api = api;
        _growth = growth;
        _log = log;
        _options = options;
        ApiKey = options.ApiKey;
        BaseAddress = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    /// <summary>Where it listens: <c>http://127.0.0.1:</c>, the port and a slash.</summary>
    public Uri BaseAddress { get; }

    /// <summary>The key that it lets in, a version 4 UUID: <see cref="SandboxOptions.ApiKey"/>.</summary>
    public string ApiKey { get; }

    /// <summary>Starts one; it serves until it is disposed.</summary>
    /// <param name="options">What it serves; a copy is taken. Null, the default, for <see cref="SandboxOptions"/> as they are.</param>
    /// <param name="cancellationToken">Cancels the start, not the sandbox.</param>
    /// <exception cref="ArgumentException">An option is not valid; the message names it and what is allowed.</exception>
    /// <exception cref="IOException">The port is in use or may not be listened on.</exception>
    /// <exception cref="OperationCanceledException">The start was cancelled.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions? options = null, CancellationToken cancellationToken = default)
    {
        var copy = (options ?? new SandboxOptions()).CheckedCopy();
        cancellationToken.ThrowIfCancellationRequested();

        // Kestrel alone, without a host around it: a host would take Ctrl+C away from the program that it runs in, and would let the program's
        // appsettings.json and environment decide on where and how the sandbox listens.
        var server = new KestrelServer(
            Options.Create(ServerOptions(copy.Port)),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
        var (world, log) = (copy.World, new RequestLog(copy.RequestLogSize));
        var api = new SandboxApi(copy, world, log);
        try
        {
            await server.StartAsync(api, cancellationToken).ConfigureAwait(false);
            return new SandboxServer(server, api, world.Growth, log, copy);
        }
        catch (SocketException exception)
        {
            server.Dispose();
            api.Dispose();
            throw new IOException($"{nameof(SandboxOptions.Port)} {copy.Port} of 127.0.0.1 cannot be listened on: {exception.Message}", exception);
        }
        catch
        {
            server.Dispose();
            api.Dispose();
            throw;
        }
    }

    /// <summary>How many requests it got so far, those that faults spoiled among them.</summary>
    public long RequestCount => _log.Count;

    /// <summary>The latest requests, the oldest first, at most <see cref="SandboxOptions.RequestLogSize"/> of them; a copy.</summary>
    public IReadOnlyList<SandboxRequest> Requests => _log.Snapshot();

    /// <summary>
    /// Adds events behind the last ones: a cursor that came with the end of the data goes on with exactly these. Their times go on
    /// where those of the others ended. A session follows, likewise, when all of its events are there, and a user when all of its sessions are:
    /// with the default numbers the first session after 38 events, and one after each ten more.
    /// </summary>
    /// <param name="events">How many, not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The number is negative, or there would be more than 1,000,000,000 events, sessions or users, or some of them behind the year 9999.
    /// </exception>
    public void Append(long events) => _growth.Append(events);

    /// <summary>
    /// Adds events that arrive late: they come behind the last ones for a cursor, but happened at moments, and in sessions, of the events that were
    /// there at the start. An export of a window that was read before does not have them; one that goes on from a cursor of that window gets them.
    /// Sessions and users stay as they are, their statistics too.
    /// </summary>
    /// <param name="events">How many, not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or there would be more than 1,000,000,000 events.</exception>
    /// <exception cref="InvalidOperationException">The sandbox started without events.</exception>
    public void AppendLate(long events)
    {
        if (_options.Events == 0) throw new InvalidOperationException("A sandbox that started without events has no moments for late ones.");
        _growth.AppendLate(events);
    }

    /// <summary>Stops it at once, with the requests that are under way. Doing so again does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
        _api.Dispose();
    }

    private static KestrelServerOptions ServerOptions(int port)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };

        // A client that stands in a debugger reads nothing for minutes, and is not to be cut off for that.
        options.Limits.MinResponseDataRate = null;
        options.Listen(IPAddress.Loopback, port);
        return options;
    }
}
