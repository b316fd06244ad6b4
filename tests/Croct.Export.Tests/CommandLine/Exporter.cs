using System.Diagnostics;

namespace Croct.Export.Tests.CommandLine;

/// <summary>The exporter as a process, writing into a folder of its own.</summary>
internal sealed class Exporter(params (string Name, string Value)[] environment) : IDisposable
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
        using var process = Start(arguments);
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }

    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "croct-export.dll"), .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("CROCT_API_KEY");
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
