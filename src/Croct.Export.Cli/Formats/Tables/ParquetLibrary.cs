using System.IO.Compression;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ParquetSharp;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// The native library that encodes Parquet. It is next to the program, where .NET finds it, unless the program is a single file: then it is a resource that is
/// loaded from here when Parquet is written, so that nothing else needs a writable folder.
/// </summary>
internal static class ParquetLibrary
{
    private const string Name = "ParquetSharpNative";

    private static readonly Lazy<nint> Embedded = new(LoadEmbedded);

    /// <summary>
    /// Loads the library for ParquetSharp. Returns false if there is none for this system: it supports Linux with glibc, macOS and Windows, on x64 and arm64.
    /// </summary>
    /// <exception cref="IOException">There is one, but it cannot be loaded.</exception>
    public static bool TryLoad() =>
        Embedded.Value != 0 || NativeLibrary.TryLoad(Name, typeof(ParquetFileWriter).Assembly, searchPath: null, out _);

    /// <summary>Loads the library from the resource; returns 0 if the program has none.</summary>
    private static nint LoadEmbedded()
    {
        if (Open() is not { } resource) return 0;
        resource.Dispose();
        var library = OperatingSystem.IsLinux() && TryLoadFromMemory(out var loaded) ? loaded : LoadFromFile();
        NativeLibrary.SetDllImportResolver(typeof(ParquetFileWriter).Assembly, (name, _, _) => name == Name ? library : 0);
        return library;
    }

    private static Stream? Open() => typeof(ParquetLibrary).Assembly.GetManifestResourceStream($"{Name}.gz");

    /// <summary>Loads the library from an unnamed file in memory: a container may have no writable disk.</summary>
    private static bool TryLoadFromMemory(out nint library)
    {
        const uint CloseOnExecute = 1;
        library = 0;
        using var file = new SafeFileHandle(CreateMemoryFile("croct-export\0"u8.ToArray(), CloseOnExecute), ownsHandle: true);
        if (file.IsInvalid) return false;
        try
        {
            using var stream = new FileStream(file, FileAccess.Write, bufferSize: 0);
            UnpackTo(stream);
            return NativeLibrary.TryLoad($"/proc/self/fd/{file.DangerousGetHandle()}", out library);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static nint LoadFromFile()
    {
        var folder = "the temporary folder";
        try
        {
            if (OperatingSystem.IsWindows())
            {
                var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create);
                folder = Path.Combine(data.Length > 0 ? data : Path.GetTempPath(), "croct-export");
                return LoadFromKeptFile(folder);
            }

            folder = Directory.CreateTempSubdirectory("croct-export-").FullName;
            try
            {
                var path = Path.Combine(folder, Name);
                UnpackTo(path);
                return NativeLibrary.Load(path);
            }
            finally
            {
                // A loaded library no longer needs its file.
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DllNotFoundException or BadImageFormatException)
        {
            throw new IOException($"--format parquet needs its library, which cannot be loaded from {folder}: {exception.Message}", exception);
        }
    }

    /// <summary>Loads the library from a file that is kept for later runs: Windows cannot delete a library that is loaded.</summary>
    private static nint LoadFromKeptFile(string folder)
    {
        var path = Path.Combine(folder, $"{Name}-{typeof(ParquetLibrary).Assembly.ManifestModule.ModuleVersionId:n}.dll");
        if (!File.Exists(path))
        {
            // Another run may do the same now, so only a complete file gets the name.
            Directory.CreateDirectory(folder);
            var unfinished = Path.Combine(folder, Path.GetRandomFileName());
            try
            {
                UnpackTo(unfinished);
                File.Move(unfinished, path);
            }
            catch (IOException) when (File.Exists(path))
            {
                // The other run was faster.
            }
            finally
            {
                File.Delete(unfinished);
            }
        }

        return NativeLibrary.Load(path);
    }

    private static void UnpackTo(string path)
    {
        using var file = File.Create(path);
        UnpackTo(file);
        file.Flush(flushToDisk: true);
    }

    private static void UnpackTo(FileStream file)
    {
        using var library = new GZipStream(Open()!, CompressionMode.Decompress);
        library.CopyTo(file, bufferSize: 1 << 20);
    }

    [DllImport("libc", EntryPoint = "memfd_create")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateMemoryFile(byte[] name, uint flags);
}
