using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;
using RichardSzalay.MockHttp;

namespace Croct.Export.Tests;

/// <summary>The client in a service collection.</summary>
public class DependencyInjectionTests
{
    [Test]
    public async Task Logs_an_attempt_that_will_be_retried_and_calls_the_callback_of_the_options()
    {
        var (lines, retries) = (new List<(LogLevel, EventId, string)>(), 0);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 10, Faults = ["503:request=1"] });
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(new ListLoggerProvider(lines)));
        services.AddCroctExport(options =>
            (options.ApiKey, options.BaseAddress, options.RetryBaseDelay, options.OnRetry) =
                (sandbox.ApiKey, sandbox.BaseAddress, TimeSpan.Zero, _ => retries++));
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ExportClient>().ExportEventsAsync();

        var (level, id, line) = lines.Single(entry => entry.Item2.Name == "Retry");
        Assert.That((level, id.Id, retries), Is.EqualTo((LogLevel.Warning, 1, 1)));
        Assert.That(
            line,
            Does.StartWith("Attempt 1 of exportEvents failed and will be retried in ")
                .And.EndWith(": The Export API responded 503 Service Unavailable."));
    }

    [Test]
    public async Task Is_one_client_for_the_whole_application()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 250 });
        await using var services = Provider(
            services => services.AddCroctExport(options => (options.ApiKey, options.BaseAddress) = (sandbox.ApiKey, sandbox.BaseAddress)));

        var client = services.GetRequiredService<ExportClient>();

        Assert.That(await client.ExportAllEventsAsync().CountAsync(), Is.EqualTo(250));
        Assert.That(services.GetRequiredService<ExportClient>(), Is.SameAs(client));
    }

    [Test]
    public async Task Takes_its_options_from_configuration()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { TimeUnit = SandboxTimeUnit.Milliseconds });
        var section = Section(
            ("ApiKey", sandbox.ApiKey),
            ("BaseAddress", sandbox.BaseAddress.ToString()),
            ("DefaultPageSize", "7"),
            ("TimeUnit", "Milliseconds"),
            ("AttemptTimeout", "00:00:30"));
        await using var services = Provider(services => services.AddCroctExport(section));

        var page = await services.GetRequiredService<ExportClient>()
            .ExportEventsAsync(new EventExportOptions { Start = new(2024, 1, 1, 5, 0, 0, TimeSpan.Zero) });

        Assert.That((page.Count, page.Items[0].TimestampUtc!.Value.Hour), Is.EqualTo((7, 5)));
        Assert.That(sandbox.Requests.Single().Query, Does.Contain("start=1704085200000"));
    }

    [Test]
    public async Task Has_a_client_for_each_name()
    {
        const string OtherKey = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
        await using var one = await SandboxServer.StartAsync(new SandboxOptions { Events = 1 });
        await using var other = await SandboxServer.StartAsync(new SandboxOptions { Events = 2, ApiKey = OtherKey });
        var collection = new ServiceCollection();
        collection.AddCroctExport("one", options => (options.ApiKey, options.BaseAddress) = (one.ApiKey, one.BaseAddress));
        collection.AddCroctExport("other", Section(("ApiKey", OtherKey), ("BaseAddress", other.BaseAddress.ToString())));
        await using var services = collection.BuildServiceProvider();

        Assert.That((await services.GetRequiredKeyedService<ExportClient>("one").ExportEventsAsync()).Count, Is.EqualTo(1));
        Assert.That((await services.GetRequiredKeyedService<ExportClient>("other").ExportEventsAsync()).Count, Is.EqualTo(2));
        Assert.That(services.GetService<ExportClient>(), Is.Null);
    }

    [TestCase("The options of the Croct Export client are not valid: ApiKey is missing;", "DefaultPageSize", "5")]
    [TestCase("DefaultPageSize was 1001; it must be from 1 to 1000.", "ApiKey", "SECRET", "DefaultPageSize", "1001")]
    [TestCase("ApiKey contains spaces", "ApiKey", "SEC RET")]
    [TestCase("BaseAddress was 'http://api.example/'; plain http would expose the API key", "ApiKey", "SECRET", "BaseAddress", "http://api.example")]
    [TestCase("'PageSize'", "ApiKey", "SECRET", "PageSize", "5")]
    [TestCase("CroctExport:ReadAhead", "ApiKey", "SECRET", "ReadAhead", "some")]
    public async Task Does_not_let_the_host_start_with_invalid_options(string expected, params string[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddCroctExport(Section([.. settings.Chunk(2).Select(pair => (pair[0], pair[1]))]));
        using var host = builder.Build();

        var exception = await Assert.CatchAsync<Exception>(() => host.StartAsync());

        Assert.That(exception, Is.InstanceOf<OptionsValidationException>().Or.InstanceOf<InvalidOperationException>());
        Assert.That(exception!.ToString(), Does.Contain(expected).And.Not.Contain("SECRET").And.Not.Contain("SEC RET"));
    }

    [Test]
    public async Task Names_the_client_whose_options_are_invalid()
    {
        await using var services = Provider(services => services.AddCroctExport("shop", options => options.MaxRetries = -1));

        Assert.That(
            () => services.GetRequiredKeyedService<ExportClient>("shop"),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("client 'shop' are not valid"));
    }

    [Test]
    public async Task Refuses_a_handler_in_the_options_and_accepts_one_through_the_builder()
    {
        using var handler = new MockHttpMessageHandler();
        handler.When("https://api.croct.io/export/events/x").Respond("application/json", """{"event":{"id":"x"}}""");
        var refused = Provider(services => services.AddCroctExport(options => (options.ApiKey, options.HttpMessageHandler) = ("key", handler)));
        var taken = Provider(services => services.AddCroctExport(options => options.ApiKey = "key").ConfigurePrimaryHttpMessageHandler(() => handler));

        Assert.That(
            () => refused.GetRequiredService<ExportClient>(),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("through the builder that AddCroctExport returns"));
        Assert.That((await taken.GetRequiredService<ExportClient>().ExportEventByIdAsync("x")).Event!.Id, Is.EqualTo("x"));
    }

    [Test]
    public async Task Sends_each_request_through_the_handler_from_the_factory()
    {
        // The real factory returns a new handler when the lifetime of the previous one has expired; this one always does.
        Api[] handlers = [.. Enumerable.Range(0, 3).Select(_ => new Api(() => Responses.Page(0, null)))];
        await using var services = Provider(services =>
        {
            services.AddCroctExport(options => options.ApiKey = Api.Key);
            services.AddSingleton<IHttpMessageHandlerFactory>(new RenewingFactory(handlers));
        });
        var client = services.GetRequiredService<ExportClient>();

        foreach (var handler in handlers)
        {
            await client.ExportEventsAsync();
            Assert.That(handler.Requests, Has.Count.EqualTo(1));
        }

        Assert.That(handlers.Sum(handler => handler.Requests.Count), Is.EqualTo(3));
    }

    [Test]
    public async Task Holds_the_handler_of_a_request_while_its_body_is_read()
    {
        var body = new StalledStream();
        var factory = new ForgettingFactory(body);
        await using var services = Provider(services =>
        {
            services.AddCroctExport(options => options.ApiKey = Api.Key);
            services.AddSingleton<IHttpMessageHandlerFactory>(factory);
        });
        using var caller = new CancellationTokenSource();

        var page = services.GetRequiredService<ExportClient>().ExportEventsAsync(cancellationToken: caller.Token);
        await body.Reached;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        // The factory disposes an expired handler as soon as nothing references it.
        Assert.That(factory.Handler!.IsAlive, Is.True);
        await caller.CancelAsync();
        Assert.That(async () => await page, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Does_not_follow_redirects()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["redirect"] });
        await using var services = Provider(
            services => services.AddCroctExport(options => (options.ApiKey, options.BaseAddress) = (sandbox.ApiKey, sandbox.BaseAddress)));

        await Assert.ThrowsAsync<ExportApiException>(() => services.GetRequiredService<ExportClient>().ExportEventsAsync());

        Assert.That(sandbox.RequestCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Never_logs_the_key()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        var log = new Logged();
        await using var services = Provider(services => services
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log))
            .AddCroctExport(options => (options.ApiKey, options.BaseAddress) = (sandbox.ApiKey, sandbox.BaseAddress))
            .AddHttpMessageHandler(() => new Signing()));

        await services.GetRequiredService<ExportClient>().ExportEventsAsync();

        Assert.That(log.Lines, Has.Some.Contains("X-Api-Key: *").And.None.Contains(sandbox.ApiKey));
        Assert.That(log.Lines, Has.Some.Contains("X-Signature: *").And.Some.Contains("Set-Cookie: *").And.None.Contains(Signing.Secret));
    }

    [Test]
    public async Task Never_logs_a_key_that_a_server_quotes_instead_of_a_header()
    {
        await using var server = new OneResponseServer($"HTTP/1.1 200 OK\r\n{Api.Key}\r\n\r\n");
        var log = new Logged();
        await using var services = Provider(services => services
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log))
            .AddCroctExport(options => (options.ApiKey, options.BaseAddress, options.MaxRetries) = (Api.Key, server.Address, 0)));

        var exception = (await Assert.ThrowsAsync<ExportException>(() => services.GetRequiredService<ExportClient>().ExportEventsAsync()))!;

        Assert.That(log.Lines, Has.Some.Contains("quoted the API key").And.None.Contains(Api.Key));
        Assert.That(exception.ToString(), Does.Not.Contain(Api.Key));
    }

    [Test]
    public async Task A_timeout_of_a_resilience_handler_is_an_ExportException_and_retried()
    {
        var api = new Api(
            (_, _, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(
                _ => new HttpResponseMessage(), TaskContinuationOptions.OnlyOnRanToCompletion));
        await using var services = Resilient(api, pipeline => pipeline.AddTimeout(TimeSpan.FromSeconds(7)));

        var exception = (await Assert.ThrowsAsync<ExportException>(() => services.GetRequiredService<ExportClient>().ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.StartWith("A handler of the HttpClient gave up: ").And.Contains("00:00:07"));
        Assert.That((exception.InnerException?.GetType(), exception.Attempts, api.Requests.Count), Is.EqualTo((typeof(TimeoutRejectedException), 3, 3)));
    }

    [Test]
    public async Task An_open_circuit_is_an_ExportException_at_once()
    {
        var api = new Api(() => Responses.Page(0, null));
        await using var services = Resilient(
            api,
            pipeline => pipeline.AddCircuitBreaker(
                new HttpCircuitBreakerStrategyOptions { ManualControl = new CircuitBreakerManualControl(isIsolated: true) }));

        var exception = (await Assert.ThrowsAsync<ExportException>(() => services.GetRequiredService<ExportClient>().ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.StartWith("A handler of the HttpClient gave up: "));
        Assert.That((exception.InnerException is BrokenCircuitException, exception.Attempts, api.Requests.Count), Is.EqualTo((true, 1, 0)));
    }

    [Test]
    public async Task A_full_limiter_is_an_ExportException_at_once()
    {
        var api = new Api(() => Responses.Page(0, null));
        await using var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 1 });
        using var taken = limiter.AttemptAcquire();
        await using var services = Resilient(api, pipeline => pipeline.AddRateLimiter(limiter));

        var exception = (await Assert.ThrowsAsync<ExportException>(() => services.GetRequiredService<ExportClient>().ExportEventsAsync()))!;

        Assert.That(exception.Message, Does.StartWith("A handler of the HttpClient gave up: "));
        Assert.That((exception.InnerException?.GetType(), exception.Attempts, api.Requests.Count), Is.EqualTo((typeof(RateLimiterRejectedException), 1, 0)));
    }

    [TestCase(1, 8)]
    [TestCase(0, 4)]
    public async Task A_resilience_handler_on_top_multiplies_the_attempts(int maxRetries, int requests)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["503"] });
        var collection = new ServiceCollection();
        collection
            .AddCroctExport(options =>
                (options.ApiKey, options.BaseAddress, options.MaxRetries, options.TimeProvider) =
                    (sandbox.ApiKey, sandbox.BaseAddress, maxRetries, new InstantTime()))
            .AddStandardResilienceHandler(options => options.Retry.Delay = TimeSpan.Zero);
        collection.Configure<ExportClientOptions>(options => options.AttemptTimeout = Timeout.InfiniteTimeSpan);
        await using var services = collection.BuildServiceProvider();

        await Assert.ThrowsAsync<ExportApiException>(() => services.GetRequiredService<ExportClient>().ExportEventsAsync());

        Assert.That(sandbox.RequestCount, Is.EqualTo(requests));
    }

    /// <summary>A client with at most three attempts and no timeout of its own, over a resilience handler whose waits end at once.</summary>
    private static ServiceProvider Resilient(Api api, Action<ResiliencePipelineBuilder<HttpResponseMessage>> configure) => Provider(services => services
        .AddCroctExport(options =>
            (options.ApiKey, options.MaxRetries, options.TimeProvider, options.AttemptTimeout) =
                (Api.Key, 2, new InstantTime(), Timeout.InfiniteTimeSpan))
        .ConfigurePrimaryHttpMessageHandler(() => api)
        .AddResilienceHandler("own", pipeline =>
        {
            pipeline.TimeProvider = new InstantTime();
            configure(pipeline);
        }));

    private static ServiceProvider Provider(Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        add(services);
        return services.BuildServiceProvider();
    }

    private static IConfiguration Section(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>($"CroctExport:{setting.Key}", setting.Value)))
        .Build()
        .GetSection("CroctExport");

    /// <summary>Returns the next of its handlers on each call.</summary>
    private sealed class RenewingFactory(params HttpMessageHandler[] handlers) : IHttpMessageHandlerFactory
    {
        private readonly Queue<HttpMessageHandler> _handlers = new(handlers);

        public HttpMessageHandler CreateHandler(string name) => _handlers.Dequeue();
    }

    /// <summary>Keeps only a weak reference to its handler, as the factory does after its lifetime.</summary>
    private sealed class ForgettingFactory(Stream body) : IHttpMessageHandlerFactory
    {
        public WeakReference? Handler { get; private set; }

        public HttpMessageHandler CreateHandler(string name)
        {
            var handler = new Api(() => new HttpResponseMessage { Content = new StreamContent(body) });
            Handler = new WeakReference(handler);
            return handler;
        }
    }

    /// <summary>A handler of the application that sends and receives secrets of its own in headers.</summary>
    private sealed class Signing : DelegatingHandler
    {
        public const string Secret = "only-for-the-server";

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("X-Signature", Secret);
            var response = await base.SendAsync(request, cancellationToken);
            response.Headers.Add("Set-Cookie", Secret);
            return response;
        }
    }

    private sealed class Logged : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }

    private sealed class ListLoggerProvider(List<(LogLevel, EventId, string)> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines) lines.Add((logLevel, eventId, formatter(state, exception)));
        }

        public void Dispose()
        {
        }
    }
}
