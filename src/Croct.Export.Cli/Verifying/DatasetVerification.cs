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

        // A chain with a gap cannot be continued before the gap is filled.
        var isExported = openExportAsync is not null && !listing.IsComplete && !await HasGapAsync(listing);
        if (isExported) listing = await ExportAsync(cancellationToken);
        using var present = comparison is null ? null : new SortedKeys();
        await check.RunAsync(listing, present);
        if (comparison is null) return;
        var missing = await comparison.FindMissingAsync(present!, cancellationToken);
        if (openExportAsync is null)
        {
            AddMissing(missing.Count);
            return;
        }

        List<int> missingParts = [.. result.Problems.Select(problem => problem.MissingPart).OfType<int>()];
        if (missing.Count == 0 && missingParts.Count == 0) return;
        var isRepaired = await comparison.TryRepairAsync(listing, missing, missingParts, cancellationToken);
        listing = isExported || listing.IsComplete ? await dataset.ListAsync() : await ExportAsync(cancellationToken);
        await check.RunAsync(listing, keys: null);
        if (!isRepaired) result.Problems.Add(new Problem("repaired", Part: null, "Another process has just repaired the dataset. Verify it again."));
    }

    private void AddMissing(int count)
    {
        if (count == 0) return;
        var text = string.Create(CultureInfo.InvariantCulture, $"{count:N0} items that the API has are missing. Pass --repair to add them.");
        result.Problems.Add(new Problem("missing-rows", Part: null, text));
    }

    private async Task<bool> HasGapAsync(DatasetListing listing)
    {
        var filled = new HashSet<int>();
        foreach (var repair in listing.Repairs) filled.UnionWith((await dataset.ReadSidecarAsync(listing, repair)).MissingParts);
        return listing.MissingParts.Except(filled).Any();
    }

    private async Task<DatasetListing> ExportAsync(CancellationToken cancellationToken)
    {
        if (await openExportAsync!(cancellationToken) is { } open)
        {
            await using var export = open.Export;
            var failure = await export.RunAsync(open.Client, cancellationToken);
            result.RepairedRows += export.Destination.Kept.Rows;
            if (failure is not null) throw failure;
        }

        return await dataset.ListAsync();
    }
}
