using System.Globalization;
using Croct.Export.Tests.CommandLine.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Croct.Export.Tests.CommandLine.Datasets;

/// <summary>An API of sessions that a test changes between two runs. It honours windows, in seconds.</summary>
internal sealed class WindowServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WindowServer(WebApplication application) => _application = application;

    /// <summary>The close time of each session.</summary>
    public Dictionary<string, DateTimeOffset> Sessions { get; } = [];

    /// <summary>Whether every page is empty and has another cursor.</summary>
    public bool HasEndlessEmptyPages { get; set; }

    /// <summary>The options of the exporter.</summary>
    public string[] Options => ["--api-key", ItemServer.ApiKey, "--base-address", _application.Urls.Single(), "--time-unit", "seconds"];

    public static async Task<WindowServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new WindowServer(builder.Build());
        server._application.Map("/{resource}", server.Respond);
        await server._application.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private IResult Respond(HttpRequest request)
    {
        var (start, end) = (ParseTime("start"), ParseTime("end"));
        var items = request.Query.ContainsKey("cursor") || HasEndlessEmptyPages ? [] : Sessions
            .Where(session => !(session.Value < start || session.Value >= end))
            .Select(session => $$"""{"sessionId":"{{session.Key}}","closeTime":{{session.Value.ToUnixTimeMilliseconds()}}}""");
        var cursor = HasEndlessEmptyPages ? $"{Guid.NewGuid():N}" : "end";
        return Results.Text($$"""{"items":[{{string.Join(',', items)}}],"nextCursor":"{{cursor}}"}""", "application/json");

        DateTimeOffset? ParseTime(string name) => request.Query.TryGetValue(name, out var text)
            ? DateTimeOffset.FromUnixTimeSeconds(long.Parse(text!, CultureInfo.InvariantCulture))
            : null;
    }
}
