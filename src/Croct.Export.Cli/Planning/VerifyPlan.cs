using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Destinations.Stores;
using Croct.Export.Cli.Running;
using Croct.Export.Cli.Verifying;
using Croct.Export.Models;

namespace Croct.Export.Cli.Planning;

/// <summary>The datasets to verify, and what to do about what is missing.</summary>
internal sealed class VerifyPlan
{
    private static readonly ExportStream[] Streams = Enum.GetValues<ExportStream>();

    public required StorePlan Store { get; init; }

    /// <summary>The start of the slices to verify; null for the first one that there is.</summary>
    public required Moment? Start { get; init; }

    /// <summary>The end of the slices to verify; null for that of the last one that there is.</summary>
    public required Moment? End { get; init; }

    /// <summary>The API to compare with, given the only stream that there is, or null; null to do without.</summary>
    public required Func<ExportStream?, SourcePlan>? CreateSource { get; init; }

    /// <summary>Whether to add what is missing.</summary>
    public required bool IsRepair { get; init; }

    /// <summary>A slice that ended less than this ago is left.</summary>
    public required TimeSpan Settle { get; init; }

    /// <summary>The maximum number of datasets at a time.</summary>
    public required int Parallel { get; init; }

    /// <summary>The file of the report; null for none.</summary>
    public required string? Report { get; init; }

    public required bool IsQuiet { get; init; }

    /// <summary>Verifies all datasets.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">There is nothing to verify, or the options do not fit the datasets.</exception>
    public async Task<int> RunAsync(Interruption interruption)
    {
        Store.Validate();
        StoreAddress.CheckIsFile("--report", Report);
        if (Report is not null) await OutputFile.CheckAsync(Report, "--report");
        using var store = Store.CreateStore();
        var folders = new List<(ExportStream Stream, StreamFolder Folder, DatasetRequest Request)>();
        foreach (var stream in Streams)
        {
            var folder = await StreamFolder.ListAsync(store, stream);
            if (await folder.FindRequestAsync() is { } request) folders.Add((stream, folder, request));
            else if (folder.Datasets.Any(name => folder.Listing(name).Parts.Count > 0)) throw CreateNoSidecarError(store.Name + folder.Folder);
        }

        if (folders.Count == 0)
        {
            throw new UsageException($"--output '{Store.Output}' has no datasets; it must be the folder that contains events, sessions or users.");
        }

        if (IsRepair) await store.ProbeAsync();
        var source = CreateSource?.Invoke(folders.Count == 1 ? folders[0].Stream : null);
        source?.Validate();
        using var clock = new ServerClock(source?.BaseAddress);
        await using var connection = source is null ? null : await source.OpenAsync(onRetry: null, clock, interruption.Token);
        var api = connection is null ? null : new VerifiedApi(source!, connection.Client, clock);
        var results = folders.ConvertAll(folder => CreateStream(folder.Stream, folder.Folder, folder.Request, api));
        return await new VerifyRun(results, Parallel, IsQuiet, Report, interruption).RunAsync();
    }

    private static UsageException CreateNoSidecarError(string folder) =>
        new($"'{folder}' has parts, but no sidecar in '{Dataset.SidecarFolder}'. Restore that folder from a backup, or export to another folder.");

