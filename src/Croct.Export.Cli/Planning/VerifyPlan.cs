using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Destinations.Stores;
using Croct.Export.Cli.Running;
using Croct.Export.Cli.Verifying;
using Croct.Export.Models;

namespace Croct.Export.Cli.Planning;

/// <summary>The data to verify, and what to do about what is missing.</summary>
internal sealed class VerifyPlan
{
    public required VerifiedPlace Place { get; init; }

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

    /// <summary>The maximum number of slices at a time.</summary>
    public required int Parallel { get; init; }

    /// <summary>The file of the report; null for none.</summary>
    public required string? Report { get; init; }

    public required bool IsQuiet { get; init; }

    /// <summary>Verifies everything.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">There is nothing to verify, or the options do not fit the data.</exception>
    public async Task<int> RunAsync(Interruption interruption)
    {
        StoreAddress.CheckIsFile("--report", Report);
        using var place = await Place.OpenAsync(this);
        if (Report is not null) await OutputFile.CheckAsync(Report, "--report");
        var source = CreateSource?.Invoke(place.Streams.Count == 1 ? place.Streams[0].Request.Stream : null);
        source?.Validate();
        using var clock = new ServerClock(source?.BaseAddress);
        await using var connection = source is null ? null : await source.OpenAsync(onRetry: null, clock, interruption.Token);
        var api = connection is null ? null : new VerifiedApi(source!, connection.Client, clock);
        var streams = place.Streams.Select(stream => CreateStream(stream, api)).ToList();
        return await new VerifyRun(streams, Parallel, IsQuiet, Report, interruption).RunAsync();
    }

    /// <summary>The options of a request for all items of a slice, or of the whole window.</summary>
    public static ExportOptions CreateOptions(StreamPlan plan, DatasetRequest request)
    {
        var options = plan.CreateOptions();
        (options.Start, options.End) = (request.Start, request.End);
        return options;
    }

    /// <summary>Prepares an export that adds to a slice, or to the whole window; returns null for a slice that may still change.</summary>
    public async Task<(ExportClient Client, StreamExport Export)?> OpenExportAsync(
        StreamPlan plan, Slice? slice, VerifiedApi api, Func<Task<Destination>> openAsync, CancellationToken cancellationToken)
    {
        var now = await api.Clock.GetNowAsync(api.Client, plan.Stream, cancellationToken);
        if (slice?.End + Settle > now) return null;
        return (api.Client, plan.CreateExport(await openAsync(), new ExportProgress(plan.Stream, maxAttempts: 1)));
    }

    /// <summary>The export by which the data was written, as far as it matters for adding to it.</summary>
    public StreamPlan CreatePlan(DatasetRequest request, FormatPlan format, DatasetPlan dataset) => new()
    {
        Stream = request.Stream,
        Events = request.Events.Count == 0 ? null : [.. request.Events.Select(name => new EventType(name))],
        Start = ToMoment(request.SliceBy is null ? request.Start : null),
        End = ToMoment(request.SliceBy is null ? request.End : null),
        Cursor = null,
        PageSize = 1000,
        MaxItems = null,
        Format = format,
        Output = Place.Output,
        Dataset = dataset,
        State = null,
        Lookback = null,
    };

    private static Moment? ToMoment(DateTimeOffset? time) => time is { } some ? new Moment(some.ToString("O"), some, IsRelative: false) : null;

    private StreamVerification CreateStream(VerifiedStream stream, VerifiedApi? api)
    {
        if (api is not null && api.Source.Identity != stream.Request.Source)
        {
            throw new UsageException(
                $"'{stream.Name}' was exported from {stream.Request.Source}, but the API to compare it with is {api.Source.Identity}.");
        }

        var results = GetSlices(stream)?.ConvertAll(slice => new DatasetResult(slice)) ?? [new DatasetResult(slice: null)];
        return new StreamVerification(
            stream.Request.Stream, stream.Name, [.. results.Select(result => (result, stream.CreateVerification(result, api)))], stream.Problems);
    }

    /// <summary>The slices between the ends, whether or not there is anything in them; null without slices.</summary>
    private List<Slice>? GetSlices(VerifiedStream stream)
    {
        if (stream.Request.SliceBy is not { } length)
        {
            if (Start is null && End is null) return null;
            throw new UsageException($"'{stream.Name}' has no slices, so --start and --end cannot select any. Leave them out.");
        }

        if (Start is not null) DatasetPlan.CheckEnd("--start", Start, length);
        if (End is not null) DatasetPlan.CheckEnd("--end", End, length);
        var present = stream.Slices.OrderBy(slice => slice.Start).ToList();
        if (present.Count == 0) throw new UsageException($"'{stream.Name}' has no slices of {Durations.Format(length)}.");
        var start = Start is null ? present[0].Start : Slice.Floor(Start.Time, length);
        var end = End is null ? present[^1].End : Slice.Floor(End.Time, length);
        DatasetPlan.CheckWindow(start, end, length);
        return [.. Slice.Cut(start, end, length)];
    }
}

/// <summary>The API to compare with.</summary>
internal sealed record VerifiedApi(SourcePlan Source, ExportClient Client, ServerClock Clock);

/// <summary>The datasets or the database to verify.</summary>
/// <param name="Output">Where the data is, as on the command line.</param>
internal abstract record VerifiedPlace(string Output)
{
    /// <summary>Opens it.</summary>
    /// <exception cref="UsageException">There is nothing to verify.</exception>
    public abstract Task<OpenPlace> OpenAsync(VerifyPlan plan);
}

/// <summary>What there is to verify.</summary>
/// <param name="Streams">The streams.</param>
/// <param name="Resource">What they need, to be disposed after them.</param>
internal sealed record OpenPlace(IReadOnlyList<VerifiedStream> Streams, IDisposable Resource) : IDisposable
{
    public void Dispose() => Resource.Dispose();
}

/// <summary>A stream to verify.</summary>
/// <param name="Name">The name of its folder or table, for people.</param>
/// <param name="Request">What was exported.</param>
/// <param name="Slices">The slices that are there; empty without slices.</param>
/// <param name="Problems">Problems that belong to no slice.</param>
/// <param name="CreateVerification">Verifies a slice, or the whole window.</param>
internal sealed record VerifiedStream(
    string Name,
    DatasetRequest Request,
    IReadOnlyList<Slice> Slices,
    IReadOnlyList<string> Problems,
    Func<DatasetResult, VerifiedApi?, DatasetVerification> CreateVerification);
