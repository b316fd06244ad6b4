using Croct.Export.Cli.Destinations.Stores;

namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>The datasets of a stream, as one listing shows them.</summary>
internal sealed class StreamFolder
{
    private readonly Dictionary<string, DatasetListing> _datasets;

    private StreamFolder(ObjectStore store, string folder, Dictionary<string, DatasetListing> datasets) =>
        (Store, Folder, _datasets) = (store, folder, datasets);

    public ObjectStore Store { get; }

    /// <summary>The folder of the stream, relative to the store.</summary>
    public string Folder { get; }

    /// <summary>The folders of the datasets, relative to that of the stream; an empty one for a dataset without slices.</summary>
    public IEnumerable<string> Datasets => _datasets.Keys;

    public static async Task<StreamFolder> ListAsync(ObjectStore store, ExportStream stream)
    {
        var folder = Dataset.GetFolder(stream);
        var names = (await store.ListAsync(folder)).Select(name => name[folder.Length..]);
        return new StreamFolder(store, folder, names.GroupBy(GetDataset).ToDictionary(
            group => group.Key, group => DatasetListing.Of(group.Select(name => name[group.Key.Length..])), StringComparer.Ordinal));
    }

    public DatasetListing Listing(string dataset) => _datasets.TryGetValue(dataset, out var listing) ? listing : DatasetListing.Of([]);

    /// <summary>A request that anything in the folder was written for; null if there is nothing.</summary>
    public async Task<DatasetRequest?> FindRequestAsync()
    {
        foreach (var (dataset, listing) in _datasets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var path = Folder + dataset;
            if (listing.IsComplete) return (await new Dataset(Store, path).ReadMarkerAsync()).Request;

            // A sidecar without a part has no meaning.
            var sidecar = listing.Parts.Select(part => listing.Sidecars[part.ToString()].FirstOrDefault()).FirstOrDefault(name => name is not null);
            if (sidecar is not null) return (await new Dataset(Store, path).ReadSidecarAsync(sidecar)).Request;
        }

        return null;
    }

    /// <summary>Checks that the folder has no data of another request, of any window.</summary>
    /// <exception cref="UsageException">It has.</exception>
    public async Task CheckAsync(DatasetRequest request)
    {
        if (await FindRequestAsync() is not { } existing || existing.FindDifference(request, isSameSlice: false) is not { } difference) return;
        throw new UsageException(
            $"'{Store.Name}{Folder}' belongs to another export: {difference}. Repeat the earlier command, or export to another folder.");
    }

    /// <summary>The folder of the dataset that an object belongs to.</summary>
    private static string GetDataset(string name)
    {
        var end = name.IndexOf(Dataset.SidecarFolder, StringComparison.Ordinal) is >= 0 and var meta ? meta : name.LastIndexOf('/') + 1;
        return name[..end];
    }
}
