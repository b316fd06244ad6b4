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
/// The Export API on loopback: all six operations with made-up data, for trying out a client and for testing code that uses one. Any number of
/// sandboxes can run side by side. They need neither an API key from Croct nor a network.
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

    /// <summary>The address that the sandbox listens on: <c>http://127.0.0.1:</c>, the port and a slash.</summary>
    public Uri BaseAddress { get; }

    /// <summary>The key that the sandbox accepts, a version 4 UUID: <see cref="SandboxOptions.ApiKey"/>.</summary>
    public string ApiKey { get; }

    /// <summary>Starts a sandbox, which serves until it is disposed.</summary>
    /// <param name="options">The options, which are copied. Null, the default, for the defaults of <see cref="SandboxOptions"/>.</param>
    /// <param name="cancellationToken">Cancels the start, not the sandbox.</param>
    /// <exception cref="ArgumentException">An option is not valid; the message names it and the allowed values.</exception>
    /// <exception cref="IOException">The port is in use, or listening on it is not permitted.</exception>
    /// <exception cref="OperationCanceledException">The start was cancelled.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions? options = null, CancellationToken cancellationToken = default)
    {
        var copy = (options ?? new SandboxOptions()).ValidateAndCopy();
        cancellationToken.ThrowIfCancellationRequested();

        // Kestrel without a host: a host would take over Ctrl+C from the program that it runs in, and the program's appsettings.json and
        // environment would decide where and how the sandbox listens.
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
            throw new IOException($"{nameof(SandboxOptions.Port)} {copy.Port} is not available on 127.0.0.1: {exception.Message}", exception);
        }
        catch
        {
            server.Dispose();
            api.Dispose();
            throw;
        }
    }

    /// <summary>The number of requests received so far, including those that faults hit.</summary>
    public long RequestCount => _log.Count;

    /// <summary>A copy of the latest requests, oldest first, at most <see cref="SandboxOptions.RequestLogSize"/>.</summary>
    public IReadOnlyList<SandboxRequest> Requests => _log.Snapshot();

    /// <summary>
    /// Adds events after the last ones: resuming from the cursor at the end of the data delivers exactly these. Their times continue where those
    /// of the other events end. Likewise, a session is added once all of its events are there, and a user once all of its sessions are: with the
    /// default numbers, the first session after 38 events, and another after every ten more.
    /// </summary>
    /// <param name="events">The number of events; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The number is negative, or there would be more than 1,000,000,000 events, sessions or users, or some of them would be after the year 9999.
    /// </exception>
    public void Append(long events) => _growth.Append(events);

    /// <summary>
    /// Adds events that arrive late: to a cursor they are after the last ones, but they happened at the times, and in the sessions, of events that
    /// were there at the start. An earlier export of their window does not contain them; an export that resumes from a cursor of that window
    /// delivers them. Sessions and users, including their statistics, do not change.
    /// </summary>
    /// <param name="events">The number of events; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or there would be more than 1,000,000,000 events.</exception>
    /// <exception cref="InvalidOperationException">The sandbox started without events.</exception>
    public void AppendLate(long events)
    {
        if (_options.Events == 0) throw new InvalidOperationException("The sandbox started without events; late events need at least 1 event at the start.");
        _growth.AppendLate(events);
    }

    /// <summary>Stops the sandbox at once and aborts the requests in progress. Further calls do nothing.</summary>
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

        // A client that is paused in a debugger reads nothing for minutes, and must not be disconnected for that.
        options.Limits.MinResponseDataRate = null;
        options.Listen(IPAddress.Loopback, port);
        return options;
    }
}
