using System.Net;
using System.Net.Sockets;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Sandbox;

/// <summary><c>croct-export sandbox</c> as a process.</summary>
public class SandboxCommandTests
{
    [Test]
    public async Task Serves_what_its_options_say()
    {
        using var exporter = new Exporter();
        var process = exporter.Start(
            "sandbox", "--port", "0", "--sandbox-items", "150", "--seed", "7", "--end-of-data", "null-cursor",
            "--time-unit", "milliseconds", "--fault", "503:request=1");
        var address = new Uri((await process.StandardOutput.ReadLineAsync())!["address  ".Length..]);
        var key = (await process.StandardOutput.ReadLineAsync())!["api key  ".Length..];
        using var http = new HttpClient { DefaultRequestHeaders = { { "X-Api-Key", key } } };
        using var first = await http.GetAsync(new Uri(address, "events"));
        using var client = new ExportClient(new ExportClientOptions { ApiKey = key, BaseAddress = address, TimeUnit = TimeUnit.Milliseconds });
        var pages = await client.ExportEventPagesAsync().ToListAsync();
        var events = pages.SelectMany(page => page.Items).ToList();
        var window = await client.ExportEventsAsync(new EventExportOptions { Start = events[10].TimestampUtc, End = events[20].TimestampUtc });

        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((events.Count, pages[^1].Count, pages[^1].NextCursor), Is.EqualTo((150, 50, (string?)null)));
        Assert.That(events[0].Id, Is.EqualTo(await FirstIdAsync(seed: 7)).And.Not.EqualTo(await FirstIdAsync(seed: 1)));
        Assert.That(window.Items.Select(e => e.Id), Is.EqualTo(events[10..20].Select(e => e.Id)));
    }

    [Test]
    public async Task Uses_the_given_port_and_no_other()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var exporter = new Exporter();

        var (code, output, errors) = await exporter.TryAsync("sandbox", "--port", $"{port}");

        Assert.That((code, output), Is.EqualTo((1, "")), errors);
        Assert.That(errors, Does.Match($@"\Acroct-export: .*\b{port}\b.*\n\z"));
    }

    private static async Task<string?> FirstIdAsync(int seed)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Seed = seed });
        using var client = sandbox.Client();
        return (await client.ExportEventsAsync(new EventExportOptions { PageSize = 1 })).Items.Single().Id;
    }
}
