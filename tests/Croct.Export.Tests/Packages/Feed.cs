using System.Diagnostics;

namespace Croct.Export.Tests.Packages;

/// <summary>
/// The packages of the solution in a folder of their own, packed under a version that nobody else has, so that what NuGet keeps of it is never
/// taken for another build.
/// </summary>
internal sealed class Feed : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("croct-export-packages-").FullName;

    public string Version { get; } = $"0.0.0-test.{Guid.NewGuid():n}";

    public string Folder => Path.Combine(_root, "feed");

    public static async Task<Feed> PackAsync()
    {
        var feed = new Feed();
        await DotnetAsync(Repository.PathOf("."), "pack", "Croct.Export.sln", "-c", "Release", "-o", feed.Folder, $"-p:Version={feed.Version}");
        return feed;
    }

    /// <summary>A folder outside the repository, with files, whose projects find the packages.</summary>
    public string CreateProject(string name, params (string Name, string Text)[] files)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        File.WriteAllText(Path.Combine(_root, "nuget.config"), $"<configuration><packageSources><add key=\"feed\" value=\"{Folder}\" /></packageSources></configuration>");
        foreach (var (file, text) in files) File.WriteAllText(Path.Combine(folder, file), text);
        return folder;
    }

    /// <summary>Runs dotnet, and gives what it printed; it fails the test when dotnet fails.</summary>
    public static Task<string> DotnetAsync(string folder, params string[] arguments) => RunAsync("dotnet", folder, environment: [], arguments);

    public static async Task<string> RunAsync(string program, string folder, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // What a test run sets for its own processes must not reach these; build servers would outlive the test.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name == "TESTINGPLATFORM_UI_LANGUAGE").ToList()) start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        foreach (var (name, value) in environment) start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)} in {folder}\n{output}\n{await errors}");
        return output;
    }

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        var kept = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (!Directory.Exists(kept)) return;
        foreach (var package in Directory.GetDirectories(kept, "croct.export*"))
        {
            if (Directory.Exists(Path.Combine(package, Version))) Directory.Delete(Path.Combine(package, Version), recursive: true);
            if (!Directory.EnumerateFileSystemEntries(package).Any()) Directory.Delete(package);
        }
    }
}
