using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Stores;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Planning;

/// <summary>
/// Everything that a command line asks for: items, source, format, destination, timeouts. Mistakes of the user are found here, before anything is opened.
/// </summary>
internal sealed class ExportPlan
{
    public required SourcePlan Source { get; init; }

    public required IReadOnlyList<StreamPlan> Streams { get; init; }

    /// <summary>The folder to create if it does not exist; null for none.</summary>
    public required string? Folder { get; init; }

    /// <summary>The maximum number of exports at a time.</summary>
    public required int Parallel { get; init; }

    /// <summary>The file of the report; null for none.</summary>
    public required string? Report { get; init; }

    public required Verbosity Verbosity { get; init; }

    /// <summary>Exports the streams concurrently.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The plan cannot be carried out.</exception>
    public async Task<int> RunAsync(Interruption interruption)
    {
        Validate();
        if (Folder is not null) Make(Folder);
        if (Report is not null) await OutputFile.CheckAsync(Report, "--report");

        var progress = Streams.Select(stream => new ExportProgress(stream.Stream, Source.Retries + 1)).ToList();
        var display = new ProgressDisplay(progress, Verbosity, isUnitDetected: Source.TimeUnit == TimeUnit.Detect);
        using var clock = new ServerClock(Source.BaseAddress);
        var begun = new List<StreamRun>();
        try
        {
            foreach (var (plan, its) in Streams.Zip(progress))
            {
                if (await BeginAsync(plan, clock, its) is { } run) begun.Add(run);
            }

            CheckReportPath(begun.SelectMany(run => run.Files));
            await using var connection = await Source.OpenAsync(
                attempt => progress.FirstOrDefault(stream => stream.IsOperation(attempt.Operation))?.Add(attempt), clock, interruption.Token);
            return await new ExportRun(begun, progress, Parallel, display, Report, interruption).RunAsync(connection.Client);
        }
        finally
        {
            foreach (var run in begun) await run.DisposeAsync();
        }
    }

    private static void Make(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--output-dir '{folder}' cannot be created: {exception.Message}");
        }
    }

    private void Validate()
    {
        StoreAddress.CheckIsFile("--output-dir", Folder);
        StoreAddress.CheckIsFile("--report", Report);
        if (Folder is not null && NamePattern.HasPlaceholder(Folder))
        {
            throw new UsageException($"--output-dir '{Folder}' cannot contain {NamePattern.Run} or {NamePattern.Date}: states and files stay in one folder.");
        }

        foreach (var stream in Streams) stream.Validate();
        if (Report is not null && string.IsNullOrWhiteSpace(Report)) throw new UsageException("--report was blank; it must name a file.");
        CheckReportPath(Streams.SelectMany(stream => stream.Files));
        Source.Validate();
    }

    /// <summary>Opens the destination of a stream. If there are other streams, a failure affects only this one.</summary>
    private async Task<StreamRun?> BeginAsync(StreamPlan stream, ServerClock clock, ExportProgress progress)
    {
        try
        {
            if (await stream.OpenAsync(Source, clock, progress) is { } run) return run;
            progress.CompleteIdle();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            || (exception is UsageException && Streams.Count > 1))
        {
            progress.Fail(exception);
        }

        return null;
    }

    private void CheckReportPath(IEnumerable<string> files)
    {
        if (Report is null) return;
        var written = OutputFile.GetFiles(Report);
        if (files.FirstOrDefault(file => written.Any(name => Destination.IsSameFile(name, file))) is { } taken)
        {
            throw new UsageException($"--report '{Report}' would overwrite '{taken}', a file of the export itself; give it another name.");
        }
    }
}
