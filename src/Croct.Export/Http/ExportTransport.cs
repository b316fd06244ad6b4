using System.Diagnostics;
using System.Net;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Croct.Export.Http;

/// <summary>
/// Sends requests. An attempt gets the key, sends the request, reads the whole body and parses it. Only this class retries attempts, holds them back,
/// limits their time and turns their failures into errors.
/// </summary>
internal sealed class ExportTransport : IDisposable
{
    private const int ErrorBodyBytes = 64 * 1024;

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(30);
    private static readonly ResiliencePropertyKey<Activity?> ActivityKey = new("croct.export.activity");

    private readonly HttpClient _http;
    private readonly bool _ownsHttp;
    private readonly ExportClientOptions _options;
    private readonly RequestHold _hold;
    private readonly ResiliencePipeline _retry;
    private readonly ResiliencePipeline _timeout;
    private readonly string _baseUrl;
    private readonly string _userAgent;
    private readonly CancellationTokenSource _disposal = new();
    private volatile bool _disposed;

    /// <param name="options">A copy of the caller's options. They are valid and must not change.</param>
    /// <param name="http">The caller's client, or null to create and own one.</param>
    public ExportTransport(ExportClientOptions options, HttpClient? http)
    {
        _options = options;
        _ownsHttp = http is null;
        _http = http ?? CreateHttpClient(options);
        _hold = new RequestHold(options.TimeProvider);
        _retry = CreateRetry(options, _hold);
        _timeout = CreateTimeout(options);
        _userAgent = CreateUserAgent(options.ApplicationName);
        _baseUrl = options.BaseAddress.AbsoluteUri.TrimEnd('/') + "/";
    }

    public TimeProvider TimeProvider => _options.TimeProvider;

    public void ThrowIfDisposed()
    {
        if (_disposed) throw new ObjectDisposedException(nameof(ExportClient));
    }

    /// <summary>Sends a request until an attempt succeeds, fails permanently, or is the last one.</summary>
    /// <param name="operation">The operationId of the contract.</param>
    /// <param name="url">Path and query, relative to the base address.</param>
    /// <param name="parse">Creates the result from a body, and takes ownership of the body.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    public async Task<T> SendAsync<T>(string operation, string url, Func<ResponseBody, T> parse, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        using var activity = Telemetry.StartOperation(operation, _options.BaseAddress);
        var started = TimeProvider.GetTimestamp();
        var attempts = 0;
        string? error = null;
        var isCancelled = false;
        var context = ResilienceContextPool.Shared.Get(operation, stop.Token);
        context.Properties.Set(ActivityKey, activity);
        try
        {
            return await _retry.ExecuteAsync(
                async context =>
                {
                    // Outside the timeout: a request that is held back must not time out.
                    await _hold.WaitAsync(context.CancellationToken).ConfigureAwait(false);
                    activity?.SetTag("http.response.status_code", null);
                    if (attempts++ > 0)
                    {
                        Telemetry.Retried(operation);
                        activity?.SetTag("http.request.resend_count", attempts - 1);
                    }

                    return await _timeout.ExecuteAsync(
                        async attempt => await AttemptAsync(operation, url, parse, activity, attempt, stop.Token).ConfigureAwait(false),
                        context.CancellationToken).ConfigureAwait(false);
                },
                context).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            // The result is no longer needed, for example if the page was read ahead. This is not an error of the operation.
            isCancelled = true;
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch (Exception exception) when (_disposed && exception is not ObjectDisposedException)
        {
            error = nameof(ObjectDisposedException);
            throw new ObjectDisposedException("The client was disposed during a request.", exception);
        }
        catch (TimeoutRejectedException exception)
        {
            var failure = CreateTimeoutError(_options, exception);
            (failure.Attempts, error) = (attempts, Telemetry.GetErrorType(failure));
            Telemetry.AttemptFailed(activity, attempts, failure, delay: null);
            throw failure;
        }
        catch (ExportException exception)
        {
            (exception.Attempts, error) = (attempts, Telemetry.GetErrorType(exception));
            Telemetry.AttemptFailed(activity, attempts, exception, delay: null);
            throw;
        }
        catch (Exception exception)
        {
            error = exception.GetType().FullName;
            throw;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
            if (error is not null) activity?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", error);
            if (!isCancelled) Telemetry.OperationEnded(operation, TimeProvider.GetElapsedTime(started), error);
        }
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _disposal.Cancel();
        if (_ownsHttp) _http.Dispose();
    }

