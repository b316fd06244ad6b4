using System.Globalization;
using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Formats;

namespace Croct.Export.Cli.Verifying;

/// <summary>Checks a dataset on its own: each part is as it was written, has the rows that its sidecar says, and begins where the one before ended.</summary>
/// <param name="dataset">The dataset.</param>
/// <param name="request">What it must contain.</param>
/// <param name="format">The format of its parts.</param>
/// <param name="extension">The extension of its parts.</param>
/// <param name="result">Receives what is found.</param>
internal sealed class ChainCheck(Dataset dataset, DatasetRequest request, Format format, string extension, DatasetResult result)
{
    private readonly List<Problem> _problems = [];

    /// <summary>Reads all parts.</summary>
    /// <param name="listing">The objects of the dataset.</param>
    /// <param name="keys">Receives the keys of the rows; null if they are not needed.</param>
    /// <returns>The problems.</returns>
    public async Task<IReadOnlyList<Problem>> RunAsync(DatasetListing listing, SortedKeys? keys)
    {
        _problems.Clear();
        (result.Rows, result.Parts) = (0, listing.Parts.Count + listing.Repairs.Count);
        var filled = new HashSet<int>();
        foreach (var repair in listing.Repairs) filled.UnionWith((await ReadAsync(listing, repair, keys))?.MissingParts ?? []);
        foreach (var part in listing.Parts.Where(part => filled.Contains(part.Number!.Value)))
        {
            Add("two-parts", part.ToString(), "A repair has the rows of this part, which was missing then: they are there twice. Move the part away again.");
        }

        await CheckChainAsync(listing, filled, keys);
        foreach (var other in listing.Others.Where(name => name.EndsWith(extension, StringComparison.Ordinal)))
        {
            Add("other-file", part: null, $"'{other}' is not a part of the dataset, but a query over the folder may read it. Move it away.");
        }

        if (!listing.IsComplete)
        {
            var reason = listing.Parts.Count > 0 ? "No export has reached the end of its data" : "Nothing is there";
            Add("incomplete", part: null, $"{reason}. Export it again, or pass --repair.");
        }

        return [.. _problems];
    }

    private async Task CheckChainAsync(DatasetListing listing, HashSet<int> filled, SortedKeys? keys)
    {
        var expected = listing.IsComplete ? (await ReadMarkerAsync())?.Parts ?? 0 : 0;
        var (number, cursor, isKnown) = (1, (string?)null, true);
        foreach (var part in listing.Parts)
        {
            var sidecar = await ReadAsync(listing, part, keys);
            if (part.Number < number)
            {
                Add("two-parts", part.ToString(), $"There are two parts with the number {part.Number}. Move away the one that does not belong to the dataset.");
                continue;
            }

            isKnown &= AddMissing(number, part.Number!.Value);
            if (isKnown && sidecar is not null && (sidecar.StartCursor != cursor || part.Hash != PartName.At(number, cursor, "").Hash))
            {
                Add("broken-chain", part.ToString(), "The part does not begin where the one before it ended: rows may be missing, or there twice.");
            }

            (number, cursor, isKnown) = (part.Number.Value + 1, sidecar?.NextCursor, sidecar is not null);
        }

        AddMissing(number, expected + 1);

        // A gap that a repair fills is not a problem, but where the part after it begins cannot be checked.
        bool AddMissing(int from, int to)
        {
            var missing = Enumerable.Range(from, Math.Max(0, to - from)).Where(gap => !filled.Contains(gap));
            foreach (var gap in missing)
            {
                var text = string.Create(CultureInfo.InvariantCulture, $"Part {gap} is missing. Restore it, or pass --repair to export its rows again.");
                _problems.Add(new Problem("missing-part", Part: null, text) { MissingPart = gap });
            }

            return from >= to;
        }
    }

    private async Task<SuccessMarker?> ReadMarkerAsync()
    {
        try
        {
            var marker = await dataset.ReadMarkerAsync();
            if (marker.Request.FindDifference(request, isSameSlice: true) is not { } difference) return marker;
            Add("damaged-marker", part: null, $"'{SuccessMarker.Name}' belongs to another export: {difference}. Delete it; the next run creates it again.");
        }
        catch (UsageException exception)
        {
            Add("damaged-marker", part: null, exception.Message);
        }

        return null;
    }

    /// <summary>Reads a part and its sidecar; returns null if they do not fit together.</summary>
    private async Task<Sidecar?> ReadAsync(DatasetListing listing, PartName part, SortedKeys? keys)
    {
        await using var content = await dataset.Store.OpenAsync(dataset.GetPath(part.ToString()));
        var sha256 = await HashedStream.HashAsync(content);
        content.Position = 0;
        var sidecar = await ReadSidecarAsync(listing, part, sha256);
        if (sidecar?.Request.FindDifference(request, isSameSlice: true) is { } difference)
        {
            Add("other-request", part.ToString(), $"The part belongs to another export: {difference}.");
        }

        // The rows of a part that has changed count as present if they can be read: repairing them would duplicate them.
        try
        {
            var rows = ReadRows(content, keys);
            result.Rows += rows;
            if (sidecar is not null && rows != sidecar.Rows)
            {
                Add("row-count", part.ToString(), $"The part has {rows} rows, but its sidecar says {sidecar.Rows}.");
            }

            return sidecar;
        }
        catch (InvalidDataException exception)
        {
            if (sidecar is not null) Add("unreadable-part", part.ToString(), $"The part cannot be read: {exception.Message}");
            return null;
        }
    }

    private async Task<Sidecar?> ReadSidecarAsync(DatasetListing listing, PartName part, string sha256)
    {
        try
        {
            return await dataset.ReadSidecarAsync(listing, part, sha256);
        }
        catch (UsageException exception)
        {
            Add("changed-part", part.ToString(), exception.Message);
            return null;
        }
    }

    private long ReadRows(Stream content, SortedKeys? keys)
    {
        var rows = 0L;
        foreach (var key in format.ReadRowKeys(content))
        {
            rows++;
            keys?.Add(key);
        }

        return rows;
    }

    private void Add(string kind, string? part, string text) => _problems.Add(new Problem(kind, part, text));
}
