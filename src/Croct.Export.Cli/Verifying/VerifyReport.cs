using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Verifying;

/// <summary>The machine-readable result of a verification, as JSON.</summary>
internal static partial class VerifyReport
{
    /// <summary>Increases with each change that could break readers of reports.</summary>
    private const int Version = 1;

    private static readonly VerifyJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static byte[] Serialize(IReadOnlyList<StreamVerification> streams, DateTimeOffset started, int exitCode) => JsonSerializer.SerializeToUtf8Bytes(
        new Report(
            Version,
            ExportReport.ToolVersion,
            exitCode switch
            {
                ExitCode.Done => "complete",
                ExitCode.Failed => "incomplete",
                ExitCode.Interrupted or ExitCode.Terminated => "stopped",
                _ => "failed",
            },
            exitCode,
            started.UtcDateTime,
            DateTime.UtcNow,
            streams.Select(stream => new StreamReport(
                stream.Name,
                stream.Folder,
                stream.IsComplete,
                stream.Results.Sum(result => result.Rows),
                stream.Results.Sum(result => result.Parts),
                stream.Results.Sum(result => result.RepairedRows),
                stream.Problems,
                stream.Results.Select(CreateDatasetReport)))),
        Json.Report);

    private static DatasetReport CreateDatasetReport(DatasetResult result) => new(
        result.Slice?.Start.UtcDateTime,
        result.Slice?.End.UtcDateTime,
        result.IsComplete ? "complete"
            : result.Failure is OperationCanceledException ? "stopped"
            : result.Failure is not null ? "failed"
            : result.IsVerified ? "incomplete"
            : "waiting",
        result.Rows,
        result.Parts,
        result.RepairedRows,
        result.OtherRows,
        result.Problems.Select(problem => new ReportedProblem(problem.Kind, problem.Part, problem.Text)),
        result.Failure is null or OperationCanceledException ? null : Failures.Describe(result.Failure));

    private sealed record ReportedProblem(string Kind, string? Part, string Text);

    /// <summary>A slice, or a dataset without slices.</summary>
    private sealed record DatasetReport(
        DateTime? Start,
        DateTime? End,
        string Outcome,
        long Rows,
        int Parts,
        long RepairedRows,
        long OtherVersions,
        IEnumerable<ReportedProblem> Problems,
        string? Error);

    private sealed record StreamReport(
        string Stream,
        string Folder,
        bool IsComplete,
        long Rows,
        int Parts,
        long RepairedRows,
        IReadOnlyList<string> Problems,
        IEnumerable<DatasetReport> Datasets);

    private sealed record Report(
        int ReportVersion, string ToolVersion, string Outcome, int ExitCode, DateTime Started, DateTime Ended, IEnumerable<StreamReport> Streams);

    /// <summary>Writes a report without reflection: a trimmed program has only the members that code refers to.</summary>
    [JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
    [JsonSerializable(typeof(Report))]
    private sealed partial class VerifyJson : JsonSerializerContext;
}
