using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Destinations.Stores;

namespace Croct.Export.Cli.Planning;

/// <summary>A dataset of parts.</summary>
internal sealed record PartsPlan : DatasetPlan
{
    public const long DefaultPartRows = 1_000_000;
    public const int DefaultPartSize = 256 * 1024 * 1024;

    public required StorePlan Store { get; init; }

    public required PartLimits Limits { get; init; }

    protected override (string What, string Keeper) Words => ("a dataset", "the parts themselves keep");

    public override void Validate(StreamPlan stream)
    {
        Store.Validate();
        stream.Format.Validate(stream.Output);
        if (NamePattern.HasPlaceholder(stream.Output))
        {
            throw new UsageException($"--output '{stream.Output}': the folder of a dataset cannot contain {NamePattern.Run} or {NamePattern.Date}.");
        }

        NamePattern.CheckPlaceholders(stream.Output);

        base.Validate(stream);
    }

    public override async Task<OpenDataset> OpenAsync(StreamPlan stream, SourcePlan source, Action<FailedAttempt> onRetry)
    {
        var store = Store.CreateStore();
        var folder = await StreamFolder.ListAsync(store, stream.Stream);
        await folder.CheckAsync(stream.CreateDatasetRequest(source, slice: null));
        return new OpenDataset(
            store.Name + folder.Folder,
            slice => folder.Listing(slice.Folder).IsComplete,
            async slice => await OpenWriterAsync(stream, source, store, folder.Folder, slice),
            store)
        {
            ProbeAsync = store.ProbeAsync,
        };
    }

    /// <summary>Continues the dataset of a slice, or of the whole window.</summary>
    public async Task<Destination> OpenWriterAsync(StreamPlan stream, SourcePlan source, ObjectStore store, string folder, Slice? slice) =>
        await DatasetWriter.OpenAsync(
            new Dataset(store, folder + slice?.Folder),
            stream.CreateDatasetRequest(source, slice),
            Limits,
            source.TimeUnit,
            stream.Format.GetColumnsVersion(stream.Stream),
            stream.Format.Extension);
}
