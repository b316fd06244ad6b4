using System.Text.Json;
using Croct.Export.Models;
using NSwagClient = Croct.Export.Benchmarks.NSwagDefault.Client;
using SystemTextJsonPage = Croct.Export.Benchmarks.SystemTextJson.EventResponse;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>The compared ways to do the same job. Each returns the number of events it saw.</summary>
internal static class Contenders
{
    public const string Key = "00000000-0000-4000-8000-000000000000";

    // The settings that an application needs to read any page of this API.
    private static readonly JsonSerializerOptions SystemTextJsonOptions = new() { AllowOutOfOrderMetadataProperties = true };

    public static ExportClient Client(Uri address, int readAhead = 1) =>
        new(new ExportClientOptions { ApiKey = Key, BaseAddress = address, DefaultPageSize = PageServer.EventsPerPage, ReadAhead = readAhead });

    /// <summary>The client with one body as its response: it is read, decoded and parsed like any other.</summary>
    public static ExportClient ClientInMemory(byte[] body) =>
        new(new ExportClientOptions { ApiKey = Key, HttpMessageHandler = new InMemoryResponse(body), ReadAhead = 0 });

    public static NSwagClient NSwagInMemory(byte[] body) => NSwagOver(new HttpClient(new InMemoryResponse(body)), ExportClientOptions.ProductionAddress);

    public static async Task<int> ParseAsync(ExportClient client) => (await client.ExportEventsAsync()).Count;

    public static async Task<int> ParseRawAsync(ExportClient client)
    {
        await using var pages = client.ExportRawPagesAsync(ExportStream.Events).GetAsyncEnumerator();
        await pages.MoveNextAsync();
        return pages.Current.Count;
    }

    public static async Task<int> ParseAsync(NSwagClient client) =>
        (await client.ExportEventsAsync(null, null, PageServer.EventsPerPage, null, null)).Items.Count;

    /// <summary>Unlike the others, System.Text.Json does not go through an HTTP client.</summary>
    public static int ParseSystemTextJson(byte[] body) => JsonSerializer.Deserialize<SystemTextJsonPage>(body, SystemTextJsonOptions)!.Items!.Count;

    public static async Task<int> ExportAsync(Uri address)
    {
        using var client = Client(address);
        var events = 0;
        await foreach (Event _ in client.ExportAllEventsAsync()) events++;
        return events;
    }

    public static async Task<int> ExportRawAsync(Uri address)
    {
        using var client = Client(address);
        var events = 0;
        await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events))
        {
            foreach (var item in page.Items) Stream.Null.Write(item.Span);
            events += page.Count;
        }

        return events;
    }

    /// <summary>The usual loop around the default client: page by page until one is empty.</summary>
    public static async Task<int> ExportNSwagAsync(Uri address)
    {
        using var http = new HttpClient();
        var client = NSwagOver(http, address);
        var (events, cursor) = (0, (string?)null);
        while (true)
        {
            var page = await client.ExportEventsAsync(null, null, PageServer.EventsPerPage, cursor, null);
            if (page.Items.Count == 0) return events;
            events += page.Items.Count;
            cursor = page.NextCursor;
        }
    }

    /// <summary>The minimum that any client must do: receive the bodies, one after the other. It knows the cursors in advance.</summary>
    public static async Task<int> DrainAsync(Uri address, int events)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Api-Key", Key);
        var buffer = new byte[128 * 1024];
        for (var index = 0; index <= events / PageServer.EventsPerPage; index++)
        {
            using var response = await http.GetAsync(
                new Uri($"{address}/events?pageSize={PageServer.EventsPerPage}&cursor={index}"), HttpCompletionOption.ResponseHeadersRead);
            await using var body = await response.Content.ReadAsStreamAsync();
            while (await body.ReadAsync(buffer) > 0)
            {
            }
        }

        return events;
    }

    private static NSwagClient NSwagOver(HttpClient http, Uri address)
    {
        http.DefaultRequestHeaders.Add("X-Api-Key", Key);
        return new NSwagClient(http) { BaseUrl = address.AbsoluteUri };
    }
}
