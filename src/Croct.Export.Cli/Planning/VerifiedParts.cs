using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Destinations.Stores;
using Croct.Export.Cli.Running;
using Croct.Export.Cli.Verifying;

namespace Croct.Export.Cli.Planning;

/// <summary>The datasets of parts to verify.</summary>
/// <param name="Store">Where they are.</param>
internal sealed record VerifiedParts(StorePlan Store) : VerifiedPlace(Store.Output)
{
    private static readonly ExportStream[] Streams = Enum.GetValues<ExportStream>();

    public override async Task<OpenPlace> OpenAsync(VerifyPlan plan)
    {
        Store.Validate();
        var store = Store.CreateStore();
        try
        {
            var streams = new List<VerifiedStream>();
            foreach (var stream in Streams)
            {
                var folder = await StreamFolder.ListAsync(store, stream);
                if (await folder.FindRequestAsync() is { } request) streams.Add(CreateStream(plan, folder, request));
                else if (folder.Datasets.Any(name => folder.Listing(name).Parts.Count > 0)) throw CreateNoSidecarError(store.Name + folder.Folder);
            }

            if (streams.Count == 0)
            {
                throw new UsageException($"--output '{Output}' has no datasets; it must be the folder that contains events, sessions or users.");
            }

            if (plan.IsRepair) await store.ProbeAsync();
            return new OpenPlace(streams, store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static UsageException CreateNoSidecarError(string folder) =>
        new($"'{folder}' has parts, but no sidecar in '{Dataset.SidecarFolder}'. Restore that folder from a backup, or export to another folder.");

    private VerifiedStream CreateStream(VerifyPlan verify, StreamFolder folder, DatasetRequest request)
    {
        var (store, name) = (folder.Store, folder.Store.Name + folder.Folder);
        var parts = new PartsPlan
        {
            Store = Store,
            Limits = new PartLimits(PartsPlan.DefaultPartRows, PartsPlan.DefaultPartSize),
            SliceBy = request.SliceBy,
            Settle = verify.Settle,
            Share = null,
        };
        var format = FormatPlan.Parse(request.Format);
        format.Load();
        var plan = verify.CreatePlan(request, format, parts);
        var slices = request.SliceBy is { } length ? folder.Datasets.ToDictionary(dataset => dataset, dataset => Slice.Parse(dataset, length)) : null;
        var others = folder.Datasets.Where(dataset => slices is null ? dataset.Length > 0 : slices[dataset] is null)
            .Where(dataset => folder.Listing(dataset).HasFiles(format.Extension));
        return new VerifiedStream(
            name,
            request,
            [.. slices?.Values.OfType<Slice>() ?? []],
            [.. others.Select(dataset => $"'{name}{dataset}' is not a part of the dataset, but a query may read it. Move it away.")],
            CreateVerification);

        DatasetVerification CreateVerification(DatasetResult result, VerifiedApi? api)
        {
            var dataset = new Dataset(store, folder.Folder + result.Folder);
            var its = request with { Start = result.Slice?.Start ?? request.Start, End = result.Slice?.End ?? request.End };
            var check = new ChainCheck(dataset, its, format.CreateFormat(request.Stream, Output), format.Extension, result);
            var comparison = api is null ? null : new ApiComparison(
                api.Client,
                dataset,
                its,
                () => VerifyPlan.CreateOptions(plan, its),
                () => format.CreateFormat(request.Stream, Output),
                format.GetColumnsVersion(request.Stream),
                format.Extension,
                verify.IsRepair,
                result);
            return new PartsVerification(dataset, check, comparison, verify.IsRepair ? OpenAsync : null, result);

            Task<(ExportClient Client, StreamExport Export)?> OpenAsync(CancellationToken cancellationToken) => verify.OpenExportAsync(
                plan, result.Slice, api!, () => parts.OpenWriterAsync(plan, api!.Source, store, folder.Folder, result.Slice), cancellationToken);
        }
    }
}
