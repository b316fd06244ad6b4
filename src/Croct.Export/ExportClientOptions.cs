using System.Diagnostics;

namespace Croct.Export;

/// <summary>How an <see cref="ExportClient"/> connects to the API. The client takes a copy.</summary>
public sealed class ExportClientOptions
{
    /// <summary>The production address, <c>https://api.croct.io/export</c>: the default of <see cref="BaseAddress"/>.</summary>
    public static Uri ProductionAddress { get; } = new("https://api.croct.io/export");

    /// <summary>The API key, sent as <c>X-Api-Key</c> to <see cref="BaseAddress"/> only. Set either this or <see cref="ApiKeyProvider"/>.</summary>
    /// <remarks>Visible ASCII characters without spaces. The API's keys are version 4 UUIDs, but only the API decides which keys are valid.</remarks>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? ApiKey { get; set; }

    /// <summary>Returns the API key. It is called before every attempt, so that keys can be rotated. Its exceptions reach the caller unchanged.</summary>
    public Func<CancellationToken, ValueTask<string>>? ApiKeyProvider { get; set; }

    /// <summary>The base address of the operations; <see cref="ProductionAddress"/> by default. It must be https, or http on a loopback host.</summary>
    public Uri BaseAddress { get; set; } = ProductionAddress;

    /// <summary>The page size of exports that do not set one: 1 to 1000; 100 by default.</summary>
    public int DefaultPageSize { get; set; } = 100;

    /// <summary>The unit in which the start and end of time windows are sent; <see cref="TimeUnit.Detect"/> by default.</summary>
    /// <remarks>
    /// The API documents that this version implements specify seconds; the current reference of the service specifies milliseconds. A window in the
    /// wrong unit is empty without an error. Timestamps in responses are always in milliseconds.
    /// </remarks>
    public TimeUnit TimeUnit { get; set; } = TimeUnit.Detect;

    /// <summary>How many pages are fetched ahead of the one that the caller is processing: 0 (none) to 16; 1 by default.</summary>
    public int ReadAhead { get; set; } = 1;

    /// <summary>
    /// The maximum number of retries after a failed attempt: 0 to 20; 4 by default. Retried are the statuses 408, 425, 429 and 500 to 599 except 501 and
    /// 505, connections that failed, bodies that were cut short, and attempts that timed out. Permanent failures are not retried: any other status, an
    /// untrusted certificate, a proxy that requires a password. A host name that does not exist is retried once.
    /// </summary>
    /// <remarks>
    /// After a 429 that will be retried, the client sends no other request until the delay has passed, because the API limits the rate of all of them.
    /// For the requests that are held back, this is neither an attempt nor a retry, and does not count toward their <see cref="AttemptTimeout"/>.
    /// </remarks>
    public int MaxRetries { get; set; } = 4;

    /// <summary>
    /// The delay before the first retry: 0 to 30 seconds; half a second by default. It doubles with each further retry, up to 30 seconds, and has jitter.
    /// A <c>Retry-After</c> from the server replaces it.
    /// </summary>
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The maximum duration of one attempt, including its body: 10 milliseconds to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/> for no limit;
    /// 100 seconds by default.
    /// </summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// The maximum <c>Retry-After</c> that the client waits for: 0 to 1 day; 2 minutes by default. If the server asks for a longer delay, the operation
    /// fails at once with an <see cref="ExportApiException"/> whose message says how long the server asked for.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The maximum size of a response, in bytes after decompression: 1024 to 1 GiB; 64 MiB by default.</summary>
    public int MaxResponseBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// The name of your application, sent before the name of this package in the User-Agent: <c>name</c> or <c>name/version</c> (RFC 9110 tokens);
    /// null, the default, for none.
    /// </summary>
    public string? ApplicationName { get; set; }

    /// <summary>
    /// The handler that sends the requests; by default the client uses its own, which does not follow redirects. A handler set here is not disposed
    /// with the client. Its <c>AllowAutoRedirect</c> must be off, so that the key is not sent elsewhere.
    /// </summary>
    public HttpMessageHandler? HttpMessageHandler { get; set; }

    /// <summary>The clock for retries and timeouts; the system clock by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// Called after each failed attempt that will be retried, before the delay; null by default. An exception that it throws ends the operation and
    /// reaches the caller.
    /// </summary>
    /// <remarks>It may be called concurrently by several operations. <c>AddCroctExport</c> logs these attempts on its own, and still calls this.</remarks>
    public Action<RetryAttempt>? OnRetry { get; set; }

    /// <summary>Shows the address, never the key.</summary>
    public override string ToString() => $"{nameof(ExportClientOptions)} {{ {nameof(BaseAddress)} = {BaseAddress} }}";

    internal ExportClientOptions Copy() => (ExportClientOptions)MemberwiseClone();

    internal async ValueTask<string> GetApiKeyAsync(CancellationToken cancellationToken)
    {
        if (ApiKeyProvider is null) return ApiKey!;
        var key = await ApiKeyProvider(cancellationToken).ConfigureAwait(false);
        return Validation.GetApiKeyFault(key) is { } fault
            ? throw new InvalidOperationException($"The key returned by {nameof(ApiKeyProvider)} {fault}.")
            : key;
    }
}
