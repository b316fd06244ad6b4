using Croct.Export.Cli.Destinations;

namespace Croct.Export.Cli.Running;

/// <summary>The file that <c>--report</c> names.</summary>
internal static class ReportFile
{
    /// <summary>Writes the report of a run. That it cannot be written is said, and does not hide a failure of the run.</summary>
    /// <param name="path">The file; null for none.</param>
    /// <param name="content">The report.</param>
    /// <param name="code">The exit code of the run.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> WriteAsync(string? path, Func<byte[]> content, int code)
    {
        if (path is null) return code;
        try
        {
            await using var file = OutputFile.Open(path, "--report");
            await file.WriteAsync(content());
            await file.CompleteAsync();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or UsageException)
        {
            Terminal.WriteMessage($"The report could not be written: {exception.Message}");
            if (code == ExitCode.Done) return ExitCode.Disk;
        }

        return code;
    }
}
