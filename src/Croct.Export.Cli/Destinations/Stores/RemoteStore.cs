using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>
/// Object storage. An object is uploaded in one request, on condition that nothing has its name; until then it is in a temporary file, or in memory where
/// no file can be created.
/// </summary>
/// <param name="address">Where the objects are.</param>
/// <param name="options">How they are reached.</param>
internal abstract class RemoteStore(StoreAddress address, StoreOptions options) : ObjectStore
{
    /// <summary>An object that only the probe creates. It stays, so that no permission to delete is needed.</summary>
    private const string ProbeName = "_tmp/probe";

    private const int MaxMessageLength = 300;

    private const string TryLater = "Run the command again later.";

    /// <summary>The metadata that contains the SHA-256 of an object.</summary>
    protected const string HashName = "sha256";

    /// <summary>Longer differences of clocks than this are refused by the stores.</summary>
    private static readonly TimeSpan MaxClockDifference = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    private bool _isConditional = true;

    public override string Name => address.Text;

    protected StoreAddress Address => address;

    protected StoreOptions Options => options;

    /// <summary>The client that the SDK sends its requests with.</summary>
    protected HttpClient Http { get; } = CreateHttpClient(options.Timeout);

    /// <summary>Where the store is; null for the vendor's own.</summary>
    protected abstract Uri? Endpoint { get; }

    /// <summary>The endpoint in messages: without a path, and without what could be a password.</summary>
    protected string Place => Endpoint!.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    /// <summary>What to check if the store refuses a request.</summary>
    protected abstract string PermissionAdvice { get; }

    /// <summary>Values that must not be shown, whatever a store says.</summary>
    protected abstract IEnumerable<string?> Secrets { get; }

    public override Task<IReadOnlyList<string>> ListAsync(string folder) => CallAsync(Name + folder, "listed", async () =>
    {
        var names = new List<string>();
        await foreach (var key in ListKeysAsync(address.Prefix + folder))
        {
            // Some tools represent a folder by an object.
            if (key[^1] != '/') names.Add(key[address.Prefix.Length..]);
        }

        return (IReadOnlyList<string>)names;
    });

    public override async Task<Stream> OpenAsync(string name)
    {
        var content = TemporaryFile.Create();
        try
        {
            await DownloadAsync(name, content);
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }

        content.Position = 0;
        return content;
    }

    public override async Task<byte[]> ReadAsync(string name)
    {
        using var content = new MemoryStream();
        await DownloadAsync(name, content);
        return content.ToArray();
    }

    public override async Task<string> GetSha256Async(string name) =>
        await CallAsync(Name + name, "read", () => FindSha256Async(address.Prefix + name)) ?? await base.GetSha256Async(name);

    public override async Task ProbeAsync()
    {
        // If the object exists already, the first attempt shows that the condition is honoured.
        var outcome = await UploadAsync(ProbeName, Stream.Null, HashedStream.EmptySha256, ifAbsent: true);
        if (outcome == UploadOutcome.Created) outcome = await UploadAsync(ProbeName, Stream.Null, HashedStream.EmptySha256, ifAbsent: true);
        _isConditional = outcome == UploadOutcome.Exists;
        if (_isConditional || IsSingleWriter) return;
        throw new UsageException(
            $"--output '{Name}': this store cannot create an object only if none has its name (If-None-Match), so two writers could duplicate rows. " +
            "Use another store, or pass --single-writer if no other process ever writes there.");
    }

    public override void Dispose()
    {
        Http.Dispose();
        base.Dispose();
    }

    public override Spool CreateSpool(string name) => new(TemporaryFile.Create());

    public override async Task<bool> TryCreateAsync(string name, Spool spool) => await TryCreateAsync(name, spool.Content, spool.Sha256);

