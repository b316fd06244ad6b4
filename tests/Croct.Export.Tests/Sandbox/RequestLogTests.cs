using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Sandbox;

/// <summary>What a sandbox records about the requests it received.</summary>
public class RequestLogTests
{
    [Test]
    public async Task Records_each_request_and_its_outcome()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["503:request=3", "reset:request=4"] });
        using var http = new HttpClient();
        using var client = sandbox.Http();

        await client.GetAsync(new Uri(sandbox.BaseAddress, "events?pageSize=1&events=pageOpened"));
        await http.GetAsync(new Uri(sandbox.BaseAddress, "user/none"));
        await client.GetAsync(new Uri(sandbox.BaseAddress, "session"));
        Assert.That(() => client.GetAsync(new Uri(sandbox.BaseAddress, "session")), Throws.InstanceOf<HttpRequestException>());

        Assert.That(string.Join('\n', sandbox.Requests.Select(Describe)), Is.EqualTo(
            """
            1 GET /events?pageSize=1&events=pageOpened with key: 200
            2 GET /user/none without key: 401
            3 GET /session with key: 503 503
            4 GET /session with key: 200 reset
            """));
    }

    [Test]
    public async Task Keeps_the_latest_requests_and_counts_all()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { RequestLogSize = 2 });
        using var http = new HttpClient();

        for (var i = 0; i < 5; i++) await http.GetAsync(sandbox.BaseAddress);

        Assert.That(string.Join(' ', sandbox.Requests.Select(request => request.Number)), Is.EqualTo("4 5"));
        Assert.That(sandbox.RequestCount, Is.EqualTo(5));
    }

    private static string Describe(SandboxRequest request) =>
        $"{request.Number} {request.Method} {request.Path}{request.Query} {(request.HasKey ? "with" : "without")} key: " +
        $"{request.Status}{string.Concat(request.Faults.Select(fault => " " + fault))}";
}
