using System.Globalization;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Verifying;

/// <summary>Verifies datasets side by side, and shows and reports what was found.</summary>
/// <param name="streams">The streams.</param>
/// <param name="parallel">The maximum number of datasets at a time.</param>
/// <param name="isQuiet">Whether to show nothing but what is wrong.</param>
/// <param name="report">The file of the report; null for none.</param>
/// <param name="interruption">The signals.</param>
internal sealed class VerifyRun(IReadOnlyList<StreamVerification> streams, int parallel, bool isQuiet, string? report, Interruption interruption)
{
    private const int MaxProblems = 20;
    private const string Legend = "# complete  x incomplete  . not verified";
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    /// <returns>The exit code: 0 only if everything is complete.</returns>
    public async Task<int> RunAsync()
    {
        await ShowProgressAsync(Parallel.ForEachAsync(
            streams.SelectMany(stream => stream.Datasets),
            new ParallelOptions { MaxDegreeOfParallelism = parallel },
            async (dataset, _) =>
            {
                if (!interruption.Token.IsCancellationRequested) await dataset.Verification.RunAsync(interruption.Token);
            }));
        foreach (var stream in streams) Write(stream);
        var code = interruption.ExitCode ?? GetExitCode();
        return await ReportFile.WriteAsync(report, () => VerifyReport.Serialize(streams, _started, code), code);
    }

    private int GetExitCode()
    {
        var results = streams.SelectMany(stream => stream.Results).ToList();
        var code = ExitCode.Of([.. results.Select(result => result.Failure).OfType<Exception>().Select(ExitCode.Of)]);
        return code != ExitCode.Done ? code : streams.All(stream => stream.IsComplete) ? ExitCode.Done : ExitCode.Failed;
    }

    private async Task ShowProgressAsync(Task all)
    {
        using var timer = new PeriodicTimer(LineInterval);
        while (await Task.WhenAny(all, timer.WaitForNextTickAsync().AsTask()) != all)
        {
            if (isQuiet) continue;
            var results = streams.SelectMany(stream => stream.Results).ToList();
            var done = results.Count(result => result.IsVerified || result.Failure is not null);
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"Verified {done:N0} of {results.Count:N0} datasets, {results.Sum(result => result.Rows):N0} rows"));
        }

        await all;
    }

    private void Write(StreamVerification stream)
    {
        var results = stream.Results.ToList();
        var problems = results
            .SelectMany(result => result.Problems.Select(problem => (result, problem.Part, problem.Text))
                .Concat(result.Failure is { } failure and not OperationCanceledException ? [(result, null, Failures.Describe(failure))] : []))
            .ToList();
        foreach (var problem in stream.Problems) Terminal.WriteMessage($"{stream.Name}: {problem}");
        foreach (var (result, part, text) in problems.Take(MaxProblems))
        {
            var where = string.Join(' ', ((string?[])[stream.Name, result.Slice?.Name, part]).OfType<string>());
            Terminal.WriteMessage($"{where}: {text}");
        }

        if (problems.Count > MaxProblems) Terminal.WriteMessage($"{stream.Name}: There are {problems.Count} problems; --report lists them all.");
        if (isQuiet) return;
        var slices = results.Where(result => result.Slice is not null).Select(result => (result.Slice!.Value, GetMark(result))).ToList();
        if (slices.Count > 0)
        {
            Console.Out.WriteLine(stream.Name);
            foreach (var (line, _) in SliceCalendar.Draw(slices)) Console.Out.WriteLine($"  {line}");
            Console.Out.WriteLine($"  {Legend}");
        }

        var complete = results.Count(result => result.IsComplete);
        var (parts, rows, repaired) = (results.Sum(result => result.Parts), results.Sum(result => result.Rows), results.Sum(result => result.RepairedRows));
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{stream.Name}: {(slices.Count > 0 ? $"{complete:N0} of {slices.Count:N0} slices are complete" : complete == 1 ? "complete" : "incomplete")}, " +
            $"{rows:N0} rows{(parts > 0 ? $" in {parts:N0} part{(parts == 1 ? "" : "s")}" : "")}" +
            $"{(repaired > 0 ? $", of which {repaired:N0} were added" : "")}"));
    }

    private static char GetMark(DatasetResult result) =>
        result.IsComplete ? '#' : result.IsVerified || result.Failure is not (null or OperationCanceledException) ? 'x' : '.';
}
