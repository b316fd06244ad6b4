using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Croct.Export.Checkpoints;

/// <summary>
/// Writes and renames files so that they are on disk, not only in a cache, when a method returns. The command-line tool compiles this file as well:
/// it needs no other internal class of this library.
/// </summary>
/// <remarks>
/// .NET can neither open a folder nor report why a file cannot be replaced. The .NET versions that use the netstandard2.0 build can neither read a
/// symbolic link nor set a mode. Outside Windows, this class therefore calls the system directly, with paths as bytes, which every .NET can marshal.
/// </remarks>
internal static class DurableFile
{
    /// <summary>AT_FDCWD: paths are resolved as by <c>rename</c>.</summary>
    private const int CurrentFolder = -100;

    /// <summary>Returns the files that <see cref="Replace"/> writes to.</summary>
    public static IReadOnlyList<string> GetFiles(string path) => [path, GetTemporaryPath(ResolveLinks(path))];

    /// <summary>Returns the file that a path refers to, whether or not it exists: the target of a symbolic link, or the path itself.</summary>
    /// <exception cref="IOException">The links form a loop.</exception>
    public static string ResolveLinks(string path)
    {
        if (IsWindows)
        {
#if NET
            return File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
#else
            return path;
#endif
        }

        // The limit of Linux.
        const int MaxLinks = 40;
        var target = new byte[4096];
        for (var (link, links) = (path, 0); ; links++)
        {
            var length = (int)ReadLink(ToNullTerminatedUtf8(link), target, (IntPtr)target.Length);
            if (length < 0) return link;
            if (links == MaxLinks) throw new IOException($"'{path}' is in a loop of symbolic links.");

            var next = Path.Combine(Path.GetDirectoryName(link)!, Encoding.UTF8.GetString(target, 0, length));
            link = Path.Combine(ResolveFolder(next), Path.GetFileName(next));
        }
    }

    /// <summary>Checks that a path can refer to a file.</summary>
    /// <exception cref="IOException">The path is a folder, or the folder of the file does not exist.</exception>
    public static void CheckPath(string path)
    {
        var target = ResolveLinks(path);
        if (Directory.Exists(target)) throw new IOException($"'{path}' is a folder; it must be a file.");
        if (!Directory.Exists(Path.GetDirectoryName(target)))
        {
            throw new DirectoryNotFoundException(target == path
                ? $"The folder of '{path}' does not exist."
                : $"The folder of '{target}', to which the link '{path}' points, does not exist.");
        }
    }

