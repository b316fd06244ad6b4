using System.Globalization;
using System.Text.Json;
using Croct.Export.Cli.Destinations.Stores;

namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>
/// A chain of parts in a folder, each of which begins at the cursor after the one before. The parts and their sidecars are the only state of an export.
/// </summary>
/// <param name="store">Where the folder is.</param>
/// <param name="folder">The folder, with a slash at the end, relative to the store.</param>
internal sealed class Dataset(ObjectStore store, string folder)
{
    public const string SidecarFolder = "_meta/";

    private const string StartOver = "or export to another folder";

    /// <summary>The folder as shown to people.</summary>
    public string Name => store.Name + folder;

    public ObjectStore Store => store;

    /// <summary>The folder of a stream, relative to the store.</summary>
    public static string GetFolder(ExportStream stream) => $"{stream.ToString().ToLowerInvariant()}/";

    /// <summary>The path of an object of this dataset, relative to the store.</summary>
    public string GetPath(string name) => folder + name;

    public async Task<DatasetListing> ListAsync() =>
        DatasetListing.Of((await store.ListAsync(folder)).Select(name => name[folder.Length..]));

    /// <summary>Finds where an export continues, and checks that it can.</summary>
    /// <param name="request">The request; that of the parts must be equal.</param>
    /// <param name="unit">The requested unit; a fixed one must be that of the parts.</param>
    /// <exception cref="UsageException">The parts are not of this request, or are not as they were written.</exception>
    public async Task<ChainEnd> FindEndAsync(DatasetRequest request, TimeUnit unit)
    {
        var listing = await ListAsync();
        var repairs = await ReadRepairsAsync(listing);
        if (listing.Parts.Count == 0 && listing.IsComplete) CheckRequest((await ReadMarkerAsync()).Request, usedUnit: null, request, unit);
        CheckNumbers(listing, repairs);
        var last = listing.Parts.Count == 0 ? null : await ReadSidecarAsync(listing, listing.Parts[^1]);
        if (last is not null) CheckRequest(last.Request, last.TimeUnit, request, unit);
        return new ChainEnd(
            last is null ? 0 : listing.Parts[^1].Number!.Value,
            last?.NextCursor,
            last?.Repeating ?? [],
            listing.Repairs,
            repairs.SelectMany(repair => repair.Repaired).ToHashSet(StringComparer.Ordinal),
            last?.TimeUnit,
            last?.LastTime);
    }

    /// <summary>The sidecars of the repairs.</summary>
    /// <exception cref="UsageException">One of them has none, or was changed.</exception>
    public async Task<IReadOnlyList<Sidecar>> ReadRepairsAsync(DatasetListing listing)
    {
        var repairs = new List<Sidecar>();
        foreach (var repair in listing.Repairs) repairs.Add(await ReadSidecarAsync(listing, repair));
        return repairs;
    }

    /// <exception cref="UsageException">It was changed.</exception>
    public async Task<SuccessMarker> ReadMarkerAsync() => SuccessMarker.Parse(await store.ReadAsync(GetPath(SuccessMarker.Name)), Name + SuccessMarker.Name);

    /// <summary>The sidecar of a part.</summary>
    /// <exception cref="UsageException">There is none, or the part has changed since it was written.</exception>
    public async Task<Sidecar> ReadSidecarAsync(DatasetListing listing, PartName part) =>
        await ReadSidecarAsync(listing, part, await store.GetSha256Async(GetPath(part.ToString())));

    /// <summary>The sidecar of a part with the given SHA-256.</summary>
    /// <exception cref="UsageException">There is none, or the part has changed since it was written.</exception>
    public async Task<Sidecar> ReadSidecarAsync(DatasetListing listing, PartName part, string sha256)
    {
        var sidecars = listing.Sidecars[part.ToString()];
        if (!sidecars.Any())
        {
            throw new UsageException(
                $"'{Name}{part}' has no sidecar in '{Name}{SidecarFolder}', without which an export cannot continue after it. " +
                $"Restore that folder from a backup, {StartOver}, or move the part away and run: croct-export verify --output {store.Name} --repair");
        }

        var sidecar = Sidecar.GetName(part.ToString(), sha256);
        if (sidecars.Contains(sidecar)) return await ReadSidecarAsync(sidecar);
        throw new UsageException(
            $"'{Name}{part}' has changed since it was written. Restore it from a backup, " +
            $"or move it away and run: croct-export verify --output {store.Name} --repair");
    }

