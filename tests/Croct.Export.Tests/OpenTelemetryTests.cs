using System.Diagnostics;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Readmes;
using Croct.Export.Tests.Wire;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Croct.Export.Tests;

/// <summary>An application with OpenTelemetry sees the names and attributes listed in README.</summary>
[NonParallelizable]
public class OpenTelemetryTests
{
    [Test]
    public async Task Exports_the_traces_and_metrics_that_the_README_lists()
    {
        var (activities, metrics) = (new List<Activity>(), new List<MetricSnapshot>());
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 150, Faults = ["wrong-type:request=1", "503:request=2"] });
        using (Sdk.CreateTracerProviderBuilder().AddSource("Croct.Export").AddInMemoryExporter(activities).Build())
        using (Sdk.CreateMeterProviderBuilder().AddMeter("Croct.Export").AddInMemoryExporter(metrics).Build())
        {
            using var client = new ExportClient(new ExportClientOptions
            {
                ApiKey = sandbox.ApiKey,
                BaseAddress = sandbox.BaseAddress,
                TimeProvider = new InstantTime(),
                AttemptTimeout = Timeout.InfiniteTimeSpan,
            });
            var events = await client.ExportAllEventsAsync().ToListAsync();
            await client.ExportEventByIdAsync(events[0].Id!);
            var session = (await client.ExportSessionsAsync()).Items[0];
            await client.ExportSessionByIdAsync($"{session.SessionId}");
            await client.ExportUsersAsync();
            await Assert.ThrowsAsync<ExportApiException>(() => client.ExportUserByIdAsync("nobody"));
        }

        // Other tests in this process may use a client at the same time: keep only the activities of this sandbox.
        var own = activities.Where(activity => (int?)activity.GetTagItem("server.port") == sandbox.BaseAddress.Port).ToList();
        var names = Readme.Library.Table("activity").SelectMany(row => Readme.CodesIn(row[0])).ToList();
        Assert.That(names, Has.Count.EqualTo(6));
        Assert.That(own.Select(activity => activity.DisplayName).Distinct(), Is.EquivalentTo(names));
        Assert.That(
            own.Where(activity => activity.Status == ActivityStatusCode.Error)
                .Select(activity => (activity.DisplayName, activity.GetTagItem("error.type"))),
            Is.EqualTo(new[] { ("exportUserById", "404") }));
        Assert.That(
            own.SelectMany(activity => activity.TagObjects).Select(tag => tag.Key).Distinct(),
            Is.EquivalentTo(Readme.CodesIn(Readme.Library.Paragraph("Attributes of an activity")).Distinct()));
        Assert.That(own.SelectMany(activity => activity.TagObjects).Select(tag => tag.Value?.ToString()), Has.None.Contains(sandbox.ApiKey));

        Assert.That(
            metrics.Select(metric => ($"`{metric.Name}`", $"`{metric.Unit}`")).Distinct(),
            Is.EquivalentTo(Readme.Library.Table("metric").Select(row => (row[0], row[1]))));
        foreach (var metric in metrics)
        {
            var points = metric.MetricPoints.Select(GetTags).ToList();
            var failed = points.Where(tags => tags.ContainsKey("error.type")).ToList();
            Assert.That(points.Select(tags => tags["croct.export.operation"]), Is.SubsetOf(names), metric.Name);
            Assert.That(
                points.SelectMany(tags => tags.Keys).Distinct(),
                Is.SubsetOf(new[] { "croct.export.operation", "croct.export.member", "error.type" }),
                metric.Name);
            Assert.That(
                failed,
                metric.Name == "croct.export.operation.duration"
                    ? Has.Some.EquivalentTo(
                        new Dictionary<string, object?> { ["croct.export.operation"] = "exportUserById", ["error.type"] = "404" })
                    : Is.Empty);
        }

        Assert.That(Readme.Library.Paragraph("Each has the attribute"), Does.Contain("`croct.export.operation`").And.Contain("`error.type`"));
    }

    private static Dictionary<string, object?> GetTags(MetricPoint point)
    {
        var tags = new Dictionary<string, object?>();
        foreach (var (key, value) in point.Tags) tags.Add(key, value);
        return tags;
    }
}
