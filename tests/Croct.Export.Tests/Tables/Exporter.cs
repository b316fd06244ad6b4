using System.Diagnostics;

namespace Croct.Export.Tests.Tables;

/// <summary>The exporter as a process, writing into a folder of its own.</summary>
internal sealed class Exporter : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("croct-export-").FullName;

    public string PathOf(string file) => Path.Combine(_folder, file);

    /// <summary>Runs it and expects it to succeed; gives what it wrote to standard output.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, errors) = await TryAsync(arguments);
        Assert.That(code, Is.Zero, errors);
        return output;
    }

    public async Task<(int Code, string Output, string Errors)> TryAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "croct-export.dll"), .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("CROCT_API_KEY");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }

    /// <summary>Exports items of any shape, one page of them, into a file of the folder.</summary>
    public async Task<string> ExportAsync(string stream, string file, IReadOnlyList<string> items, params string[] arguments)
    {
        await using var api = await ItemServer.StartAsync(items);
        var format = file.Contains(".parquet", StringComparison.Ordinal) ? "parquet" : "csv";
        await RunAsync([stream, "--api-key", ItemServer.ApiKey, "--base-address", api.Address, "--format", format, "--output", PathOf(file), "--quiet", .. arguments]);
        return PathOf(file);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
