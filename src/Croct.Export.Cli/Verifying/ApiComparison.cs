using System.Globalization;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Formats;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Verifying;

/// <summary>Compares a dataset with what the API has now, and adds what is missing.</summary>
/// <param name="client">The client that gets the pages.</param>
/// <param name="dataset">The dataset.</param>
/// <param name="request">What it contains.</param>
/// <param name="createOptions">Creates the options of a request for all of its items.</param>
/// <param name="createFormat">Creates the format of its parts.</param>
/// <param name="columns">The version of the columns of a new part; null for a format without columns.</param>
/// <param name="extension">The extension of its parts.</param>
/// <param name="isRepair">Whether what is missing will be added.</param>
/// <param name="result">Receives the number of rows that are added.</param>
internal sealed class ApiComparison(
    ExportClient client,
    Dataset dataset,
    DatasetRequest request,
    Func<ExportOptions> createOptions,
    Func<Format> createFormat,
    string? columns,
    string extension,
    bool isRepair,
    DatasetResult result)
{
    /// <summary>Finds the items that the API has and the dataset lacks. An item in another version, with another time, is another item.</summary>
    /// <param name="present">The keys of the rows of the dataset.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    public async Task<Differences> CompareAsync(SortedKeys present, CancellationToken cancellationToken)
    {
        using var current = new SortedKeys();
        var (format, isEndConfirmed) = (createFormat(), true);
        await foreach (var page in client.ExportRawPagesAsync(request.Stream, createOptions(), cancellationToken))
        {
            foreach (var item in page.Items) current.Add(format.ReadRowKey(item));
            isEndConfirmed = !page.IsEndUnconfirmed;
        }

        // The keys of missing items are only needed for a repair.
        var differences = new Differences { Missing = isRepair ? [] : null, IsEndConfirmed = isEndConfirmed };
        foreach (var (key, rows, items) in Join(present.Read(), current.Read()))
        {
            if (rows == 0)
            {
                differences.MissingItems += items;
                differences.Missing?.Add(key, items);
            }
            else if (items == 0)
            {
                differences.OtherRows += rows;
            }

            // What the API delivers twice is there twice.
            if (rows > Math.Max(1, items)) differences.DuplicateRows += rows - Math.Max(1, items);
        }

        return differences;
    }

    /// <summary>Adds missing items as one part, whose name depends on the other parts: of two repairs at the same time, one is created.</summary>
    /// <param name="listing">The parts that the items are missing in.</param>
    /// <param name="missing">The hashes of the keys of the items, and how many items have each; those that are added are removed from it.</param>
    /// <param name="missingParts">The numbers of the parts that are missing.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>False if another process has just added to the dataset.</returns>
    public async Task<bool> TryRepairAsync(
        DatasetListing listing, Dictionary<UInt128, long> missing, IReadOnlyList<int> missingParts, CancellationToken cancellationToken)
    {
        var part = PartName.RepairOf([.. listing.Parts, .. listing.Repairs], extension);
        await using var spool = dataset.Store.CreateSpool(part.ToString());
        var format = createFormat();
        var repaired = new List<string>();
        var (unit, times) = ((TimeUnit?)null, default(TimeRange));
        await using (var writer = format.Open(new PageTarget(spool.Stream, IsBegun: false, Columns: null, Repeating: [], HasSeen: null)))
        {
            await foreach (var page in client.ExportRawPagesAsync(request.Stream, createOptions(), cancellationToken))
            {
                unit = page.TimeUnit ?? unit;
                var items = page.Items.Where(item => Take(missing, format.ReadRowKey(item).Hash)).ToList();
                if (items.Count == 0) continue;
                repaired.AddRange(items.Select(item => format.ReadKey(item).Text));
                var written = await writer.WriteAsync(new RawPage { Items = items }, long.MaxValue);
                times = times.Union(written.Times);
            }

            await writer.CompleteAsync();
        }

        await spool.FlushAsync();
        var sidecar = new Sidecar
        {
            Part = part.ToString(),
            Sha256 = spool.Sha256,
            Bytes = spool.Bytes,
            Rows = repaired.Count,
            Request = request,
            Columns = columns,
            TimeUnit = unit,
            StartCursor = null,
            NextCursor = null,
            FirstTime = times.First,
            LastTime = times.Last,
            Repeating = [],
            Repaired = repaired,
            MissingParts = missingParts,
        };
        var isAdded = await dataset.TryAddAsync(
            sidecar, spool, now => now.Parts.SequenceEqual(listing.Parts) && now.Repairs.SequenceEqual(listing.Repairs)) is not null;
        if (!isAdded) return false;
        result.RepairedRows += repaired.Count;
        return true;
    }

    private static bool Take(Dictionary<UInt128, long> missing, UInt128 key)
    {
        if (!missing.TryGetValue(key, out var count)) return false;
        if (count == 1) missing.Remove(key);
        else missing[key] = count - 1;
        return true;
    }

    /// <summary>The different keys of two sorted sequences, and how often each of them has it.</summary>
    private static IEnumerable<(UInt128 Key, long Rows, long Items)> Join(IEnumerable<UInt128> rows, IEnumerable<UInt128> items)
    {
        using var row = rows.GetEnumerator();
        using var item = items.GetEnumerator();
        var (hasRow, hasItem) = (row.MoveNext(), item.MoveNext());
        while (hasRow || hasItem)
        {
            var key = !hasItem || (hasRow && row.Current < item.Current) ? row.Current : item.Current;
            var (rowCount, itemCount) = (0L, 0L);
            for (; hasRow && row.Current == key; hasRow = row.MoveNext()) rowCount++;
            for (; hasItem && item.Current == key; hasItem = item.MoveNext()) itemCount++;
            yield return (key, rowCount, itemCount);
        }
    }
}

/// <summary>The differences between a dataset and what the API has now.</summary>
internal sealed class Differences
{
    /// <summary>The number of items that the dataset lacks.</summary>
    public long MissingItems { get; set; }

    /// <summary>The hashes of their keys, and how many items have each; null if they are not needed.</summary>
    public Dictionary<UInt128, long>? Missing { get; init; }

    /// <summary>The number of rows that the API does not have in this version any more.</summary>
    public long OtherRows { get; set; }

    /// <summary>The number of rows with the id and time of another row.</summary>
    public long DuplicateRows { get; set; }

    /// <summary>Whether the API confirmed the end of its data.</summary>
    public bool IsEndConfirmed { get; init; }
}
