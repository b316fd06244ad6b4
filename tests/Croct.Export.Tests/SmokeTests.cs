using Croct.Export.Models;
using Croct.Export.Sandbox;

namespace Croct.Export.Tests;

public class SmokeTests
{
    [Test]
    public async Task Exports_all_events()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 2500 });
        using var client = new ExportClient(new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress });
        var events = new List<Event>();
        await foreach (var e in client.ExportAllEventsAsync(new EventExportOptions { PageSize = 1000 })) events.Add(e);
        Assert.That(events, Has.Count.EqualTo(2500));
        Assert.That(events.Select(e => e.Payload!.Type).Distinct().Count(), Is.EqualTo(26));
        Assert.That(events.Select(e => e.Payload!.GetType()).Distinct().Count(), Is.EqualTo(26));
        TestContext.Out.WriteLine(Newtonsoft.Json.JsonConvert.SerializeObject(events.First(e => e.Payload is OrderPlaced)));
    }
}
