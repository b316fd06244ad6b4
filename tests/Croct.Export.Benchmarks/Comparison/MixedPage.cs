using Croct.Export.Sandbox;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>Pages of 1000 events of all types, in the mix of the sandbox.</summary>
internal static class MixedPage
{
    public static async Task<byte[]> FetchAsync()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        return await FetchAsync(sandbox, cursor: null);
    }

    public static async Task<byte[]> FetchAsync(SandboxServer sandbox, string? cursor, string query = "")
    {
        using var http = new HttpClient { BaseAddress = sandbox.BaseAddress };
        http.DefaultRequestHeaders.Add("X-Api-Key", sandbox.ApiKey);
        var from = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
        return await http.GetByteArrayAsync(new Uri($"events?pageSize={PageServer.EventsPerPage}{from}{query}", UriKind.Relative));
    }
}
