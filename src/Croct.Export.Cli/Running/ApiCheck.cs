using System.Globalization;
using System.Net;

namespace Croct.Export.Cli.Running;

/// <summary>Requests one item of each stream, and reports the results.</summary>
/// <param name="client">The client that sends the requests.</param>
/// <param name="clock">The handler of the client.</param>
/// <param name="output">The writer for the results.</param>
internal sealed class ApiCheck(ExportClient client, ServerClock clock, TextWriter output)
{
    /// <summary>The date of a response is truncated to the second, and the response takes time to arrive.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    /// <summary>A time before any data in the service.</summary>
    private static readonly DateTimeOffset Beginning = DateTimeOffset.FromUnixTimeSeconds(365 * 86400);

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(TimeUnit requestedUnit, CancellationToken cancellationToken)
    {
        var failures = new List<ExportException>();
        var readable = new List<ExportStream>();
        var lines = new List<(string Name, string What)>();
        foreach (var stream in Enum.GetValues<ExportStream>())
        {
            try
            {
                var first = await FirstItem.GetAsync(client, stream, start: null, end: null, cancellationToken);
                readable.Add(stream);
                var firstTime = first.Time is { } time ? $"; the first is from {time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "";
                lines.Add((NameOf(stream), first.HasItem ? $"can be read{firstTime}" : "can be read; there are none"));
            }
            catch (ExportException exception)
            {
                failures.Add(exception);
                lines.Add((NameOf(stream), $"cannot be read: {Failures.Describe(exception)}"));
            }
        }

        var isOfApi = readable.Count > 0 || failures.Exists(failure => failure is ExportApiException { Problem: not null });
        await WriteLineAsync("API", isOfApi ? "reached"
            : clock.Ahead is null && !failures.Exists(failure => failure is ExportApiException) ? "not reached"
            : "something responds, but not like the Export API");
        var isKeyAccepted = readable.Count > 0 || failures.Exists(failure =>
            failure is ExportApiException { Problem: not null, StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.PaymentRequired });
        await WriteLineAsync("key", isKeyAccepted ? "accepted"
            : failures.Exists(failure => failure is ExportApiException { StatusCode: HttpStatusCode.Unauthorized }) ? "refused"
            : "unknown");
        foreach (var (name, what) in lines) await WriteLineAsync(name, what);
        await WriteLineAsync("clock", DescribeClock(clock.Ahead));
        if (readable.Count > 0) await WriteLineAsync("time unit", await DescribeTimeUnitAsync(readable[0], requestedUnit, failures, cancellationToken));
        return ExitCode.Of([.. failures.Select(ExitCode.Of)]);
    }

    private static string DescribeClock(TimeSpan? ahead)
    {
        if (ahead is not { } difference) return "unknown: no response had a date";
        if (difference.Duration() <= Tolerance) return "in sync with the server's";
        var direction = difference > TimeSpan.Zero ? "ahead of" : "behind";
        var text = $"{ServerClock.Describe(difference.Duration())} {direction} the server's";
        return difference.Duration() < ServerClock.MaxDifference ? text : $"{text}: correct it, since windows relative to now depend on it";
    }

    private static string NameOf(ExportStream stream) => stream.ToString().ToLowerInvariant();

    private async Task<string> DescribeTimeUnitAsync(
        ExportStream stream, TimeUnit requestedUnit, List<ExportException> failures, CancellationToken cancellationToken)
    {
        try
        {
            var first = await FirstItem.GetAsync(client, stream, Beginning, end: null, cancellationToken);
            if (requestedUnit == TimeUnit.Detect && first.Unit is null) return "unknown: there is no data to detect it from";

            // These windows contain nothing. If the server returns items, the unit is wrong or windows are ignored, and the client throws.
            await FirstItem.GetAsync(client, stream, DateTimeOffset.UtcNow.AddYears(1), end: null, cancellationToken);
            await FirstItem.GetAsync(client, stream, start: null, Beginning, cancellationToken);
            return requestedUnit == TimeUnit.Detect
                ? first.Unit.ToString()!.ToLowerInvariant()
                : $"{requestedUnit.ToString().ToLowerInvariant()}, as set by --time-unit";
        }
        catch (ExportException exception)
        {
            failures.Add(exception);
            return $"unknown: {Failures.Describe(exception)}";
        }
    }

    private Task WriteLineAsync(string name, string what) => output.WriteLineAsync($"{name,-10} {what}");
}
