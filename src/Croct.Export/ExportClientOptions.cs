using System.Diagnostics;

namespace Croct.Export;

/// <summary>How an <see cref="ExportClient"/> reaches the API. The client takes a copy.</summary>
public sealed class ExportClientOptions
{
    /// <summary>The production address, <c>https://api.croct.io/export</c>: the default of <see cref="BaseAddress"/>.</summary>
    public static Uri ProductionAddress { get; } = new("https://api.croct.io/export");

    /// <summary>The API key, sent as <c>X-Api-Key</c> to <see cref="BaseAddress"/> and nowhere else. Either this or <see cref="ApiKeyProvider"/> is needed.</summary>
    /// <remarks>Visible ASCII characters without spaces. The API's keys are version 4 UUIDs; which ones are good is for the API to say.</remarks>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? ApiKey { get; set; }

    /// <summary>Gives the API key, asked before every attempt, so that keys can be rotated. What it throws reaches the caller unchanged.</summary>
    public Func<CancellationToken, ValueTask<string>>? ApiKeyProvider { get; set; }

    /// <summary>The address below which the operations lie; production by default. https, or http on a loopback host.</summary>
    public Uri BaseAddress { get; set; } = ProductionAddress;

    /// <summary>The page size of exports that name none: 1 to 1000, 100 by default.</summary>
    public int DefaultPageSize { get; set; } = 100;

    /// <summary>The unit in which the ends of time windows are sent; <see cref="TimeUnit.Detect"/> by default.</summary>
    /// <remarks>
    /// The documents of the API that this version implements speak of seconds, the present reference of the service of milliseconds, and a window in the wrong unit
    /// is empty without an error. Timestamps in responses are milliseconds in any case.
    /// </remarks>
    public TimeUnit TimeUnit { get; set; } = TimeUnit.Detect;

    /// <summary>How many pages are fetched ahead of the one that the caller works on: 0 (none) to 16, 1 by default.</summary>
    public int ReadAhead { get; set; } = 1;

    /// <summary>
    /// How often a failed attempt is made again: 0 to 20, 4 by default. Retried are the statuses 408, 425, 429 and all from 500 to 599 but 501 and 505, connections
    /// that failed, bodies that were cut short, and attempts that timed out. Not retried is what will not pass: any other status, an untrusted certificate, a proxy that
    /// wants a password; a host name that does not exist gets one more attempt.
    /// </summary>
    public int MaxRetries { get; set; } = 4;

    /// <summary>
    /// The wait before the first retry: 0 to 30 seconds, half a second by default. It doubles with each further one, up to 30 seconds, and has jitter. A
    /// <c>Retry-After</c> of the server takes its place.
    /// </summary>
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The longest time that one attempt may take, its body included: 10 milliseconds to 1 day, 100 seconds by default;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// The maximum <c>Retry-After</c> of a server that is waited for: 0 to 1 day, 2 minutes by default. A longer one fails at once with an
    /// <see cref="ExportApiException"/> whose message says how long the server asked for.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The largest answer that is taken, in bytes after decompression: 1024 to 1 GiB, 64 MiB by default.</summary>
    public int MaxResponseBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Who is calling, put before this package's own name in the User-Agent: <c>name</c> or <c>name/version</c> (RFC 9110 tokens). None by default.</summary>
    public string? ApplicationName { get; set; }

    /// <summary>
    /// What sends the requests; by default a handler of the client's own, which follows no redirects. A handler given here is not disposed
    /// with the client, and has to have its <c>AllowAutoRedirect</c> off, so that the key is not taken elsewhere.
    /// </summary>
    public HttpMessageHandler? HttpMessageHandler { get; set; }

    /// <summary>The clock of retries and timeouts; the system's by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Told of each attempt that failed and will be made again, before the wait; null by default. What it throws ends the operation and reaches the caller.</summary>
    /// <remarks>It may be called for several operations at once. <c>AddCroctExport</c> logs these attempts by itself, and calls it too.</remarks>
    public Action<RetryAttempt>? OnRetry { get; set; }

    /// <summary>Tells the address; never the key.</summary>
    public override string ToString() => $"{nameof(ExportClientOptions)} {{ {nameof(BaseAddress)} = {BaseAddress} }}";

    internal ExportClientOptions Copy() => (ExportClientOptions)MemberwiseClone();

    internal async ValueTask<string> GetApiKeyAsync(CancellationToken cancellationToken)
    {
        if (ApiKeyProvider is null) return ApiKey!;
        var key = await ApiKeyProvider(cancellationToken).ConfigureAwait(false);
        return Validation.ApiKeyFault(key) is { } fault
            ? throw new InvalidOperationException($"The key that {nameof(ApiKeyProvider)} gave {fault}.")
            : key;
    }
}
