using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Croct.Export.Cli.Running;

/// <summary>The machine-readable report of a run, as JSON. If the run was not completed, the report says so, and what it left.</summary>
internal static partial class ExportReport
{
    /// <summary>Increases with each change that could break readers of reports.</summary>
    private const int Version = 1;

    private static readonly ReportJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    });

    public static string ToolVersion =>
        typeof(ExportReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static byte[] Serialize(IReadOnlyList<ExportProgress> streams, DateTimeOffset started, int exitCode) => JsonSerializer.SerializeToUtf8Bytes(
        new Report(
            Version,
            ToolVersion,
            exitCode switch { ExitCode.Done => "done", ExitCode.Interrupted or ExitCode.Terminated => "stopped", _ => "failed" },
            exitCode,
            CreateError(streams.FirstOrDefault(stream =>
                stream.Failure is not null && (exitCode > ExitCode.Disk || ExitCode.Of(stream.Failure) == exitCode))),
            started.UtcDateTime,
            DateTime.UtcNow,
            streams.Select(CreateStreamReport)),
        Json.Report);

    private static StreamReport CreateStreamReport(ExportProgress stream) => new()
    {
        Stream = stream.Name,
        Outcome = stream.Failure is OperationCanceledException ? "stopped" : stream.Failure is not null ? "failed" : "done",
        Error = CreateError(stream),
        Run = stream.Run,
        File = stream.File,
        Start = stream.Window.Start?.UtcDateTime,
        End = stream.Window.End?.UtcDateTime,
        Rows = stream.Kept?.Rows ?? 0,
        Parts = stream.Parts,
        Slices = stream.Slices.Count == 0 ? null : stream.Slices.Select(slice => CreateSliceReport(stream, slice)),
        Pages = stream.Pages,
        Bytes = stream.Kept?.Bytes ?? 0,
        Sha256 = stream.Kept?.Sha256,
        FirstTimestamp = stream.First?.UtcDateTime,
        LastTimestamp = stream.Last?.UtcDateTime,
        FirstCursor = stream.FirstCursor,
        LastCursor = stream.LastCursor,
        Retries = stream.Retries,
        Duplicates = stream.Duplicates,
        OutsideWindow = stream.OutsideWindow,
        IsEndUnconfirmed = stream.IsEndUnconfirmed,
        TimeUnit = stream.TimeUnit?.ToString().ToLowerInvariant(),
        UnexpectedValues = stream.UnexpectedValues,
        Unknown = stream.Unknown,
        Seconds = Math.Round(stream.Elapsed.TotalSeconds, 3),
    };

    private static SliceReport CreateSliceReport(ExportProgress stream, SliceProgress slice) => new(
        slice.Slice.Start.UtcDateTime,
        slice.Slice.End.UtcDateTime,
        slice.State switch { SliceState.Complete => "done", var state => state.ToString().ToLowerInvariant() },
        slice.Rows,
        slice.Parts,
        slice.Failure is { } failure ? new(stream.Name, ExitCode.GetKind(failure), Failures.Describe(failure)) : null);

    private static ReportedError? CreateError(ExportProgress? stream) => stream?.Failure switch
    {
        null => null,
        OperationCanceledException => new(stream.Name, "stopped", "Stopped before the export was complete."),
        var failure => new(stream.Name, ExitCode.GetKind(failure), Failures.Describe(failure)),
    };

    private sealed record ReportedError(string Stream, string Kind, string Text);

    private sealed record Report(
        int ReportVersion,
        string ToolVersion,
        string Outcome,
        int ExitCode,
        ReportedError? Error,
        DateTime Started,
        DateTime Ended,
        IEnumerable<StreamReport> Streams);

    /// <summary>What is reported of a stream, in the order of the report.</summary>
    private sealed record StreamReport
    {
        public required string Stream { get; init; }

        public required string Outcome { get; init; }

        public required ReportedError? Error { get; init; }

        public required int? Run { get; init; }

        public required string? File { get; init; }

        public required DateTime? Start { get; init; }

        public required DateTime? End { get; init; }

        public required long Rows { get; init; }

        /// <summary>The parts added to a dataset; null without one.</summary>
        public required int? Parts { get; init; }

        public required long Pages { get; init; }

        public required long Bytes { get; init; }

        public required string? Sha256 { get; init; }

        public required DateTime? FirstTimestamp { get; init; }

        public required DateTime? LastTimestamp { get; init; }

        public required string? FirstCursor { get; init; }

        public required string? LastCursor { get; init; }

        public required long Retries { get; init; }

        public required long Duplicates { get; init; }

        public required long OutsideWindow { get; init; }

        public required bool IsEndUnconfirmed { get; init; }

        public required string? TimeUnit { get; init; }

        public required IReadOnlyDictionary<string, long> UnexpectedValues { get; init; }

        public required IReadOnlyDictionary<string, long> Unknown { get; init; }

        public required double Seconds { get; init; }

        /// <summary>Null without slices.</summary>
        public required IEnumerable<SliceReport>? Slices { get; init; }
    }

    private sealed record SliceReport(DateTime Start, DateTime End, string Outcome, long Rows, int Parts, ReportedError? Error);

    /// <summary>Writes a report without reflection: a trimmed program has only the members that code refers to.</summary>
    [JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
    [JsonSerializable(typeof(Report))]
    private sealed partial class ReportJson : JsonSerializerContext;
}