    /// <summary>
    /// Replaces the content of a file atomically: at any time the file has either the old content or the new content. Only its owner may read it. A
    /// symbolic link is kept, and its target is replaced.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written. It still has its old content, and no temporary file is left.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        CheckPath(path);
        var target = ResolveLinks(path);
        var temporary = GetTemporaryPath(target);
        try
        {
            Write(temporary, target, content);
            Move(temporary, target);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>Renames a file that is already on disk. An existing file with the new name is replaced.</summary>
    /// <exception cref="IOException">The file cannot be renamed.</exception>
    public static void Move(string from, string to)
    {
        if (IsWindows)
        {
#if NET
            File.Move(from, to, overwrite: true);
#else
            if (File.Exists(to)) File.Replace(from, to, destinationBackupFileName: null);
            else File.Move(from, to);
#endif
            return;
        }

        const int Busy = 16;
        if (Rename(ToNullTerminatedUtf8(from), ToNullTerminatedUtf8(to)) != 0)
        {
            var error = Marshal.GetLastWin32Error();
            throw new IOException(error == Busy
                ? $"'{to}' cannot be replaced: it is a mount point, as when a container mounts this single file. "
                    + $"Mount its folder instead. ({GetErrorMessage(error)})"
                : $"'{to}' cannot be replaced: {GetErrorMessage(error)}");
        }

        FlushFolder(to);
    }

    /// <summary>Renames a file that is already on disk, unless a file with the new name exists.</summary>
    /// <remarks>If the system or the file system cannot check and rename in one step, a file created between the two steps is replaced.</remarks>
    /// <returns>False if a file with the new name exists; nothing has changed in that case.</returns>
    /// <exception cref="IOException">The file cannot be renamed.</exception>
    public static bool TryMoveWithoutReplacing(string from, string to)
    {
        try
        {
            if (IsLinux)
            {
                var result = RenameOnLinux(CurrentFolder, ToNullTerminatedUtf8(from), CurrentFolder, ToNullTerminatedUtf8(to), flags: 1);
                return TryRenameToNew(from, to, result);
            }

            if (RuntimeInformation.IsOSPlatform(OSPlatform.OSX))
            {
                return TryRenameToNew(from, to, RenameOnMac(ToNullTerminatedUtf8(from), ToNullTerminatedUtf8(to), flags: 4));
            }
        }
        catch (EntryPointNotFoundException)
        {
            // The C library does not have this function, for example because it is old.
        }

        return TryMoveAfterCheck(from, to);
    }

    /// <summary>
    /// Renames a file that is already on disk, unless a file with the new name exists, in one step that no other process can get in between.
    /// </summary>
    /// <returns>False if a file with the new name exists, null if the file system cannot do this in one step; nothing has changed in either case.</returns>
    /// <exception cref="IOException">The file cannot be renamed.</exception>
    public static bool? TryMoveAtomically(string from, string to)
    {
        if (IsWindows)
        {
            try
            {
                File.Move(from, to);
                return true;
            }
            catch (IOException) when (File.Exists(to))
            {
                return false;
            }
        }

        // A link, unlike a rename that does not replace, is supported by network file systems.
        if (Link(ToNullTerminatedUtf8(from), ToNullTerminatedUtf8(to)) == 0)
        {
            FlushFolder(to);
            File.Delete(from);
            return true;
        }

        const int NotPermitted = 1;
        const int Exists = 17;
        const int NotSupportedOnMac = 45;
        const int NotImplemented = 38;
        const int NotSupported = 95;
        var error = Marshal.GetLastWin32Error();
        if (error == Exists) return false;
        if (error is NotPermitted or NotSupported or NotSupportedOnMac or NotImplemented) return TryRenameInOneStep(from, to);
        throw new IOException($"'{to}' cannot be created: {GetErrorMessage(error)}");
    }

    /// <summary>
    /// Flushes the folder of a file, with the names in it, to disk. Windows does so on its own. If the file system does not support it (EINVAL), there is
    /// nothing to flush.
    /// </summary>
    public static void FlushFolder(string path)
    {
        if (IsWindows) return;
        var folder = Path.GetDirectoryName(path)!;
        var descriptor = Open(ToNullTerminatedUtf8(folder), flags: 0);
        if (descriptor < 0) throw new IOException($"The folder '{folder}' cannot be opened: {GetErrorMessage(Marshal.GetLastWin32Error())}");
        try
        {
            const int InvalidArgument = 22;
            if (Fsync(descriptor) != 0 && Marshal.GetLastWin32Error() is var error and not InvalidArgument)
            {
                throw new IOException($"The folder '{folder}' cannot be flushed to disk: {GetErrorMessage(error)}");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static bool IsWindows => RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

    private static bool IsLinux => RuntimeInformation.IsOSPlatform(OSPlatform.Linux);

    private static bool TryRenameToNew(string from, string to, int result)
    {
        const int Exists = 17;
        if (result != 0)
        {
            // Any other error may only mean that this file system cannot check and rename in one step.
            return Marshal.GetLastWin32Error() != Exists && TryMoveAfterCheck(from, to);
        }

        FlushFolder(to);
        return true;
    }

    private static bool? TryRenameInOneStep(string from, string to)
    {
        const int Exists = 17;
        const int InvalidArgument = 22;
        const int NotImplemented = 38;
        const int NotSupported = 95;
        if (!IsLinux) return null;
        try
        {
            if (RenameOnLinux(CurrentFolder, ToNullTerminatedUtf8(from), CurrentFolder, ToNullTerminatedUtf8(to), flags: 1) != 0)
            {
                var error = Marshal.GetLastWin32Error();
                return error == Exists ? false
                    : error is InvalidArgument or NotImplemented or NotSupported ? null
                    : throw new IOException($"'{to}' cannot be created: {GetErrorMessage(error)}");
            }
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }

        FlushFolder(to);
        return true;
    }

    private static bool TryMoveAfterCheck(string from, string to)
    {
        if (File.Exists(to) || Directory.Exists(to)) return false;
        Move(from, to);
        return true;
    }

    /// <summary>
    /// Returns the folder of a path as the system resolves it. .NET resolves ".." in the text of the path, which gives another folder if the one before
    /// ".." is a link.
    /// </summary>
    private static string ResolveFolder(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        var real = new byte[4097];
        return RealPath(ToNullTerminatedUtf8(folder), real) == IntPtr.Zero
            ? Path.GetFullPath(folder)
            : Encoding.UTF8.GetString(real, 0, Array.IndexOf(real, (byte)0));
    }

    private static string GetTemporaryPath(string path) => path + ".tmp";

    private static void Write(string temporary, string target, ReadOnlySpan<byte> content)
    {
        try
        {
            // A file left by an interrupted run may have another mode, or be a link.
            File.Delete(temporary);
            using var file = Create(temporary);
#if NET
            file.Write(content);
#else
            file.Write(content.ToArray(), 0, content.Length);
#endif
            file.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"'{target}' cannot be written: it is replaced by a new file each time, and '{temporary}' cannot be created. "
                + $"Its folder must be writable and have free space. ({exception.Message})",
                exception);
        }
    }

    private static FileStream Create(string path)
    {
#if NET
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
#else
        const int OwnerOnly = 0x180;
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);

        // The mode is set while the file is still empty.
        if (IsWindows || ChangeMode(ToNullTerminatedUtf8(path), OwnerOnly) == 0) return file;
        var error = Marshal.GetLastWin32Error();
        file.Dispose();
        throw new IOException($"The mode of '{path}' cannot be set: {GetErrorMessage(error)}");
#endif
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The caller gets the exception that says why the file could not be written or renamed.
        }
    }

    private static byte[] ToNullTerminatedUtf8(string path) => Encoding.UTF8.GetBytes(path + "\0");

    private static string GetErrorMessage(int error) => new Win32Exception(error).Message;

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] from, byte[] to);

    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(byte[] from, byte[] to);

    [DllImport("libc", EntryPoint = "renameat2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RenameOnLinux(int fromFolder, byte[] from, int toFolder, byte[] to, uint flags);

    [DllImport("libc", EntryPoint = "renamex_np", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RenameOnMac(byte[] from, byte[] to, uint flags);

    [DllImport("libc", EntryPoint = "readlink", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern IntPtr ReadLink(byte[] path, byte[] target, IntPtr length);

    [DllImport("libc", EntryPoint = "realpath", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern IntPtr RealPath(byte[] path, byte[] real);
#if !NET

    [DllImport("libc", EntryPoint = "chmod", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChangeMode(byte[] path, int mode);
#endif
}
