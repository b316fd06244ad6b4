using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>An API that serves one page of given items, valid or not.</summary>
internal sealed class ItemServer : IAsyncDisposable
{
    public const string ApiKey = "00000000-0000-4000-8000-000000000000";

    private readonly WebApplication _application;

    private ItemServer(WebApplication application) => _application = application;

    public string Address => _application.Urls.Single();

    /// <param name="items">The items of the page.</param>
    /// <param name="nextCursor">Its cursor, which points to an empty page; null for no cursor, so that every request gets the same page.</param>
    public static async Task<ItemServer> StartAsync(IReadOnlyList<string> items, string? nextCursor = "c1")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.Map("/{resource}", (HttpRequest request) =>
        {
            var page = request.Query.ContainsKey("cursor") ? [] : items;
            var cursor = nextCursor is null ? "null" : $"\"{nextCursor}\"";
            return Results.Text($$"""{"items":[{{string.Join(',', page)}}],"nextCursor":{{cursor}}}""", "application/json");
        });
        await application.StartAsync();
        return new ItemServer(application);
    }

    /// <summary>Exports items to a file in the exporter's folder and returns its path.</summary>
    public static async Task<string> ExportAsync(Exporter exporter, string stream, string file, IReadOnlyList<string> items, params string[] arguments)
    {
        await using var api = await StartAsync(items);
        var format = file.Contains(".parquet", StringComparison.Ordinal) ? "parquet" : file.EndsWith(".ndjson", StringComparison.Ordinal) ? "ndjson" : "csv";
        await exporter.RunAsync(
            [stream, "--api-key", ApiKey, "--base-address", api.Address, "--format", format, "--output", exporter.PathOf(file), "--quiet", .. arguments]);
        return exporter.PathOf(file);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
