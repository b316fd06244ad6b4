using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

/// <summary>Listeners observe the whole process, so these tests do not run in parallel with others.</summary>
[NonParallelizable]
public class TelemetryTests
{
    private static readonly TestCaseData[] Failures =
    [
        new((Func<HttpResponseMessage>)(() => Responses.Status(HttpStatusCode.NotFound)), "404"),
        new((Func<HttpResponseMessage>)(() => Responses.Html(HttpStatusCode.OK)), "ExportException"),
        new((Func<HttpResponseMessage>)(() => throw new HttpRequestException("refused")), "ExportException"),
    ];

    [Test]
    public async Task Records_an_activity_for_an_operation()
    {
        using var heard = new Heard();
        using var client = new Api(() => Responses.Page(3, "c1")).Client();

        await client.ExportSessionsAsync();

        var activity = heard.Activities.Single();
        Assert.Multiple(() =>
        {
            Assert.That(activity.OperationName, Is.EqualTo("exportSessions"));
            Assert.That(activity.Kind, Is.EqualTo(ActivityKind.Client));
            Assert.That(activity.Status, Is.EqualTo(ActivityStatusCode.Unset));
            Assert.That(activity.GetTagItem("http.request.method"), Is.EqualTo("GET"));
            Assert.That(activity.GetTagItem("http.response.status_code"), Is.EqualTo(200));
            Assert.That(activity.GetTagItem("server.address"), Is.EqualTo("api.croct.io"));
            Assert.That(activity.GetTagItem("server.port"), Is.EqualTo(443));
            Assert.That(activity.GetTagItem("error.type"), Is.Null);
        });
    }

    [Test]
    public async Task Records_one_activity_for_each_operation_whatever_its_attempts()
    {
        using var heard = new Heard();
        var api = new Api(
            () => Responses.Status(HttpStatusCode.BadGateway),
            () => Responses.Page(1, "c1"),
            () => Responses.Page(0, "c1"),
            () => Responses.Json("""{"userId":null}"""));
        using var client = api.Client();

        await foreach (var _ in client.ExportEventPagesAsync())
        {
        }

        await client.ExportUserByIdAsync("u1");
        Assert.That(string.Join(" ", heard.Activities.Select(activity => activity.OperationName)), Is.EqualTo("exportEvents exportEvents exportUserById"));
        Assert.That(heard.Activities[0].GetTagItem("http.request.resend_count"), Is.EqualTo(1));
        Assert.That(heard.Activities[0].GetTagItem("http.response.status_code"), Is.EqualTo(200));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Records_the_detected_unit_with_or_without_an_activity_of_the_caller(bool hasCaller)
    {
        using var heard = new Heard();
        using var client = new Api(() => Responses.Json("""{"items":[{"timestamp":1704067200000}],"nextCursor":null}""")).Client();
        using var caller = hasCaller ? new Activity("caller").Start() : null;

        await client.ExportEventsAsync(new EventExportOptions { Start = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero) });

        if (hasCaller)
            Assert.That(
                caller!.Events.Select(found => (found.Name, found.Tags.Single().Value)),
                Is.EqualTo(((string, object?)[])[("croct.export.time_unit.found", "s")]));
        else
            Assert.That(
                heard.Activities.Single(activity => activity.OperationName == "croct.export.time_unit.found")
                    .GetTagItem("croct.export.time_unit"),
                Is.EqualTo("s"));
    }

    [Test]
    public async Task Records_an_end_that_the_API_did_not_confirm()
    {
        using var heard = new Heard();
        using var client = new Api((_, index, _) => Task.FromResult(Responses.Page(0, $"c{index}"))).Client(options => options.ReadAhead = 0);

        await client.ExportEventPagesAsync().ToListAsync();

        Assert.That(
            heard.Activities.Single(activity => activity.OperationName == "croct.export.end.unconfirmed")
                .GetTagItem("croct.export.empty_pages"),
            Is.EqualTo(16));
    }

    [TestCaseSource(nameof(Failures))]
    public async Task Records_why_an_operation_failed(Func<HttpResponseMessage> response, string errorType)
    {
        using var heard = new Heard();
        using var client = new Api(response).Client();

        await Assert.CatchAsync<ExportException>(() => client.ExportEventsAsync());

        Assert.That(heard.Activities.Single().Status, Is.EqualTo(ActivityStatusCode.Error));
        Assert.That(heard.Activities.Single().GetTagItem("error.type"), Is.EqualTo(errorType));
        Assert.That(heard.Tags("croct.export.operation.duration"), Does.Contain(errorType));
    }

    [Test]
    public async Task Records_the_failure_of_the_key_provider()
    {
        using var heard = new Heard();
        using var client = new Api(() => Responses.Page(0, null)).Client(options =>
            (options.ApiKey, options.ApiKeyProvider) = (null, _ => throw new InvalidTimeZoneException()));

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => client.ExportEventsAsync());

