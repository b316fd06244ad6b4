using System.Runtime.InteropServices;

namespace Croct.Export.Cli.State;

/// <summary>Files that are on the disk, and not only on their way there, when a method returns.</summary>
internal static class DurableFile
{
    /// <summary>The files that <see cref="Replace"/> writes to.</summary>
    public static IReadOnlyList<string> FilesOf(string path) => [path, TemporaryOf(path)];

    /// <summary>Replaces the content of a file: at any instant it has the old content or the new one. Only its owner may read it.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = TemporaryOf(path);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        Move(temporary, path);
    }

    /// <summary>Gives a file, which is on the disk, another name.</summary>
    public static void Move(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        FlushFolderOf(to);
    }

    /// <summary>
    /// Brings the names in a folder to the disk. .NET cannot open a folder, so this asks the system itself; Windows does so without being asked, and
    /// where a file system cannot (EINVAL), there is nothing to bring.
    /// </summary>
    public static void FlushFolderOf(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        var folder = Path.GetDirectoryName(path)!;
        var descriptor = Open(folder, flags: 0);
        if (descriptor < 0) throw new IOException($"The folder '{folder}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            const int InvalidArgument = 22;
            if (Fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw new IOException($"The folder '{folder}' cannot be brought to the disk: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static string TemporaryOf(string path) => path + ".tmp";

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
