using System.IO.Compression;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ParquetSharp;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// The native library that encodes Parquet. It lies beside the program, where .NET finds it, unless the program is a single file: then it is a resource, and loaded
/// from here when Parquet is written. Everything else needs no folder that can be written.
/// </summary>
internal static class ParquetLibrary
{
    private const string Name = "ParquetSharpNative";

    private static readonly Lazy<nint> Embedded = new(LoadEmbedded);

    /// <summary>Whether it is there: it comes for Linux with glibc, macOS and Windows, on x64 and arm64. Has it ready for ParquetSharp.</summary>
    /// <exception cref="IOException">It is there, but cannot be loaded.</exception>
    public static bool IsAvailable() => Embedded.Value != 0 || NativeLibrary.TryLoad(Name, typeof(ParquetFileWriter).Assembly, searchPath: null, out _);

    /// <summary>Loads it from the resource; 0 if there is none.</summary>
    private static nint LoadEmbedded()
    {
        if (Open() is not { } resource) return 0;
        resource.Dispose();
        var library = OperatingSystem.IsLinux() && TryLoadFromMemory(out var loaded) ? loaded : LoadFromFile();
        NativeLibrary.SetDllImportResolver(typeof(ParquetFileWriter).Assembly, (name, _, _) => name == Name ? library : 0);
        return library;
    }

    private static Stream? Open() => typeof(ParquetLibrary).Assembly.GetManifestResourceStream($"{Name}.gz");

    /// <summary>Loads it from a file without a name, in memory: a container may have no disk that can be written.</summary>
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
        var folder = "the folder of temporary files";
        try
        {
            if (OperatingSystem.IsWindows())
            {
                folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "croct-export");
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
                // What is loaded stays so without its file.
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DllNotFoundException or BadImageFormatException)
        {
            throw new IOException($"--format parquet needs its library, which cannot be loaded from {folder}: {exception.Message}", exception);
        }
    }

    /// <summary>Windows deletes no library that is loaded: its file is there for the runs to come.</summary>
    private static nint LoadFromKeptFile(string folder)
    {
        var path = Path.Combine(folder, $"{Name}-{typeof(ParquetLibrary).Assembly.ManifestModule.ModuleVersionId:n}.dll");
        if (!File.Exists(path))
        {
            // Another run may do the same at this moment, and only a file that is whole may have the name.
            Directory.CreateDirectory(folder);
            var unfinished = Path.Combine(folder, Path.GetRandomFileName());
            UnpackTo(unfinished);
            try
            {
                File.Move(unfinished, path);
            }
            catch (IOException) when (File.Exists(path))
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
