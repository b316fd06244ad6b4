using Croct.Export;
using Croct.Export.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds clients of the Croct Export API to a service collection.</summary>
/// <remarks>
/// <para>A client is a singleton of the type <see cref="ExportClient"/>; one with a name is a keyed singleton, for applications with several API keys.
/// Its requests go through <see cref="IHttpClientFactory"/>'s handlers, asked for anew for every request, so that they are replaced when their
/// lifetime is over although the client lives on. Redirects are off, so that the API key stays with its origin, and the values of all headers are
/// redacted in the factory's logs.</para>
/// <para>The options are checked when the host starts, or else when the client is first asked for: an <see cref="OptionsValidationException"/> names
/// the setting, its value and the rule.</para>
/// <para>The options are read once, when the client is made. For a key that changes set <see cref="ExportClientOptions.ApiKeyProvider"/>.</para>
/// <para>Each attempt that failed and will be made again is logged as a warning by <c>ILogger&lt;ExportClient&gt;</c>, with the event id 1, <c>Retry</c>;
/// <see cref="ExportClientOptions.OnRetry"/> is called as well.</para>
/// <para>The client retries by itself. A resilience handler on top, such as AddStandardResilienceHandler, multiplies the attempts and ends them by
/// timeouts of its own: set <see cref="ExportClientOptions.MaxRetries"/> to 0 where one is wanted, or leave it out.</para>
/// </remarks>
public static class CroctExportServiceCollectionExtensions
{
    /// <summary>Adds the client.</summary>
    /// <param name="services">Where to add it.</param>
    /// <param name="configure">Sets its options; those that it leaves have the defaults of <see cref="ExportClientOptions"/>.</param>
    /// <returns>The builder of its <see cref="HttpClient"/>, for handlers of your own.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IHttpClientBuilder AddCroctExport(this IServiceCollection services, Action<ExportClientOptions> configure) =>
        services.AddCroctExport(Options.Options.DefaultName, configure);

    /// <summary>Adds the client, with options from configuration.</summary>
    /// <param name="services">Where to add it.</param>
    /// <param name="configuration">
    /// The section whose keys are properties of <see cref="ExportClientOptions"/>, such as <c>ApiKey</c>. A key that is none of them is an error.
    /// </param>
    /// <returns>The builder of its <see cref="HttpClient"/>, for handlers of your own.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IHttpClientBuilder AddCroctExport(this IServiceCollection services, IConfiguration configuration) =>
        services.AddCroctExport(Options.Options.DefaultName, configuration);

    /// <summary>Adds a client with a name: a keyed service.</summary>
    /// <param name="services">Where to add it.</param>
    /// <param name="name">The key of the service.</param>
    /// <param name="configure">Sets its options; those that it leaves have the defaults of <see cref="ExportClientOptions"/>.</param>
    /// <returns>The builder of its <see cref="HttpClient"/>, for handlers of your own.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IHttpClientBuilder AddCroctExport(this IServiceCollection services, string name, Action<ExportClientOptions> configure)
    {
        if (configure is null) throw new ArgumentNullException(nameof(configure));
        return Add(services, name, options => options.Configure(configure));
    }

    /// <summary>Adds a client with a name, a keyed service, with options from configuration.</summary>
    /// <param name="services">Where to add it.</param>
    /// <param name="name">The key of the service.</param>
    /// <param name="configuration">
    /// The section whose keys are properties of <see cref="ExportClientOptions"/>, such as <c>ApiKey</c>. A key that is none of them is an error.
    /// </param>
    /// <returns>The builder of its <see cref="HttpClient"/>, for handlers of your own.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IHttpClientBuilder AddCroctExport(this IServiceCollection services, string name, IConfiguration configuration)
    {
        if (configuration is null) throw new ArgumentNullException(nameof(configuration));
        return Add(services, name, options => options.Bind(configuration, binder => binder.ErrorOnUnknownConfiguration = true));
    }

    private static IHttpClientBuilder Add(IServiceCollection services, string name, Action<OptionsBuilder<ExportClientOptions>> configure)
    {
        if (services is null) throw new ArgumentNullException(nameof(services));
        if (name is null) throw new ArgumentNullException(nameof(name));
        configure(services.AddOptions<ExportClientOptions>(name).ValidateOnStart());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<ExportClientOptions>, RetryLog>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ExportClientOptions>, ExportClientOptionsValidator>());
        if (name.Length == 0) services.TryAddSingleton(provider => Create(provider, name));
        else services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name));

        return services.AddHttpClient(HttpClientNameOf(name))
            .ConfigurePrimaryHttpMessageHandler(provider =>
                new KeyKeepingHandler(CreatePrimaryHandler(provider.GetRequiredService<IOptionsMonitor<ExportClientOptions>>().Get(name).BaseAddress)))

            // All of them: a list of names would show every other header, among them those of the handlers that the application adds.
            .RedactLoggedHeaders(static _ => true);
    }

    private static ExportClient Create(IServiceProvider provider, string name)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<ExportClientOptions>>().Get(name);
        var http = new HttpClient(new FactoryHandler(provider.GetRequiredService<IHttpMessageHandlerFactory>(), HttpClientNameOf(name)));

        // How long an attempt may take is for the client to say, body included.
        http.Timeout = Timeout.InfiniteTimeSpan;
        return new ExportClient(http, options);
    }

    private static string HttpClientNameOf(string name) => name.Length == 0 ? "Croct.Export" : $"Croct.Export:{name}";

    // Through a proxy, https is a tunnel, but http, which is for loopback only, would hand it the key.
#if NET
    private static SocketsHttpHandler CreatePrimaryHandler(Uri baseAddress) => new() { UseProxy = baseAddress.Scheme == Uri.UriSchemeHttps, AllowAutoRedirect = false, UseCookies = false };
#else
    private static HttpClientHandler CreatePrimaryHandler(Uri baseAddress) => new() { UseProxy = baseAddress.Scheme == Uri.UriSchemeHttps, AllowAutoRedirect = false, UseCookies = false };
#endif
}
