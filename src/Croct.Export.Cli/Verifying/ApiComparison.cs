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
/// <param name="result">Receives what is found.</param>
internal sealed class ApiComparison(
    ExportClient client,
    Dataset dataset,
    DatasetRequest request,
    Func<ExportOptions> createOptions,
    Func<Format> createFormat,
    string? columns,
    string extension,
    DatasetResult result)
{
    /// <summary>Finds the items that the API has and the dataset lacks. An item in another version, with another time, is another item.</summary>
    /// <param name="present">The keys of the rows of the dataset.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The hashes of their keys.</returns>
    public async Task<HashSet<UInt128>> FindMissingAsync(SortedKeys present, CancellationToken cancellationToken)
    {
        using var current = new SortedKeys();
        var format = createFormat();
        await foreach (var page in client.ExportRawPagesAsync(request.Stream, createOptions(), cancellationToken))
        {
            foreach (var item in page.Items) current.Add(format.ReadRowKey(item));
        }

        var (missing, duplicates) = (new HashSet<UInt128>(), 0L);
        foreach (var (key, rows, items) in Join(present.Read(), current.Read()))
        {
            if (rows == 0) missing.Add(key);
            else if (items == 0) result.OtherRows += rows;

            // What the API delivers twice is there twice.
            if (rows > Math.Max(1, items)) duplicates += rows - Math.Max(1, items);
        }

        if (duplicates > 0)
        {
            result.Problems.Add(new Problem(
                "duplicate-rows", Part: null, string.Create(CultureInfo.InvariantCulture, $"{duplicates:N0} rows have the id and time of another row.")));
        }

        return missing;
    }

    /// <summary>Adds missing items as one part, whose name depends on the other parts: of two repairs at the same time, one is created.</summary>
    /// <param name="listing">The parts that the items are missing in.</param>
    /// <param name="missing">The hashes of the keys of the items.</param>
    /// <param name="missingParts">The numbers of the parts that are missing.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>False if another process has just repaired the dataset.</returns>
    public async Task<bool> TryRepairAsync(
        DatasetListing listing, HashSet<UInt128> missing, IReadOnlyList<int> missingParts, CancellationToken cancellationToken)
    {
        var part = PartName.RepairOf([.. listing.Parts, .. listing.Repairs], extension);
        await using var spool = dataset.Store.CreateSpool(part.ToString());
        var (format, left) = (createFormat(), new HashSet<UInt128>(missing));
        var repaired = new List<string>();
        var (unit, first, last) = ((TimeUnit?)null, (DateTimeOffset?)null, (DateTimeOffset?)null);
        await using (var writer = format.Open(new PageTarget(spool.Stream, IsBegun: false, Columns: null, Repeating: [], HasSeen: null)))
        {
            await foreach (var page in client.ExportRawPagesAsync(request.Stream, createOptions(), cancellationToken))
            {
                unit = page.TimeUnit ?? unit;
                var items = page.Items.Where(item => left.Remove(format.ReadRowKey(item).Hash)).ToList();
                if (items.Count == 0) continue;
                repaired.AddRange(items.Select(item => format.ReadKey(item).Text));
                var written = await writer.WriteAsync(new RawPage { Items = items }, long.MaxValue);
                (first, last) = (written.Times.First < first ? written.Times.First : first ?? written.Times.First,
                    written.Times.Last > last ? written.Times.Last : last ?? written.Times.Last);
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
            FirstTime = first,
            LastTime = last,
            Repeating = [],
            Repaired = repaired,
            MissingParts = missingParts,
        };
        await dataset.Store.TryCreateAsync(dataset.GetPath(sidecar.Name), sidecar.ToBytes());
        if (!await dataset.Store.TryCreateAsync(dataset.GetPath(sidecar.Part), spool)) return false;
        result.RepairedRows += repaired.Count;
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
