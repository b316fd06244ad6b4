using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Croct.Export.Http;

/// <summary>
/// The activity source and the meter, both named <c>Croct.Export</c>. Attribute names follow the OpenTelemetry semantic conventions for HTTP. The values
/// never include the key or a body.
/// </summary>
internal static class Telemetry
{
    public const string Name = "Croct.Export";

    public static readonly string Version = typeof(Telemetry).Assembly.GetName().Version!.ToString(3);

    private static readonly ActivitySource Source = new(Name, Version);
    private static readonly Meter Meter = new(Name, Version);

    private static readonly Counter<long> Requests =
        Meter.CreateCounter<long>("croct.export.requests", "{request}", "Requests sent, including retries.");

    private static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("croct.export.retries", "{retry}", "Attempts that failed and were retried.");

    private static readonly Counter<long> Items =
        Meter.CreateCounter<long>("croct.export.items", "{item}", "Events, sessions and users received.");

    private static readonly Counter<long> UnexpectedValues =
        Meter.CreateCounter<long>(
            "croct.export.values.unexpected", "{value}", "Values whose type differs from the contract, which are kept in addition to the properties.");

    private static readonly Counter<long> OutsideWindow =
        Meter.CreateCounter<long>(
            "croct.export.items.outside_window", "{item}", "Items received that are outside the time window by more than rounding explains.");

    private static readonly Counter<long> Bytes =
        Meter.CreateCounter<long>("croct.export.response.body.size", "By", "Bytes of the bodies received, after decompression.");

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram(
            "croct.export.operation.duration",
            "s",
            "Duration of an operation, from the call to the page, including retries.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] });

    public static Activity? StartOperation(string operation, Uri baseAddress) =>
        Source.StartActivity(operation, ActivityKind.Client)
            ?.SetTag("http.request.method", "GET")
            .SetTag("server.address", baseAddress.Host)
            .SetTag("server.port", baseAddress.Port);

    public static void TimeUnitFound(TimeUnit unit) =>
        Report("croct.export.time_unit.found", ("croct.export.time_unit", unit == TimeUnit.Seconds ? "s" : "ms"));

    public static void EndUnconfirmed(int emptyPages) => Report("croct.export.end.unconfirmed", ("croct.export.empty_pages", emptyPages));

    public static void RequestSent(string operation) => Requests.Add(1, Tag(operation));

    public static void Retried(string operation) => Retries.Add(1, Tag(operation));

    /// <summary>Adds an event to the current activity, or starts a separate activity if there is none.</summary>
    private static void Report(string name, (string Name, object Value) tag)
    {
        if (Activity.Current is { } current)
        {
            current.AddEvent(new ActivityEvent(name, tags: new ActivityTagsCollection { [tag.Name] = tag.Value }));
            return;
        }

        using var own = Source.StartActivity(name);
        own?.SetTag(tag.Name, tag.Value);
    }

    /// <summary>Returns the status, or the type of the exception.</summary>
    public static string GetErrorType(ExportException exception) => exception switch
    {
        ExportApiException { StatusCode: var status } => ((int)status).ToString(CultureInfo.InvariantCulture),
        { InnerException: TimeoutException } => nameof(TimeoutException),
        _ => exception.GetType().Name,
    };

    /// <summary>Adds an event to the activity of the operation.</summary>
    public static void AttemptFailed(Activity? activity, int number, ExportException exception, TimeSpan? delay)
    {
        if (activity is null) return;
        var tags = new ActivityTagsCollection { ["croct.export.attempt"] = number, ["error.type"] = GetErrorType(exception) };
        if (delay is { } wait) tags["croct.export.retry_delay"] = wait.TotalSeconds;
        activity.AddEvent(new ActivityEvent("croct.export.attempt.failed", tags: tags));
    }

    public static void BodyReceived(string operation, int bytes) => Bytes.Add(bytes, Tag(operation));

    public static void ItemsReceived(string operation, int count, int outsideWindow)
    {
        Items.Add(count, Tag(operation));
        OutsideWindow.Add(outsideWindow, Tag(operation));
    }

    public static void ValuesUnexpected(string operation, IReadOnlyList<(Type Model, string Member)> values)
    {
        if (!UnexpectedValues.Enabled) return;
        foreach (var value in values.GroupBy(value => value))
        {
            UnexpectedValues.Add(value.Count(), Tag(operation), new("croct.export.member", $"{value.Key.Model.Name}.{value.Key.Member}"));
        }
    }

    public static void OperationEnded(string operation, TimeSpan elapsed, string? error)
    {
        if (error is null) Duration.Record(elapsed.TotalSeconds, Tag(operation));
        else Duration.Record(elapsed.TotalSeconds, Tag(operation), new("error.type", error));
    }

    private static KeyValuePair<string, object?> Tag(string operation) => new("croct.export.operation", operation);
}
