using Croct.Export.Sandbox;

namespace Croct.Export.Benchmarks;

/// <summary>Pages of events of the sandbox.</summary>
internal static class SandboxPage
{
    /// <summary>The first page with this number of events, of one type or of all types as mixed by the sandbox.</summary>
    public static async Task<byte[]> FetchAsync(int size, string? type = null)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 1_000_000 });
        return await FetchAsync(sandbox, size, type is null ? "" : $"&events={type}");
    }

    /// <summary>A page with further query parameters.</summary>
    public static async Task<byte[]> FetchAsync(SandboxServer sandbox, int size, string query)
    {
        using var http = new HttpClient { BaseAddress = sandbox.BaseAddress };
        http.DefaultRequestHeaders.Add("X-Api-Key", sandbox.ApiKey);
        return await http.GetByteArrayAsync(new Uri($"events?pageSize={size}{query}", UriKind.Relative));
    }
}
