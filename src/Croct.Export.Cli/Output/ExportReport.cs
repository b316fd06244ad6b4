using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Cli.State;

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

    /// <summary>Whether writing this report would write to this file.</summary>
    public static bool IsWrittenTo(string report, string file) => DurableFile.FilesOf(report).Any(written => Destination.AreOneFile(written, file));

    public static void Write(string path, IEnumerable<ExportProgress> exports) => DurableFile.Replace(Path.GetFullPath(path), JsonSerializer.SerializeToUtf8Bytes(
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
            export.Rejected,
            export.Unknown,
            Seconds = Math.Round(export.Elapsed.TotalSeconds, 3),
        }),
        Json));
}
