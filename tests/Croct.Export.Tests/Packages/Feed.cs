using System.Diagnostics;
using Croct.Export.Tests.Limits;

namespace Croct.Export.Tests.Packages;

/// <summary>
/// The packages of the solution in a folder of their own. Their version is unique, so that a copy in NuGet's cache is never taken for another build.
/// They are packed from a clone of the repository that has an origin and a commit of its own; the developer's repository is not touched.
/// </summary>
internal sealed class Feed : IDisposable
{
    private const string Origin = "https://github.com/croct-export/croct-export.git";

    // The commit does not depend on who runs the tests; otherwise two clones would differ.
    private static readonly (string Name, string Value)[] Git =
    [
        ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_AUTHOR_DATE", "1700000000 +0000"), ("GIT_COMMITTER_DATE", "1700000000 +0000"),
        ("GIT_AUTHOR_NAME", "test"), ("GIT_AUTHOR_EMAIL", "test@example.com"), ("GIT_COMMITTER_NAME", "test"), ("GIT_COMMITTER_EMAIL", "test@example.com"),
    ];

    /// <summary>For builds of copies of this repository: the build of these tests has analysed the same sources, which takes half of the time.</summary>
    public static readonly (string Name, string Value) WithoutAnalyzers = ("RunAnalyzers", "false");

    // As in a release build: no paths of the machine.
    private static readonly (string Name, string Value)[] Release = [("CI", "true"), ("SOURCE_DATE_EPOCH", "1700000000"), WithoutAnalyzers];

    private readonly string _root = Directory.CreateTempSubdirectory("croct-export-packages-").FullName;

    public string Version { get; } = $"0.0.0-test.{Guid.NewGuid():n}";

    /// <summary>The copy that the packages are built from.</summary>
    public string Source => Path.Combine(_root, "source");

    public string Commit { get; private set; } = "";

    public string Folder => Path.Combine(_root, "feed");

    public static async Task<Feed> PackAsync()
    {
        var feed = await CopyAsync();
        try
        {
            await feed.PackAsync(feed.Source, feed.Folder);
            return feed;
        }
        catch
        {
            feed.Dispose();
            throw;
        }
    }

    /// <summary>A copy alone, without packages.</summary>
    public static async Task<Feed> CopyAsync()
    {
        var feed = new Feed();
        try
        {
            await feed.CommitAsync();
            return feed;
        }
        catch
        {
            feed.Dispose();
            throw;
        }
    }

    /// <summary>Packs the same commit again, from another copy in another folder.</summary>
    public async Task<string> PackAgainAsync()
    {
        var folder = Path.Combine(_root, "elsewhere", "feed");
        await PackAsync(await CloneAsync(Path.Combine("elsewhere", "again")), folder);
        return folder;
    }

    /// <summary>Clones the same commit into another folder, for the test to change; returns the path of that folder.</summary>
    public async Task<string> CloneAsync(string name)
    {
        var source = Path.Combine(_root, name);
        await GitAsync("clone", "--quiet", Source, source);
        await GitAsync("-C", source, "remote", "set-url", "origin", Origin);
        return source;
    }

    /// <summary>Packs a project of a copy against an earlier package; returns the exit code and the output.</summary>
    public Task<(int Code, string Output)> PackAgainstAsync(string source, string project, string baseline) => TryRunAsync(
        "dotnet", source, Release,
        "pack", $"src/{project}", "-c", "Release", "-o", Path.Combine(_root, "later"), $"-p:Version={Version}",
        $"-p:PackageValidationBaselinePath={baseline}");

    private async Task CommitAsync()
    {
        Directory.CreateDirectory(Source);
        string[] ours = [$"--git-dir={Path.Combine(Source, ".git")}", $"--work-tree={Repository.PathOf(".")}"];
        await GitAsync("init", "--quiet", "--initial-branch=main");
        await GitAsync([.. ours, "add", "--all"]);
        await GitAsync([.. ours, "commit", "--quiet", "--message=All of it"]);
        await GitAsync("reset", "--quiet", "--hard");
        await GitAsync("remote", "add", "origin", Origin);
        Commit = (await GitAsync("rev-parse", "HEAD")).Trim();
    }

    private Task<string> PackAsync(string source, string feed) =>
        RunAsync("dotnet", source, Release, "pack", "Croct.Export.sln", "-c", "Release", "-o", feed, $"-p:Version={Version}");

    private Task<string> GitAsync(params string[] arguments) => RunAsync("git", Source, Git, arguments);

    /// <summary>Creates a folder outside the repository with the given files; projects in it restore the packages from this feed.</summary>
    public string CreateProject(string name, params (string Name, string Text)[] files)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        File.WriteAllText(
            Path.Combine(_root, "nuget.config"),
            $"<configuration><packageSources><add key=\"feed\" value=\"{Folder}\" /></packageSources></configuration>");
        foreach (var (file, text) in files) File.WriteAllText(Path.Combine(folder, file), text);
        return folder;
    }

    /// <summary>Runs dotnet and returns its output; the test fails if dotnet fails.</summary>
    public static Task<string> DotnetAsync(string folder, params string[] arguments) => RunAsync("dotnet", folder, environment: [], arguments);

    public static async Task<string> RunAsync(string program, string folder, (string Name, string Value)[] environment, params string[] arguments)
    {
        var (code, output) = await TryRunAsync(program, folder, environment, arguments);
        Assert.That(code, Is.Zero, $"{program} {string.Join(' ', arguments)} in {folder}\n{output}");
        return output;
    }

    /// <summary>Runs a program that does not end on its own until it prints a line with the given ending; returns the lines up to that one.</summary>
    public static async Task<List<string>> ReadLinesUntilAsync(
        string end, string program, string folder, (string Name, string Value)[] environment, params string[] arguments)
    {
        var process = Command.Start(CreateStartInfo(program, folder, environment, arguments));
        try
        {
            var errors = process.StandardError.ReadToEndAsync();
            var lines = new List<string>();
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                lines.Add(line);
                if (line.EndsWith(end, StringComparison.Ordinal)) return lines;
            }

            throw new AssertionException($"{program} ended without '{end}':\n{string.Join('\n', lines)}\n{await errors}");
        }
        finally
        {
            Command.End(process);
        }
    }

    private static async Task<(int Code, string Output)> TryRunAsync(
        string program, string folder, (string Name, string Value)[] environment, params string[] arguments)
    {
        var (code, output, errors) = await Command.RunAsync(CreateStartInfo(program, folder, environment, arguments));
        return (code, code == 0 ? output : output + errors);
    }

    private static ProcessStartInfo CreateStartInfo(
        string program, string folder, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // These processes must not see the variables of a test run, nor the repository of a git hook that runs the tests. Build servers would outlive
        // the test.
        foreach (var name in start.Environment.Keys.Where(IsSetByTestRun).ToList()) start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return start;

        static bool IsSetByTestRun(string name) =>
            name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("GIT_", StringComparison.Ordinal)
            || name == "TESTINGPLATFORM_UI_LANGUAGE";
    }

    public void Dispose()
    {
        // Git writes its objects read-only.
        foreach (var file in Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        Directory.Delete(_root, recursive: true);
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (!Directory.Exists(cache)) return;
        foreach (var package in Directory.GetDirectories(cache, "croct.export*"))
        {
            if (Directory.Exists(Path.Combine(package, Version))) Directory.Delete(Path.Combine(package, Version), recursive: true);
            if (!Directory.EnumerateFileSystemEntries(package).Any()) Directory.Delete(package);
        }
    }
}
