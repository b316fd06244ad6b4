using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Sandbox;

/// <summary>The syntax of a fault, and the requests it hits.</summary>
public class FaultSyntaxTests
{
    [TestCase("503", "1 2 3 4 5 6 7 8 9 10")]
    [TestCase("503:request=3", "3")]
    [TestCase("503:request=3+7", "3 7")]
    [TestCase("503:every=4", "4 8")]
    [TestCase("503:times=2", "1 2")]
    [TestCase("503:every=2,times=3", "2 4 6")]
    [TestCase("503:stream=events", "1 2 3 4 5 6 7 8 9 10")]
    [TestCase("503:stream=users", "")]
    [TestCase("503:rate=0", "")]
    [TestCase("503:rate=1", "1 2 3 4 5 6 7 8 9 10")]
    public async Task Determines_which_requests_fail(string fault, string numbers) =>
        Assert.That(string.Join(' ', await HitsAsync(fault, requests: 10)), Is.EqualTo(numbers));

    [Test]
    public async Task A_rate_hits_about_that_share_and_always_the_same_requests()
    {
        var hits = await HitsAsync("503:rate=0.2", requests: 500);

        Assert.That(hits, Has.Count.InRange(70, 130));
        Assert.That(await HitsAsync("503:rate=0.2", requests: 500), Is.EqualTo(hits));
    }

    [Test]
    public async Task The_first_of_several_responses_is_returned()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = ["502:every=2", "503"] });
        using var http = new HttpClient();

        var statuses = new List<int>();
        for (var i = 0; i < 4; i++) statuses.Add((int)(await http.GetAsync(sandbox.BaseAddress)).StatusCode);

        Assert.That(string.Join(" ", statuses), Is.EqualTo("503 502 503 502"));
    }

    [TestCase("430", "Unknown fault '430'; it must be one of latency, 402, 403, 408, 429,")]
    [TestCase("", "Unknown fault ''")]
    [TestCase("429:", "The fault '429:' contains ''; it must be key=value.")]
    [TestCase("429:often", "The fault '429:often' contains 'often'; it must be key=value.")]
    [TestCase("429:byte=3", "The fault '429:byte=3' has no setting byte; its settings are retry-after, request, every, rate, times, stream.")]
    [TestCase("429:retry-after=86401", "has retry-after=86401; it must be a whole number from 0 to 86400.")]
    [TestCase("429:every=0", "has every=0; it must be a whole number of at least 1.")]
    [TestCase("429:request=1+x", "has request=x; it must be a whole number of at least 1.")]
    [TestCase("429:rate=1.5", "has rate=1.5; it must be a number from 0 to 1.")]
    [TestCase("429:rate=-0.1", "has rate=-0.1; it must be a number from 0 to 1.")]
    [TestCase("429:stream=pages", "has stream=pages; it must be events, sessions or users.")]
    [TestCase("429:every=2,every=3", "The fault '429:every=2,every=3' sets every twice; set it once.")]
    public void Refuses_what_it_does_not_understand_and_says_what_is_allowed(string fault, string message) =>
        Assert.That(() => SandboxFault.Parse(fault), Throws.TypeOf<FormatException>().With.Message.Contains(message));

    private static async Task<List<long>> HitsAsync(string fault, int requests)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = [fault] });
        using var http = sandbox.Http();
        for (var i = 0; i < requests; i++) await http.GetAsync(new Uri(sandbox.BaseAddress, "events?pageSize=1"));
        return [.. sandbox.Requests.Where(request => request.Status == 503).Select(request => request.Number)];
    }
}
