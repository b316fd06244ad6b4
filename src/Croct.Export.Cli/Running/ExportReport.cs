using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Cli.Destinations;

namespace Croct.Export.Cli.Running;

/// <summary>The machine-readable report of a run, as JSON. If the run was not completed, the report says so, and what it left.</summary>
internal static class ExportReport
{
    /// <summary>Increases with each change that could break readers of reports.</summary>
    private const int Version = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    private static string ToolVersion =>
        typeof(ExportReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static async Task WriteAsync(string path, IReadOnlyList<ExportProgress> streams, DateTimeOffset started, int exitCode)
    {
        await using var file = OutputFile.Open(path, "--report");
        await file.WriteAsync(Serialize(streams, started, exitCode));
        await file.CompleteAsync();
    }

    private static byte[] Serialize(IReadOnlyList<ExportProgress> streams, DateTimeOffset started, int exitCode) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            ReportVersion = Version,
            ToolVersion,
            Outcome = exitCode switch { ExitCode.Done => "done", ExitCode.Interrupted or ExitCode.Terminated => "stopped", _ => "failed" },
            ExitCode = exitCode,
            Error = CreateError(streams.FirstOrDefault(stream =>
                stream.Failure is not null && (exitCode > ExitCode.Disk || ExitCode.Of(stream.Failure) == exitCode))),
            Started = started.UtcDateTime,
            Ended = DateTime.UtcNow,
            Streams = streams.Select(stream => new
            {
                Stream = stream.Name,
                Outcome = stream.Failure is OperationCanceledException ? "stopped" : stream.Failure is not null ? "failed" : "done",
                Error = CreateError(stream),
                stream.Run,
                stream.File,
                Start = stream.Window.Start?.UtcDateTime,
                End = stream.Window.End?.UtcDateTime,
                Rows = stream.Kept?.Rows ?? 0,
                stream.Pages,
                Bytes = stream.Kept?.Bytes ?? 0,
                stream.Kept?.Sha256,
                FirstTimestamp = stream.First?.UtcDateTime,
                LastTimestamp = stream.Last?.UtcDateTime,
                stream.FirstCursor,
                stream.LastCursor,
                stream.Retries,
                stream.Duplicates,
                stream.OutsideWindow,
                stream.IsEndUnconfirmed,
                TimeUnit = stream.TimeUnit?.ToString().ToLowerInvariant(),
                stream.UnexpectedValues,
                stream.Unknown,
                Seconds = Math.Round(stream.Elapsed.TotalSeconds, 3),
            }),
        },
        Json);

    private static ReportedError? CreateError(ExportProgress? stream) => stream?.Failure switch
    {
        null => null,
        OperationCanceledException => new(stream.Name, "stopped", "Stopped before the export was complete."),
        var failure => new(stream.Name, ExitCode.KindOf(failure), Failures.Describe(failure)),
    };

    private sealed record ReportedError(string Stream, string Kind, string Text);
}
