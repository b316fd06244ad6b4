using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Croct.Export.Tests.Limits;

namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>A server that is a package of npm, for one test.</summary>
internal sealed class NodeServer : IDisposable
{
    private readonly Process _process;

    private NodeServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Starts a server; if it is not installed, the test is skipped and says so.</summary>
    public static async Task<NodeServer> StartAsync(string program, params string[] arguments)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => new[] { "", ".cmd" }.Select(extension => Path.Combine(folder, program + extension))).FirstOrDefault(File.Exists);
        if (path is null)
        {
            Assert.Ignore($"{program} is not installed here (npm install --global azurite s3rver).");
            throw new UnreachableException();
        }

        var process = Command.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        var lines = new List<string>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (Regex.Match(line, @"listen.*127\.0\.0\.1:([0-9]+)") is not { Success: true } match) continue;

            // Its later output must not fill the pipes.
            _ = process.StandardOutput.ReadToEndAsync();
            _ = process.StandardError.ReadToEndAsync();
            return new NodeServer(process, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        throw new AssertionException($"{program} did not start: {string.Join('\n', lines)}{await process.StandardError.ReadToEndAsync()}");
    }

    public void Dispose() => Command.End(_process);
}
