using System.Net;
using System.Net.Sockets;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine;

namespace Croct.Export.Tests.Sandbox;

/// <summary><c>croct-export sandbox</c> as a process.</summary>
public class SandboxCommandTests
{
    [Test]
    public async Task Serves_what_its_options_say()
    {
        var port = FreePort();
        using var exporter = new Exporter();
        using var process = exporter.Start(
            "sandbox", "--port", $"{port}", "--sandbox-items", "150", "--seed", "7", "--end-of-data", "null-cursor", "--time-unit", "milliseconds", "--fault", "503:request=1");
        try
        {
            Assert.That(await process.StandardOutput.ReadLineAsync(), Is.EqualTo($"address  http://127.0.0.1:{port}/"));
            var key = (await process.StandardOutput.ReadLineAsync())!.Split("  ")[1];
            using var http = new HttpClient { DefaultRequestHeaders = { { "X-Api-Key", key } } };
            using var first = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/events"));
            using var client = new ExportClient(new ExportClientOptions { ApiKey = key, BaseAddress = new Uri($"http://127.0.0.1:{port}"), TimeUnit = TimeUnit.Milliseconds });
            var pages = await client.ExportEventPagesAsync().ToListAsync();
            var events = pages.SelectMany(page => page.Items).ToList();
            var window = await client.ExportEventsAsync(new EventExportOptions { Start = events[10].TimestampUtc, End = events[20].TimestampUtc });

            Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That((events.Count, pages[^1].Count, pages[^1].NextCursor), Is.EqualTo((150, 50, (string?)null)));
            Assert.That(events[0].Id, Is.EqualTo(await FirstIdAsync(seed: 7)).And.Not.EqualTo(await FirstIdAsync(seed: 1)));
            Assert.That(window.Items.Select(e => e.Id), Is.EqualTo(events[10..20].Select(e => e.Id)));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    private static async Task<string?> FirstIdAsync(int seed)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Seed = seed });
        using var client = new ExportClient(new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress });
        return (await client.ExportEventsAsync(new EventExportOptions { PageSize = 1 })).Items.Single().Id;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
