using Croct.Export.Sandbox;

namespace Croct.Export.Tests.Wire;

/// <summary>Clients of a sandbox with its key.</summary>
internal static class SandboxClients
{
    public static ExportClient Client(this SandboxServer sandbox, Action<ExportClientOptions>? configure = null)
    {
        var options = new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress };
        configure?.Invoke(options);
        return new ExportClient(options);
    }

    public static HttpClient Http(this SandboxServer sandbox) =>
        new() { BaseAddress = sandbox.BaseAddress, DefaultRequestHeaders = { { "X-Api-Key", sandbox.ApiKey } } };
}
