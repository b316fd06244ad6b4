using Microsoft.IO;

namespace Croct.Export.Cli;

/// <summary>Data that is not needed after the process.</summary>
internal static class TemporaryFile
{
    private static readonly RecyclableMemoryStreamManager Memory = new();

    /// <summary>
    /// Creates a file for reading and writing, of which nothing is left once it is closed or the process is killed; or, where no file can be created, memory:
    /// a container may have no folder that it can write to.
    /// </summary>
    public static Stream Create()
    {
        var path = Path.Combine(Path.GetTempPath(), $"croct-export-{Guid.NewGuid():N}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        };

        // Windows deletes it when it is closed, whatever ends the process; elsewhere, a file without a name exists as long as it is open.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            var file = new FileStream(path, options);
            if (!OperatingSystem.IsWindows()) File.Delete(path);
            return file;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return Memory.GetStream();
        }
    }
}
