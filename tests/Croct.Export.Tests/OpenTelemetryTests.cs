using System.Diagnostics;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Croct.Export.Tests;

/// <summary>What an application with OpenTelemetry gets to see: the names and attributes that README lists.</summary>
public class OpenTelemetryTests
{
    [Test]
    public async Task Exports_the_traces_and_metrics_that_the_README_lists()
    {
        var (activities, metrics) = (new List<Activity>(), new List<MetricSnapshot>());
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 150, Faults = ["503:request=2"] });
        using (Sdk.CreateTracerProviderBuilder().AddSource("Croct.Export").AddInMemoryExporter(activities).Build())
        using (Sdk.CreateMeterProviderBuilder().AddMeter("Croct.Export").AddInMemoryExporter(metrics).Build())
        {
            using var client = new ExportClient(new ExportClientOptions
            {
                ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress, TimeProvider = new InstantTime(), AttemptTimeout = Timeout.InfiniteTimeSpan,
            });
            await client.ExportAllEventsAsync().CountAsync();
            await Assert.ThrowsAsync<ExportApiException>(() => client.ExportUserByIdAsync("nobody"));
        }

        // Other tests of this process may use a client at the same time; these are the ones of this sandbox.
        var own = activities.Where(activity => (int?)activity.GetTagItem("server.port") == sandbox.BaseAddress.Port).ToList();
        Assert.That(own.Select(activity => (activity.DisplayName, activity.Status)), Is.EquivalentTo(new[]
        {
            ("exportEvents", ActivityStatusCode.Unset), ("exportEvents", ActivityStatusCode.Unset), ("exportEvents", ActivityStatusCode.Unset), ("exportUserById", ActivityStatusCode.Error),
        }));
        var attributes = own.SelectMany(activity => activity.TagObjects).Select(tag => tag.Key).Distinct().ToList();
        Assert.That(attributes.Concat(metrics.Select(metric => metric.Name)).Where(name => !Repository.Read("README.md").Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);
        Assert.That(attributes, Does.Contain("http.request.resend_count").And.Contain("error.type").And.Contain("http.response.status_code"));
        Assert.That(metrics.Select(metric => metric.Name), Is.SupersetOf(new[]
        {
            "croct.export.requests", "croct.export.retries", "croct.export.items", "croct.export.response.body.size", "croct.export.operation.duration",
        }));
        Assert.That(own.SelectMany(activity => activity.TagObjects).Select(tag => tag.Value?.ToString()), Has.None.Contains(sandbox.ApiKey));
    }
}
