using Croct.Export.Cli.Destinations;
using Croct.Export.Sandbox;

namespace Croct.Export.Cli.Planning;

/// <summary>The source of the data, with its timeouts and retries. It is not a record, since ToString would contain the key.</summary>
internal sealed class SourcePlan
{
    /// <summary>The key itself; null if it is in a file, or missing.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The file that contains the key, which is read for each attempt; null for none.</summary>
    public string? ApiKeyFile { get; init; }

    /// <summary>The address of the API; null to use the sandbox.</summary>
    public Uri? BaseAddress { get; init; }

    /// <summary>The sandbox to start; null to use the API at <see cref="BaseAddress"/>.</summary>
    public SandboxOptions? Sandbox { get; init; }

    public required TimeUnit TimeUnit { get; init; }

    public required TimeSpan Timeout { get; init; }

    public required int Retries { get; init; }

    public required TimeSpan MaxRetryDelay { get; init; }

    public required int MaxResponseBytes { get; init; }

    /// <summary>Identifies the source of the data across runs. The data of a sandbox depends only on its seed and size.</summary>
    public string Identity => Sandbox is { } sandbox
        ? $"a sandbox of {sandbox.Users ?? sandbox.Sessions ?? sandbox.Events} items with the seed {sandbox.Seed}"
        : NormalizeAddress(BaseAddress!);

    /// <exception cref="UsageException">The key is missing or cannot be read, or the client rejects the address or the key.</exception>
    public void Validate()
    {
        if (Sandbox is not null) return;
        if (ApiKey is null && ApiKeyFile is null)
        {
            throw new UsageException(
                "There is no API key. Set CROCT_API_KEY or CROCT_API_KEY_FILE, or pass --api-key-file; to try it without a key, pass --sandbox.");
        }

        try
        {
            using var client = new ExportClient(CreateOptions(ApiKey ?? ReadKey(), BaseAddress!));
        }
        catch (IOException exception)
        {
            throw new UsageException(exception.Message);
        }
        catch (ArgumentException exception) when (exception.ParamName is nameof(ExportClientOptions.ApiKey) or nameof(ExportClientOptions.BaseAddress))
        {
            var option = exception.ParamName == nameof(ExportClientOptions.BaseAddress) ? "--base-address"
                : ApiKey is null ? "The key in --api-key-file"
                : "--api-key (or CROCT_API_KEY)";
            throw new UsageException(UsageException.GetMessage(exception).Replace(exception.ParamName, option, StringComparison.Ordinal));
        }
    }

    /// <summary>Creates the client, and starts the sandbox if there is one.</summary>
    /// <param name="onRetry">Called for each failed attempt that will be retried.</param>
    /// <param name="handler">Sends the requests; null for the handler of the client.</param>
    /// <param name="cancellationToken">Cancels the start of the sandbox.</param>
    public async Task<Connection> OpenAsync(Action<RetryAttempt>? onRetry, HttpMessageHandler? handler, CancellationToken cancellationToken)
    {
        var sandbox = Sandbox is null ? null : await SandboxServer.StartAsync(Sandbox, cancellationToken);
        var options = CreateOptions(sandbox?.ApiKey ?? ApiKey, sandbox?.BaseAddress ?? BaseAddress!);
        if (options.ApiKey is null) options.ApiKeyProvider = _ => new ValueTask<string>(ReadKey());
        (options.OnRetry, options.HttpMessageHandler) = (onRetry, handler);
        return new Connection(new ExportClient(options), sandbox);
    }

    /// <summary>Normalizes an address: loopback hosts have several names, and a path may end in a slash or not.</summary>
    private static string NormalizeAddress(Uri address)
    {
        var host = address.IsLoopback ? "localhost" : address.IdnHost.ToLowerInvariant();
        return $"{address.Scheme}://{host}:{address.Port}{address.AbsolutePath.TrimEnd('/')}/";
    }

    private ExportClientOptions CreateOptions(string? key, Uri address) => new()
    {
        ApiKey = key,
        BaseAddress = address,
        TimeUnit = TimeUnit,
        AttemptTimeout = Timeout,
        MaxRetries = Retries,
        MaxRetryDelay = MaxRetryDelay,
        MaxResponseBytes = MaxResponseBytes,
        ApplicationName = "croct-export",
    };

    /// <exception cref="IOException">The file cannot be read, or is empty.</exception>
    private string ReadKey()
    {
        try
        {
            var key = File.ReadAllText(ApiKeyFile!).Trim();
            return key.Length == 0 ? throw new IOException("It is empty.")
                : key.All(character => character is > ' ' and <= '~') ? key
                : throw new IOException("It contains more than a key.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A key passed instead of a file name must not be shown.
            throw Guid.TryParse(ApiKeyFile, out _)
                ? new IOException("--api-key-file (or CROCT_API_KEY_FILE) is a key; it must be the name of a file that contains the key.")
                : new IOException($"--api-key-file '{ApiKeyFile}' cannot be read: {exception.Message}", exception);
        }
    }
}

/// <summary>A client, and the sandbox that it calls if there is one.</summary>
internal sealed class Connection(ExportClient client, SandboxServer? sandbox) : IAsyncDisposable
{
    public ExportClient Client => client;

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (sandbox is not null) await sandbox.DisposeAsync();
    }
}
