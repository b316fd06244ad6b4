using Croct.Export.Cli.Destinations.Databases;
using Croct.Export.Cli.Formats;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Verifying;

/// <summary>Verifies the rows of a database.</summary>
/// <param name="database">The database.</param>
/// <param name="table">The table of the stream.</param>
/// <param name="window">The window of the export; a null start or end is unbounded.</param>
/// <param name="record">The record of the export; null if there is none.</param>
/// <param name="comparison">What to compare with; null to do without the API.</param>
/// <param name="openExportAsync">Prepares an export that continues it, unless it may still change; null to repair nothing.</param>
/// <param name="result">Receives what is found.</param>
internal sealed class TableVerification(
    Database database,
    StreamTable table,
    (DateTimeOffset? Start, DateTimeOffset? End) window,
    ExportRecord? record,
    TableComparison? comparison,
    Func<CancellationToken, Task<(ExportClient Client, StreamExport Export)?>>? openExportAsync,
    DatasetResult result) : DatasetVerification(openExportAsync, result)
{
    protected override async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var (problems, isComplete) = (new List<Problem>(), record is { IsComplete: true });

        // An export that was completed is continued too, for what is new, unless it is a slice.
        if (IsRepair && (Result.Slice is null || !isComplete))
        {
            if (await ExportAsync(cancellationToken) is { } left)
            {
                (Result.Rows, Result.Problems) = (await CountAsync(), [left]);
                return;
            }

            // An end that the API did not confirm is not the end.
            var continued = await ExportRecord.FindAsync(database, table.Definition.Name, Result.Slice?.Name ?? "");
            isComplete = continued is { IsComplete: true };
        }

        if (!isComplete)
        {
            var reason = record is null ? "It was not exported" : "No export has reached the end of its data";
            problems.Add(new Problem("incomplete", Part: null, $"{reason}. Export it again, or pass --repair."));
        }

        if (comparison is not null) problems.AddRange(await CompareAsync(comparison, cancellationToken));
        (Result.Rows, Result.Problems) = (await CountAsync(), problems);
    }

    private Task<long> CountAsync() => database.RunAsync(connection => table.CountAsync(connection, window.Start, window.End));

    /// <summary>Finds the items that the API has and the table lacks; adds them in a repair.</summary>
    private async Task<IReadOnlyList<Problem>> CompareAsync(TableComparison api, CancellationToken cancellationToken)
    {
        var (format, missing, isEndUnconfirmed) = (api.CreateFormat(), 0L, false);
        using var batch = new RowBatch();
        await using var writer = format.Open(batch.Target);
        await foreach (var page in api.Client.ExportRawPagesAsync(format.Stream, api.CreateOptions(), cancellationToken))
        {
            await writer.WriteAsync(page, long.MaxValue);
            isEndUnconfirmed = page.IsEndUnconfirmed;
            if (batch.IsFull) await EndBatchAsync();
        }

        await EndBatchAsync();
        if (IsRepair) Result.RepairedRows += missing;
        var problems = new List<Problem>();
        if (isEndUnconfirmed) problems.Add(Problem.UnconfirmedEnd);
        if (missing > 0 && !IsRepair) problems.Add(Problem.CreateMissingRows(missing));
        return problems;

        async Task EndBatchAsync()
        {
            missing += await database.RunAsync(connection => IsRepair ? table.MergeAsync(connection, batch) : table.CountMissingAsync(connection, batch));
            batch.Clear();
        }
    }
}

/// <summary>What a table is compared with.</summary>
/// <param name="Client">The client that gets the pages.</param>
/// <param name="CreateOptions">Creates the options of a request for all items.</param>
/// <param name="CreateFormat">Creates the format of its rows.</param>
internal sealed record TableComparison(ExportClient Client, Func<ExportOptions> CreateOptions, Func<Format> CreateFormat);