    private static string CreateUserAgent(string? applicationName)
    {
        var own = $"{Telemetry.Name}/{Telemetry.Version}";
        return applicationName is null ? own : $"{applicationName} {own}";
    }

    private static HttpClient CreateHttpClient(ExportClientOptions options)
    {
        // The pipeline has the timeout: that of HttpClient does not cover reading the body.
        var http = options.HttpMessageHandler is { } handler
            ? new HttpClient(handler, disposeHandler: false)
            : new HttpClient(CreateHandler(options.BaseAddress));
        http.Timeout = Timeout.InfiniteTimeSpan;
        return http;
    }

#if NET
    private static SocketsHttpHandler CreateHandler(Uri baseAddress) => new()
    {
        UseProxy = UsesProxy(baseAddress),
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
#else
    private static HttpClientHandler CreateHandler(Uri baseAddress) => new()
    {
        UseProxy = UsesProxy(baseAddress),
        AllowAutoRedirect = false,
        UseCookies = false,
    };
#endif

    /// <summary>
    /// Whether the proxy of the system may be used. For https, a proxy is only a tunnel. For http, which is allowed on loopback only, it would receive the key.
    /// </summary>
    private static bool UsesProxy(Uri baseAddress) => baseAddress.Scheme == Uri.UriSchemeHttps;

    private static ResiliencePipeline CreateRetry(ExportClientOptions options, RequestHold hold)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = options.TimeProvider };
        if (options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = options.RetryBaseDelay,
                MaxDelay = MaxBackoff,
                UseJitter = true,
                ShouldHandle = arguments => new(arguments.Outcome.Exception switch
                {
                    TimeoutRejectedException => true,
                    ExportException { IsRetriedOnce: true } => arguments.AttemptNumber == 0,
                    ExportException failure => failure.IsTransient && !(failure is ExportApiException api && api.RetryAfter > options.MaxRetryDelay),
                    _ => false,
                }),
                OnRetry = arguments =>
                {
                    var failure = arguments.Outcome.Exception as ExportException ?? CreateTimeoutError(options, arguments.Outcome.Exception!);
                    var attempt = new RetryAttempt
                    {
                        Operation = arguments.Context.OperationKey!,
                        Number = arguments.AttemptNumber + 1,
                        Delay = arguments.RetryDelay,
                        Exception = failure,
                    };
                    Telemetry.AttemptFailed(arguments.Context.Properties.GetValue(ActivityKey, null), attempt.Number, failure, attempt.Delay);
                    options.OnRetry?.Invoke(attempt);

                    // The API limits the rate of all requests. A 503 is often about one server only, and does not hold back the others.
                    if (failure is ExportApiException { StatusCode: (HttpStatusCode)429 }) hold.Extend(attempt.Delay);
                    return default;
                },

                // A Retry-After of 0 must not disable the backoff, nor must a date that is in the past because the local clock is fast.
                DelayGenerator = arguments => new(
                    arguments.Outcome.Exception is ExportApiException { RetryAfter: { } wait } && wait > TimeSpan.Zero ? wait : null),
            });
        }

        return builder.Build();
    }

    private static ResiliencePipeline CreateTimeout(ExportClientOptions options)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = options.TimeProvider };
        if (options.AttemptTimeout != Timeout.InfiniteTimeSpan)
        {
            builder.AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout });
        }

        return builder.Build();
    }

    private static ExportException CreateTimeoutError(ExportClientOptions options, Exception exception) => new(
        $"No complete response was received within {nameof(ExportClientOptions.AttemptTimeout)} ({options.AttemptTimeout}).",
        new TimeoutException(exception.Message, exception))
    {
        IsTransient = true,
    };

    private async Task<T> AttemptAsync<T>(
        string operation, string url, Func<ResponseBody, T> parse, Activity? activity, CancellationToken attempt, CancellationToken stop)
    {
        var key = await _options.GetApiKeyAsync(attempt).ConfigureAwait(false);
        try
        {
            return await SendOnceAsync(operation, url, key, parse, activity, attempt, stop).ConfigureAwait(false);
        }
        catch (ExportException exception) when (exception is not ExportApiException && Redaction.ContainsApiKey(exception.ToString(), key))
        {
            // A server quoted the key. The inner exception may quote it too, and is omitted.
            throw new ExportException(Redaction.Redact(exception.Message, key))
            {
                IsTransient = exception.IsTransient,
                IsRetriedOnce = exception.IsRetriedOnce,
            };
        }
    }

    private async Task<T> SendOnceAsync<T>(
        string operation, string url, string key, Func<ResponseBody, T> parse, Activity? activity, CancellationToken attempt, CancellationToken stop)
    {
        var uri = new Uri(_baseUrl + url);
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Add("X-Api-Key", key);
        request.Headers.Add("Accept", "application/json, application/problem+json");
        request.Headers.Add("Accept-Encoding", ResponseBody.AcceptEncoding);
        request.Headers.UserAgent.ParseAdd(_userAgent);

        try
        {
            Telemetry.RequestSent(operation);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, attempt).ConfigureAwait(false);
            activity?.SetTag("http.response.status_code", (int)response.StatusCode);

            // The caller's HttpClient may follow redirects. An error is better than a key that is sent elsewhere unnoticed.
            if (response.RequestMessage?.RequestUri is { } responseUri && responseUri != uri)
            {
                throw new ExportException(
                    $"The HttpClient followed a redirect to {responseUri.GetLeftPart(UriPartial.Path)} and sent the API key there. " +
                    "Turn AllowAutoRedirect off in its handler.");
            }

            if (!response.IsSuccessStatusCode)
            {
                using var errorBody = await ReadErrorBodyAsync(response.Content, attempt, stop).ConfigureAwait(false);
                throw ErrorResponse.Of(response, errorBody, key, TimeProvider.GetUtcNow(), _options.MaxRetries > 0 ? _options.MaxRetryDelay : null);
            }

            if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.PartialContent)
            {
                throw new ExportException(
                    $"The Export API responded {(int)response.StatusCode} {response.ReasonPhrase}, which is not a complete response. " +
                    "A cache or proxy may have responded in its place.");
            }

            var body = await ResponseBody.ReadAsync(response.Content, _options.MaxResponseBytes, truncate: false, attempt).ConfigureAwait(false);
            if (attempt.IsCancellationRequested)
            {
                body.Dispose();
                attempt.ThrowIfCancellationRequested();
            }

            Telemetry.BodyReceived(operation, body.Length);
            return parse(body);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw ConnectionFailure.Of(exception, uri);
        }
        catch (ExecutionRejectedException exception) when (!attempt.IsCancellationRequested)
        {
            // A resilience handler of the caller's HttpClient has a timeout of its own, which can be retried. An open circuit outlasts a retry.
            throw new ExportException($"A handler of the HttpClient gave up: {exception.Message}", exception)
            {
                IsTransient = exception is TimeoutRejectedException,
            };
        }
        catch (OperationCanceledException exception) when (!attempt.IsCancellationRequested && !_disposed)
        {
            // The timeout of the caller's HttpClient.
            throw new ExportException($"The request timed out: {exception.Message}", new TimeoutException(exception.Message, exception)) { IsTransient = true };
        }
    }

    private static async Task<ResponseBody> ReadErrorBodyAsync(HttpContent content, CancellationToken attempt, CancellationToken stop)
    {
        try
        {
            return await ResponseBody.ReadAsync(content, ErrorBodyBytes, truncate: true, attempt).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or ExportException)
        {
            // The status is the actual error. A failure to read its explanation must not replace it.
            return ResponseBody.None;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Neither must the timeout of the attempt: a wrong key must not be retried.
            return ResponseBody.None;
        }
    }
}