    public override async Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        return await TryCreateAsync(name, stream, await HashedStream.HashAsync(stream));
    }

    /// <summary>The names of all objects that begin with a prefix.</summary>
    protected abstract IAsyncEnumerable<string> ListKeysAsync(string prefix);

    /// <summary>Writes an object to a stream that can be written again from its start.</summary>
    protected abstract Task DownloadToAsync(string key, Stream destination);

    /// <summary>The SHA-256 that an object was uploaded with; null if it was uploaded by another tool.</summary>
    protected abstract Task<string?> FindSha256Async(string key);

    protected abstract Task<bool> ExistsAsync(string key);

    /// <summary>Uploads an object in one request.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="content">Its content, at its start.</param>
    /// <param name="sha256">The SHA-256 of the content, in hexadecimal, to be kept with it.</param>
    /// <param name="ifAbsent">Whether to upload it only if nothing has its name.</param>
    protected abstract Task<UploadOutcome> UploadOnceAsync(string key, Stream content, string sha256, bool ifAbsent);

    /// <summary>Describes a failure of the SDK; returns null if it is one of the connection.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="what">What could not be done, such as "'s3://bucket/prefix/' cannot be listed".</param>
    protected abstract Exception? Describe(Exception exception, string what);

    /// <summary>Copies a body to a file of this machine, whose failures are not those of the store.</summary>
    protected static async Task CopyAsync(Stream body, Stream destination)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            while (await body.ReadAsync(buffer) is > 0 and var read)
            {
                try
                {
                    await destination.WriteAsync(buffer.AsMemory(0, read));
                }
                catch (IOException exception)
                {
                    throw new StoreException(
                        $"A temporary file in '{Path.GetTempPath()}' cannot be written: {exception.Message}", StoreFailure.Disk, exception);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A failure that the store reported.</summary>
    /// <param name="what">What could not be done.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="code">The code of the error; null if there is none.</param>
    /// <param name="message">The message of the error; null if there is none.</param>
    /// <param name="serverTime">When the response was sent, by the clock of the store; null if it did not say.</param>
    /// <param name="exception">The failure.</param>
    protected StoreException CreateError(string what, int status, string? code, string? message, DateTimeOffset? serverTime, Exception exception)
    {
        var failure = status switch
        {
            401 or 403 => StoreFailure.Refused,
            408 or 429 or >= 500 => StoreFailure.Temporary,
            _ => StoreFailure.Other,
        };
        var response = string.Join(": ", ((string?[])[code, GetFirstLine(message)]).Where(text => !string.IsNullOrEmpty(text)));
        var difference = serverTime - DateTimeOffset.UtcNow;
        var advice = failure switch
        {
            StoreFailure.Refused when difference?.Duration() > MaxClockDifference =>
                $" The clock of this machine is {Durations.Format(RoundToMinutes(difference.Value.Duration()))} " +
                $"{(difference > TimeSpan.Zero ? "slow" : "fast")}: set it right.",
            StoreFailure.Refused when code == "RequestTimeTooSkewed" => " Set the clock of this machine right.",
            StoreFailure.Refused => $" {PermissionAdvice}",
            StoreFailure.Temporary => $" {TryLater}",
            _ when Endpoint is not null => $" Check that {Place} is the right store.",
            _ => "",
        };
        return new StoreException(Redact($"{what}: the store responded {status}{(response.Length > 0 ? $" ({response})" : "")}.{advice}"), failure, exception);

        static TimeSpan RoundToMinutes(TimeSpan time) => TimeSpan.FromMinutes(Math.Round(time.TotalMinutes));
    }

    /// <summary>The delay before a retry, given how many there were before it.</summary>
    protected static TimeSpan GetDelay(int attempt) => TimeSpan.FromSeconds(0.5) * Math.Pow(2, attempt) is var delay && delay < MaxDelay ? delay : MaxDelay;

    /// <summary>A failure, and those that caused it.</summary>
    protected static IEnumerable<Exception> GetCauses(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = (cause as AggregateException)?.InnerExceptions[^1] ?? cause.InnerException) yield return cause;
    }

    /// <summary>Whether a failure is one of the network.</summary>
    protected static bool IsConnection(Exception failure) =>
        failure is HttpRequestException or IOException or SocketException or AuthenticationException or TimeoutException or OperationCanceledException;

    private static HttpClient CreateHttpClient(TimeSpan timeout)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = timeout,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    return new TimedStream(socket, timeout);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static string GetFirstLine(string? text)
    {
        var line = (text ?? "").Split('\n')[0].Trim().TrimEnd('.');
        return line.Length <= MaxMessageLength ? line : line[..MaxMessageLength] + "...";
    }

    private Task<bool> DownloadAsync(string name, Stream destination) => CallAsync(Name + name, "read", async () =>
    {
        await DownloadToAsync(address.Prefix + name, destination);
        return true;
    });

    private async Task<bool> TryCreateAsync(string name, Stream content, string sha256)
    {
        if (_isConditional)
        {
            return await UploadAsync(name, content, sha256, ifAbsent: true) switch
            {
                UploadOutcome.Created => true,
                UploadOutcome.Exists => false,
                _ => throw new StoreException(
                    $"'{Name}{name}' cannot be written: the store did not accept the condition this time. {TryLater}", StoreFailure.Temporary, inner: null),
            };
        }

        if (await CallAsync(Name + name, "read", () => ExistsAsync(address.Prefix + name))) return false;
        return await UploadAsync(name, content, sha256, ifAbsent: false) == UploadOutcome.Created;
    }

    private Task<UploadOutcome> UploadAsync(string name, Stream content, string sha256, bool ifAbsent) => CallAsync(Name + name, "written", async () =>
    {
        var key = address.Prefix + name;
        for (var attempt = 0; ; attempt++)
        {
            content.Position = 0;
            var outcome = await UploadOnceAsync(key, content, sha256, ifAbsent);
            if (outcome != UploadOutcome.Conflict) return outcome;

            // Either the other request has created the object, or it has failed and this one may.
            if (await ExistsAsync(key)) return UploadOutcome.Exists;
            if (attempt == options.Retries)
            {
                throw new StoreException(
                    $"'{Name}{name}' cannot be written: another request for it is in progress. {TryLater}", StoreFailure.Temporary, inner: null);
            }

            await Task.Delay(GetDelay(attempt), CancellationToken.None);
        }
    });

    private async Task<T> CallAsync<T>(string name, string participle, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is not (StoreException or UsageException))
        {
            var what = $"'{name}' cannot be {participle}";
            throw Describe(exception, what) ?? DescribeConnection(exception, what) ?? new StoreException(
                Redact($"{what}: {GetFirstLine($"{exception.GetType().Name}: {exception.Message}")}."), StoreFailure.Other, exception);
        }
    }

    /// <summary>Describes a failure of the connection; returns null if it is another one.</summary>
    private StoreException? DescribeConnection(Exception exception, string what)
    {
        var failures = GetCauses(exception).ToList();
        var message = failures.FindLast(failure => IsConnection(failure) && failure is not (TimeoutException or OperationCanceledException))?.Message
            ?? (failures.Exists(IsConnection)
                ? $"there was no connection within {Durations.Format(options.Timeout)}; --timeout allows more"
                : null);
        if (message is null) return null;
        var (failure, advice) = failures switch
        {
            _ when failures.Exists(cause => cause is AuthenticationException) =>
                (StoreFailure.Other, "Check that TLS works there, and that its certificate is trusted."),
            _ when failures.Exists(cause => cause is SocketException { SocketErrorCode: SocketError.HostNotFound }) =>
                (StoreFailure.Temporary, "Check that name, or run the command again later."),
            _ => (StoreFailure.Temporary, TryLater),
        };
        var place = Endpoint is null ? "" : $" ({Place})";
        return new StoreException(Redact($"{what}: {GetFirstLine(message)}{place}. {advice}"), failure, exception);
    }

    private string Redact(string message) =>
        Secrets.Where(secret => secret is { Length: > 3 }).Aggregate(message, (text, secret) => text.Replace(secret!, "***", StringComparison.Ordinal));
}

/// <summary>What came of an upload.</summary>
internal enum UploadOutcome
{
    Created,

    /// <summary>Nothing was uploaded, since an object has the name.</summary>
    Exists,

    /// <summary>Nothing was uploaded, since another request for the same name is in progress.</summary>
    Conflict,

    /// <summary>Nothing was uploaded, since the store does not know the condition.</summary>
    NotSupported,
}
