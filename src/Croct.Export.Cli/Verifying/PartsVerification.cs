using System.Globalization;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Verifying;

/// <summary>Verifies the parts of a dataset.</summary>
/// <param name="dataset">The dataset.</param>
/// <param name="check">Checks it on its own.</param>
/// <param name="comparison">Compares it with the API; null to do without.</param>
/// <param name="openExportAsync">Prepares an export that continues it, unless it may still change; null to repair nothing.</param>
/// <param name="result">Receives what is found.</param>
internal sealed class PartsVerification(
    Dataset dataset,
    ChainCheck check,
    ApiComparison? comparison,
    Func<CancellationToken, Task<(ExportClient Client, StreamExport Export)?>>? openExportAsync,
    DatasetResult result) : DatasetVerification(openExportAsync, result)
{
    protected override async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var listing = await dataset.ListAsync();

        // A dataset that was completed is continued too, for what is new, unless it is a slice.
        var left = (Problem?)null;
        if (IsRepair && (Result.Slice is null || !listing.IsComplete))
        {
            left = await ExportAsync(cancellationToken);
            listing = await dataset.ListAsync();
        }

        using var present = comparison is null ? null : new SortedKeys();
        var problems = await check.RunAsync(listing, present);
        Result.Problems = problems;
        if (comparison is null) return;
        List<int> missingParts = [.. problems.Select(problem => problem.MissingPart).OfType<int>()];

        // A chain with a gap can be continued once the gap is filled.
        if (left is not null && (left.Kind == Unsettled || missingParts.Count == 0))
        {
            Result.Problems = left.Kind == Unsettled ? [left] : [.. problems, left];
            return;
        }

        var differences = await comparison.CompareAsync(present!, cancellationToken);
        Result.OtherRows = differences.OtherRows;
        var found = Describe(differences).ToList();
        if (IsRepair && (differences.MissingItems > 0 || missingParts.Count > 0))
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

        Result.Problems = [.. problems, .. found];
    }

    private IEnumerable<Problem> Describe(Differences differences)
    {
        if (differences.DuplicateRows > 0)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"Rows that have the id and time of another row: {differences.DuplicateRows:N0}.");
            yield return new Problem("duplicate-rows", Part: null, text);
        }

        if (!differences.IsEndConfirmed) yield return Problem.UnconfirmedEnd;
        if (differences.MissingItems > 0 && !IsRepair) yield return Problem.CreateMissingRows(differences.MissingItems);
    }
}
