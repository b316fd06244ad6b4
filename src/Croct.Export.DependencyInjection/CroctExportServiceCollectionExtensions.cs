using Croct.Export;
using Croct.Export.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds clients of the Croct Export API to a service collection.</summary>
/// <remarks>
/// <para>A client is a singleton of type <see cref="ExportClient"/>; a named client is a keyed singleton, for applications with several API keys.
/// Every request uses the current handler of <see cref="IHttpClientFactory"/>, so that handlers are replaced at the end of their lifetime although the
/// client lives on. Redirects are off, so that the API key is sent only to its origin, and the values of all headers are redacted in the factory's
/// logs.</para>
/// <para>The options are validated when the host starts, or otherwise when the client is first resolved: an
/// <see cref="OptionsValidationException"/> names the option, its value and the rule.</para>
/// <para>The options are read once, when the client is created. For a key that changes, set <see cref="ExportClientOptions.ApiKeyProvider"/>.</para>
/// <para>Each failed attempt that will be retried is logged as a warning by <c>ILogger&lt;ExportClient&gt;</c>, with the event id 1, <c>Retry</c>;
/// <see cref="ExportClientOptions.OnRetry"/> is called as well.</para>
/// <para>The client retries on its own. An additional resilience handler, such as AddStandardResilienceHandler, multiplies the attempts and ends them
/// with its own timeouts: leave it out, or set <see cref="ExportClientOptions.MaxRetries"/> to 0 if you need one.</para>
/// </remarks>
public static class CroctExportServiceCollectionExtensions
{
    /// <summary>Adds a client.</summary>
    /// <param name="services">The service collection to add the client to.</param>
    /// <param name="configure">Sets the options; those that it does not set keep the defaults of <see cref="ExportClientOptions"/>.</param>
    /// <returns>The builder of the client's <see cref="HttpClient"/>, to add your own handlers.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IHttpClientBuilder AddCroctExport(this IServiceCollection services, Action<ExportClientOptions> configure) =>
        services.AddCroctExport(Options.Options.DefaultName, configure);

    /// <summary>Adds a client with options from configuration.</summary>
    /// <param name="services">The service collection to add the client to.</param>
    /// <param name="configuration">
    /// The section whose keys are properties of <see cref="ExportClientOptions"/>, such as <c>ApiKey</c>. An unknown key is an error.
    /// </param>
    /// <returns>The builder of the client's <see cref="HttpClient"/>, to add your own handlers.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IHttpClientBuilder AddCroctExport(this IServiceCollection services, IConfiguration configuration) =>
        services.AddCroctExport(Options.Options.DefaultName, configuration);

    /// <summary>Adds a named client as a keyed service.</summary>
    /// <param name="services">The service collection to add the client to.</param>
    /// <param name="name">The name of the client, which is the key of the service.</param>
    /// <param name="configure">Sets the options; those that it does not set keep the defaults of <see cref="ExportClientOptions"/>.</param>
    /// <returns>The builder of the client's <see cref="HttpClient"/>, to add your own handlers.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IHttpClientBuilder AddCroctExport(this IServiceCollection services, string name, Action<ExportClientOptions> configure)
    {
        if (configure is null) throw new ArgumentNullException(nameof(configure));
        return Add(services, name, options => options.Configure(configure));
    }

    /// <summary>Adds a named client as a keyed service, with options from configuration.</summary>
    /// <param name="services">The service collection to add the client to.</param>
    /// <param name="name">The name of the client, which is the key of the service.</param>
    /// <param name="configuration">
    /// The section whose keys are properties of <see cref="ExportClientOptions"/>, such as <c>ApiKey</c>. An unknown key is an error.
    /// </param>
    /// <returns>The builder of the client's <see cref="HttpClient"/>, to add your own handlers.</returns>
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
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<ExportClientOptions>, RetryLogger>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ExportClientOptions>, ExportClientOptionsValidator>());
        if (name.Length == 0) services.TryAddSingleton(provider => Create(provider, name));
        else services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name));

        return services.AddHttpClient(GetHttpClientName(name))
            .ConfigurePrimaryHttpMessageHandler(provider =>
                new KeyRedactingHandler(CreatePrimaryHandler(provider.GetRequiredService<IOptionsMonitor<ExportClientOptions>>().Get(name).BaseAddress)))

            // Redact all headers: a list of names would show the others, including those of the application's own handlers.
            .RedactLoggedHeaders(static _ => true);
    }

    private static ExportClient Create(IServiceProvider provider, string name)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<ExportClientOptions>>().Get(name);
        var http = new HttpClient(new FactoryHandler(provider.GetRequiredService<IHttpMessageHandlerFactory>(), GetHttpClientName(name)));

        // The client itself limits the duration of an attempt, including its body.
        http.Timeout = Timeout.InfiniteTimeSpan;
        return new ExportClient(http, options);
    }

    private static string GetHttpClientName(string name) => name.Length == 0 ? "Croct.Export" : $"Croct.Export:{name}";

    // Through a proxy, https is a tunnel. With http, which is for loopback only, a proxy would receive the key.
#if NET
    private static SocketsHttpHandler CreatePrimaryHandler(Uri baseAddress) => new()
#else
    private static HttpClientHandler CreatePrimaryHandler(Uri baseAddress) => new()
#endif
    {
        UseProxy = baseAddress.Scheme == Uri.UriSchemeHttps,
        AllowAutoRedirect = false,
        UseCookies = false,
    };
}
