using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Cli.State;

namespace Croct.Export.Cli.Output;

/// <summary>The report of a run as JSON, for machines: one entry an export.</summary>
internal static class ExportReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    public static void Write(string path, IEnumerable<ExportProgress> exports) => DurableFile.Replace(Path.GetFullPath(path), JsonSerializer.SerializeToUtf8Bytes(
        exports.Select(export => new
        {
            Stream = export.Name,
            export.File,
            export.Rows,
            export.Pages,
            export.Bytes,
            export.Sha256,
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