    private StreamVerification CreateStream(ExportStream stream, StreamFolder folder, DatasetRequest request, VerifiedApi? api)
    {
        if (api is not null && api.Source.Identity != request.Source)
        {
            throw new UsageException(
                $"'{folder.Store.Name}{folder.Folder}' was exported from {request.Source}, but the API to compare it with is {api.Source.Identity}.");
        }

        var slices = GetSlices(folder, request);
        var plan = CreatePlan(stream, request);
        plan.Format.Load();
        var results = slices is null ? [new DatasetResult(slice: null)] : slices.ConvertAll(slice => new DatasetResult(slice));
        var others = folder.Datasets.Where(name => request.SliceBy is { } length ? Slice.Parse(name, length) is null : name.Length > 0)
            .Where(name => folder.Listing(name).HasFiles(plan.Format.Extension));
        var progress = new ExportProgress(stream, maxAttempts: 1);
        return new StreamVerification(
            stream,
            folder.Store.Name + folder.Folder,
            [.. results.Select(result => (result, Create(result)))],
            [.. others.Select(name => $"'{folder.Store.Name}{folder.Folder}{name}' is not a part of the dataset, but a query may read it. Move it away.")]);

        DatasetVerification Create(DatasetResult result)
        {
            var dataset = new Dataset(folder.Store, folder.Folder + result.Folder);
            var its = request with { Start = result.Slice?.Start ?? request.Start, End = result.Slice?.End ?? request.End };
            var format = plan.Format;
            var check = new ChainCheck(dataset, its, format.CreateFormat(stream, Store.Output), format.Extension, result);
            var comparison = api is null ? null : new ApiComparison(
                api.Client,
                dataset,
                its,
                () => CreateOptions(plan, its),
                () => format.CreateFormat(stream, Store.Output),
                format.GetColumnsVersion(stream),
                format.Extension,
                IsRepair,
                result);
            return new DatasetVerification(dataset, check, comparison, IsRepair ? OpenExportAsync : null, result);

            // A slice that may still change is left, as by an export.
            async Task<(ExportClient, StreamExport)?> OpenExportAsync(CancellationToken cancellationToken)
            {
                var now = await api!.Clock.GetNowAsync(api.Client, stream, cancellationToken);
                if (result.Slice?.End + Settle > now) return null;

                return (api.Client, await plan.OpenDatasetAsync(api.Source, dataset, result.Slice, progress));
            }
        }
    }

    private static ExportOptions CreateOptions(StreamPlan plan, DatasetRequest request)
    {
        var options = plan.CreateOptions();
        (options.Start, options.End) = (request.Start, request.End);
        return options;
    }

    /// <summary>The slices between the ends, whether or not there is anything in them; null for a dataset without slices.</summary>
    private List<Slice>? GetSlices(StreamFolder folder, DatasetRequest request)
    {
        if (request.SliceBy is not { } length)
        {
            if (Start is null && End is null) return null;
            throw new UsageException($"'{folder.Store.Name}{folder.Folder}' has no slices, so --start and --end cannot select any. Leave them out.");
        }

        if (Start is not null) DatasetPlan.CheckEnd("--start", Start, length);
        if (End is not null) DatasetPlan.CheckEnd("--end", End, length);
        var present = folder.Datasets.Select(name => Slice.Parse(name, length)).OfType<Slice>().OrderBy(slice => slice.Start).ToList();
        if (present.Count == 0) throw new UsageException($"'{folder.Store.Name}{folder.Folder}' has no slices of {Durations.Format(length)}.");
        var start = Start is null ? present[0].Start : Slice.Floor(Start.Time, length);
        var end = End is null ? present[^1].End : Slice.Floor(End.Time, length);
        DatasetPlan.CheckWindow(start, end, length);
        return [.. Slice.Cut(start, end, length)];
    }

    /// <summary>The export by which the datasets were written, as far as it matters for adding to them.</summary>
    private StreamPlan CreatePlan(ExportStream stream, DatasetRequest request) => new()
    {
        Stream = stream,
        Events = request.Events.Count == 0 ? null : [.. request.Events.Select(name => new EventType(name))],
        Start = ToMoment(request.SliceBy is null ? request.Start : null),
        End = ToMoment(request.SliceBy is null ? request.End : null),
        Cursor = null,
        PageSize = 1000,
        MaxItems = null,
        Format = FormatPlan.Parse(request.Format),
        Output = Store.Output,
        Dataset = new DatasetPlan
        {
            Store = Store,
            Limits = new PartLimits(DatasetPlan.DefaultPartRows, DatasetPlan.DefaultPartSize),
            SliceBy = request.SliceBy,
            Settle = Settle,
            Share = null,
        },
        State = null,
        Lookback = null,
    };

    private static Moment? ToMoment(DateTimeOffset? time) => time is { } some ? new Moment(some.ToString("O"), some, IsRelative: false) : null;

    /// <summary>The API to compare with.</summary>
    private sealed record VerifiedApi(SourcePlan Source, ExportClient Client, ServerClock Clock);
}
