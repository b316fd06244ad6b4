using System.Text.Json;
using System.Text.Json.Serialization;

namespace Croct.Export.Cli.Output;

/// <summary>The report of a run as JSON, for machines: one entry an export. That of a run that did not come to its end says so, and what it left.</summary>
internal static class ExportReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    /// <summary>The files that writing a report writes to.</summary>
    public static IReadOnlyList<string> FilesOf(string report) => [report, OutputFile.PartialOf(report)];

    public static async Task WriteAsync(string path, IEnumerable<ExportProgress> exports)
    {
        await using var file = OutputFile.Open(path, "--report");
        await file.Stream.WriteAsync(BytesOf(exports));
        await file.CompleteAsync();
    }

    private static byte[] BytesOf(IEnumerable<ExportProgress> exports) => JsonSerializer.SerializeToUtf8Bytes(
        exports.Select(export => new
        {
            Stream = export.Name,
            export.File,
            Complete = export.IsComplete,
            Rows = export.Kept?.Rows ?? 0,
            export.Pages,
            Bytes = export.Kept?.Bytes ?? 0,
            export.Kept?.Sha256,
            FirstTimestamp = export.First?.UtcDateTime,
            LastTimestamp = export.Last?.UtcDateTime,
            export.FirstCursor,
            export.LastCursor,
            export.Retries,
            export.Duplicates,
            export.UnexpectedValues,
            export.OutsideWindow,
            export.IsEndUnconfirmed,
            TimeUnit = export.TimeUnit?.ToString().ToLowerInvariant(),
            export.Unknown,
            Seconds = Math.Round(export.Elapsed.TotalSeconds, 3),
        }),
        Json);
}