        Assert.That(heard.Activities.Single().Status, Is.EqualTo(ActivityStatusCode.Error));
        Assert.That(heard.Activities.Single().GetTagItem("error.type"), Does.Contain("InvalidTimeZoneException"));
    }

    [Test]
    public async Task Does_not_record_the_status_of_an_earlier_attempt_for_one_without_a_response()
    {
        using var heard = new Heard();
        using var client = new Api(() => Responses.Status(HttpStatusCode.BadGateway), () => throw new HttpRequestException("refused"))
            .Client(o => o.MaxRetries = 1);

        await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync());

        Assert.That(heard.Activities.Single().GetTagItem("http.response.status_code"), Is.Null);
    }

    [Test]
    public async Task Counts_requests_retries_items_bytes_and_time()
    {
        using var heard = new Heard();
        var api = new Api(
            () => Responses.Status(HttpStatusCode.BadGateway),
            () => Responses.Status(HttpStatusCode.BadGateway),
            () => Responses.Page(3, "c1"),
            () => Responses.Page(0, "c1"));
        using var client = api.Client();

        await foreach (var _ in client.ExportEventPagesAsync())
        {
        }

        Assert.Multiple(() =>
        {
            Assert.That(heard.Sum("croct.export.requests"), Is.EqualTo(4));
            Assert.That(heard.Sum("croct.export.retries"), Is.EqualTo(2));
            Assert.That(heard.Sum("croct.export.items"), Is.EqualTo(3));
            Assert.That(heard.Sum("croct.export.response.body.size"), Is.EqualTo(Responses.PageJson(3, "c1").Length + Responses.PageJson(0, "c1").Length));
            Assert.That(heard.Count("croct.export.operation.duration"), Is.EqualTo(2));
            Assert.That(heard.Tags("croct.export.requests"), Does.Contain("exportEvents"));
        });
    }

    [Test]
    public async Task Counts_the_items_of_raw_pages()
    {
        using var heard = new Heard();
        using var client = new Api(() => Responses.Page(3, null)).Client();

        await foreach (var _ in client.ExportRawPagesAsync(ExportStream.Users))
        {
        }

        Assert.That(heard.Sum("croct.export.items"), Is.EqualTo(3));
        Assert.That(heard.Tags("croct.export.items"), Does.Contain("exportUsers"));
    }

    [Test]
    public async Task Counts_unexpected_values_by_member()
    {
        using var heard = new Heard();
        const string Json = """{"items":[{},{"closeTime":"x","window":{"start":"y"}},{"closeTime":true}],"nextCursor":null}""";
        using var client = new Api(() => Responses.Json(Json)).Client();

        await client.ExportSessionsAsync();

        Assert.That((heard.Sum("croct.export.items"), heard.Sum("croct.export.values.unexpected")), Is.EqualTo((3, 3)));
        Assert.That(
            heard.Tags("croct.export.values.unexpected"),
            Does.Contain("exportSessions").And.Contain("Session.closeTime").And.Contain("SessionWindow.start"));
    }

    [Test]
    public async Task Records_each_failed_attempt_as_an_event_of_the_activity()
    {
        using var heard = new Heard();
        using var client = new Api(() => Responses.Status(HttpStatusCode.BadGateway), () => Responses.Status(HttpStatusCode.NotFound)).Client();

        await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());

        var events = heard.Activities.Single().Events.ToList();
        Assert.That(
            events.ConvertAll(e => (
                e.Name,
                e.Tags.Single(tag => tag.Key == "croct.export.attempt").Value,
                e.Tags.Single(tag => tag.Key == "error.type").Value)),
            Is.EqualTo(((string, object?, object?)[])
            [("croct.export.attempt.failed", 1, "502"), ("croct.export.attempt.failed", 2, "404")]));
        Assert.That(events.ConvertAll(e => e.Tags.Any(tag => tag.Key == "croct.export.retry_delay")), Is.EqualTo((bool[])[true, false]));
    }

    [Test]
    public async Task Records_no_error_for_a_page_read_ahead_and_not_needed()
    {
        using var heard = new Heard();
        var api = new Api(async (_, index, token) =>
        {
            if (index > 0) await Task.Delay(Timeout.Infinite, token);
            return Responses.Page(1, "c1");
        });
        using var client = api.Client();

        await foreach (var _ in client.ExportEventPagesAsync()) break;

        Assert.That(heard.Activities, Has.Count.EqualTo(2));
        Assert.That(
            heard.Activities.Select(activity => (activity.Status, activity.GetTagItem("error.type"))),
            Is.All.EqualTo((ActivityStatusCode.Unset, default(object))));
        Assert.That(heard.Count("croct.export.operation.duration"), Is.EqualTo(1));
    }

    [Test]
    public async Task Never_reveals_the_key()
    {
        using var heard = new Heard();
        using var client = new Api(() => Responses.Problem(HttpStatusCode.Unauthorized, $$"""{"title":"{{Api.Key}}"}""")).Client();

        await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());

        Assert.That(heard.Everything, Does.Contain("401").And.Not.Contain(Api.Key));
    }

    private sealed class Heard : IDisposable
    {
        private readonly List<(string Instrument, double Value, string Tags)> _measurements = [];
        private readonly ActivityListener _activities;
        private readonly MeterListener _meters;

        public Heard()
        {
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Croct.Export",
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = Activities.Add,
            };
            ActivitySource.AddActivityListener(_activities);
            _meters = new MeterListener
            {
                InstrumentPublished = (instrument, listener) =>
                {
                    if (instrument.Meter.Name == "Croct.Export") listener.EnableMeasurementEvents(instrument);
                },
            };
            _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _meters.Start();
        }

        public List<Activity> Activities { get; } = [];

        public string Everything => string.Join('\n', [
            .. Activities.Select(activity =>
                $"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} " +
                $"{string.Join(' ', activity.Events.SelectMany(e => e.Tags))}"),
            .. _measurements.Select(measurement => measurement.ToString())]);

        public double Sum(string instrument) => _measurements.Where(measurement => measurement.Instrument == instrument).Sum(measurement => measurement.Value);

        public int Count(string instrument) => _measurements.Count(measurement => measurement.Instrument == instrument);

        public string Tags(string instrument) => string.Join(' ', _measurements.Where(measurement => measurement.Instrument == instrument).Select(m => m.Tags));

        public void Dispose()
        {
            _activities.Dispose();
            _meters.Dispose();
        }

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            _measurements.Add((instrument.Name, value, string.Join(' ', tags.ToArray())));
    }
}
