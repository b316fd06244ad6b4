using Croct.Export.Sandbox.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Croct.Export.Sandbox;

/// <summary>
/// The Export API on loopback: all six operations with made-up data, for trying a client out and for testing code that uses one. Any number
/// of them can run side by side. It needs no key of Croct's and no network.
/// </summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private SandboxServer(WebApplication application, SandboxOptions options)
    {
        _application = application;
        ApiKey = options.ApiKey;
        BaseAddress = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    /// <summary>Where it listens: <c>http://127.0.0.1:</c> and the port.</summary>
    public Uri BaseAddress { get; }

    /// <summary>The key that it lets in.</summary>
    public string ApiKey { get; }

    /// <summary>Starts one; it serves until it is disposed.</summary>
    /// <param name="options">What it serves; a copy is taken.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ArgumentException">An option is not valid; the message names it and what is allowed.</exception>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions? options = null, CancellationToken cancellationToken = default)
    {
        var copy = (options ?? new SandboxOptions()).CheckedCopy();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, copy.Port));
        builder.Services.AddResponseCompression(compression => compression.MimeTypes = ["application/json", "application/problem+json"]);

        var application = builder.Build();
        try
        {
            new SandboxApi(copy).Map(application);
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            return new SandboxServer(application, copy);
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops it, and what is under way with it.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await _application.StopAsync(now.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
