using System.Globalization;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Verifying;

/// <summary>Verifies one dataset, and repairs it if asked to.</summary>
/// <param name="dataset">The dataset.</param>
/// <param name="check">Checks it on its own.</param>
/// <param name="comparison">Compares it with the API; null to do without.</param>
/// <param name="openExportAsync">Prepares an export that continues it, unless it may still change; null to repair nothing.</param>
/// <param name="result">Receives what is found.</param>
internal sealed class DatasetVerification(
    Dataset dataset,
    ChainCheck check,
    ApiComparison? comparison,
    Func<CancellationToken, Task<(ExportClient Client, StreamExport Export)?>>? openExportAsync,
    DatasetResult result)
{
    private const string Unsettled = "unsettled";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await VerifyAsync(cancellationToken);
            result.IsVerified = true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ExportException or UsageException
            or IOException or UnauthorizedAccessException)
        {
            result.Failure = exception;
        }
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var listing = await dataset.ListAsync();
        var isRepair = openExportAsync is not null;

        // A dataset that was completed is continued too, for what is new, unless it is a slice.
        var left = (Problem?)null;
        if (isRepair && (result.Slice is null || !listing.IsComplete))
        {
            left = await ExportAsync(cancellationToken);
            listing = await dataset.ListAsync();
        }

        using var present = comparison is null ? null : new SortedKeys();
        var problems = await check.RunAsync(listing, present);
        result.Problems = problems;
        if (comparison is null) return;
        List<int> missingParts = [.. problems.Select(problem => problem.MissingPart).OfType<int>()];

        // A chain with a gap can be continued once the gap is filled.
        if (left is not null && (left.Kind == Unsettled || missingParts.Count == 0))
        {
            result.Problems = left.Kind == Unsettled ? [left] : [.. problems, left];
            return;
        }

        var differences = await comparison.CompareAsync(present!, cancellationToken);
        result.OtherRows = differences.OtherRows;
        var found = Describe(differences, isRepair).ToList();
        if (isRepair && (differences.MissingItems > 0 || missingParts.Count > 0))
        {
            if (!await comparison.TryRepairAsync(listing, differences.Missing!, missingParts, cancellationToken))
            {
                found.Add(new Problem("not-repaired", Part: null, "Another process has just added to the dataset. Verify it again."));
            }
            else if (differences.Missing!.Count > 0)
            {
                found.Add(new Problem("not-repaired", Part: null, "Some items changed while they were added. Verify it again."));
            }

            if (left is not null && await ExportAsync(cancellationToken) is { } problem) found.Add(problem);
            problems = await check.RunAsync(await dataset.ListAsync(), keys: null);
        }

        result.Problems = [.. problems, .. found];
    }

    private static IEnumerable<Problem> Describe(Differences differences, bool isRepair)
    {
        if (differences.DuplicateRows > 0)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"Rows that have the id and time of another row: {differences.DuplicateRows:N0}.");
            yield return new Problem("duplicate-rows", Part: null, text);
        }

        if (!differences.IsEndConfirmed)
        {
            yield return new Problem("unconfirmed-end", Part: null, "The API did not confirm the end of its data, so there may be more. Verify it again.");
        }

        if (differences.MissingItems > 0 && !isRepair)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"Items that the API has and that are missing: {differences.MissingItems:N0}.");
            yield return new Problem("missing-rows", Part: null, $"{text} Pass --repair to add them.");
        }
    }

    /// <summary>Exports up to the end of the data. Returns why not; null if it did.</summary>
    private async Task<Problem?> ExportAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await openExportAsync!(cancellationToken) is not { } open)
            {
                return new Problem(Unsettled, Part: null, "The slice has not ended, or ended less than --settle ago: left for later.");
            }

            await using var export = open.Export;
            var failure = await export.RunAsync(open.Client, cancellationToken);
            result.RepairedRows += export.Destination.Kept.Rows;
            return failure is null ? null : throw failure;
        }
        catch (UsageException exception)
        {
            // The dataset is not as it was written.
            return new Problem("not-exported", Part: null, exception.Message);
        }
    }
}