    /// <param name="name">The name of the sidecar.</param>
    /// <exception cref="UsageException">It was changed.</exception>
    public async Task<Sidecar> ReadSidecarAsync(string name) => Sidecar.Parse(await store.ReadAsync(GetPath(name)), Name + name);

    /// <summary>Adds a part, after its sidecar.</summary>
    /// <param name="sidecar">Its sidecar.</param>
    /// <param name="spool">Its content, flushed.</param>
    /// <param name="isUnchanged">Whether nothing was added, since the part was begun, that may have some of its rows.</param>
    /// <returns>
    /// The sidecar: a killed process may have left one for the same bytes, which describes them too, perhaps with an earlier cursor. Null if the part was
    /// not added, because there is one of this name, or something was added that matters.
    /// </returns>
    public async Task<Sidecar?> TryAddAsync(Sidecar sidecar, Spool spool, Func<DatasetListing, bool> isUnchanged)
    {
        var isNew = await store.TryCreateAsync(GetPath(sidecar.Name), sidecar.ToBytes());
        if (!isNew) sidecar = await ReadSidecarAsync(sidecar.Name);
        return isUnchanged(await ListAsync()) && await store.TryCreateAsync(GetPath(sidecar.Part), spool) ? sidecar : null;
    }

    /// <summary>Records that an export has reached the end of the data.</summary>
    public Task<bool> MarkCompleteAsync(SuccessMarker marker) =>
        store.TryCreateAsync(GetPath(SuccessMarker.Name), JsonSerializer.SerializeToUtf8Bytes(marker, DatasetJson.Default.SuccessMarker));

    private void CheckNumbers(DatasetListing listing, IReadOnlyList<Sidecar> repairs)
    {
        foreach (var pair in listing.Parts.Zip(listing.Parts.Skip(1)).Where(pair => pair.First.Number == pair.Second.Number))
        {
            throw new UsageException(
                $"'{Name}' has two parts with the number {pair.First.Number}, '{pair.First}' and '{pair.Second}', so it is not one dataset. " +
                "Move away the parts that do not belong to it.");
        }

        var missing = listing.MissingParts.Except(repairs.SelectMany(repair => repair.MissingParts)).ToList();
        if (missing.Count == 0) return;
        var numbers = string.Join(", ", missing.Take(3).Select(number => number.ToString(CultureInfo.InvariantCulture))) + (missing.Count > 3 ? ", ..." : "");
        throw new UsageException(
            $"'{Name}' lacks part {numbers}. Restore it from a backup, or run: croct-export verify --output {store.Name} --repair");
    }

    private void CheckRequest(DatasetRequest used, TimeUnit? usedUnit, DatasetRequest request, TimeUnit unit)
    {
        var difference = used.FindDifference(request, isSameSlice: true) ?? DatasetRequest.FindDifference(usedUnit, unit);
        if (difference is null) return;
        throw new UsageException($"'{Name}' belongs to another export: {difference}. Repeat the earlier command, {StartOver}.");
    }
}

/// <summary>The end of a chain of parts.</summary>
/// <param name="Parts">The number of the last part; 0 if there is none.</param>
/// <param name="Cursor">The cursor after it; null for the beginning of the window.</param>
/// <param name="Repeating">The keys of the items that the cursor delivers again.</param>
/// <param name="Repairs">The repairs.</param>
/// <param name="Repaired">The keys of the items in repairs, which the cursor may deliver.</param>
/// <param name="TimeUnit">The unit in which the window was sent; null if none was.</param>
/// <param name="Newest">The latest time in the last part; null if there is none.</param>
internal sealed record ChainEnd(
    int Parts,
    string? Cursor,
    IReadOnlyList<string> Repeating,
    IReadOnlyList<PartName> Repairs,
    IReadOnlySet<string> Repaired,
    TimeUnit? TimeUnit,
    DateTimeOffset? Newest);
