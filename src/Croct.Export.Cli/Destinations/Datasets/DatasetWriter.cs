using Croct.Export.Cli.Destinations.Stores;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>
/// Adds parts to a dataset. A part is committed by creating it under a name that follows from its number and the cursor that it starts at. If another
/// process has created it, its content counts, and this one continues after it.
/// </summary>
internal sealed class DatasetWriter : Destination
{
    private readonly Dataset _dataset;
    private readonly DatasetRequest _request;
    private readonly PartLimits _limits;
    private readonly TimeUnit _unit;
    private readonly string? _columns;
    private readonly string _extension;
    private ChainEnd _end;
    private Spool? _spool;
    private WrittenPage? _page;
    private PageTarget? _target;
    private string? _cursor;
    private long _rows;
    private TimeRange _times;
    private KeptRows _kept;
    private long _earlierBytes;
    private int _parts;

    private DatasetWriter(Dataset dataset, DatasetRequest request, PartLimits limits, TimeUnit unit, string? columns, string extension, ChainEnd end)
    {
        (_dataset, _request, _limits, _unit, _columns, _extension, _end) = (dataset, request, limits, unit, columns, extension, end);
        _kept = KeptRows.None with { Cursor = end.Cursor };
    }

    public override string Name => _dataset.Name;

    public override PageTarget Target => _target ??= BeginPart();

    public override IReadOnlyList<string> Files => [];

    public override long Bytes => _earlierBytes + (_spool?.Bytes ?? 0);

    public override KeptRows Kept => _kept;

    public override ResumePoint? Resume => new(_end.Cursor, _end.TimeUnit, _request.Start, _request.End, _end.Newest, IsSuperseded: false)
    {
        RefusalAdvice = $"The cursor after the last part of '{_dataset.Name}' was refused; the dataset is unchanged. " +
            "To export it again, move it away and repeat the command.",
    };

    public override bool HasParts => true;

    public override int? Parts => _parts;

    public override bool IsPartFull => _rows >= _limits.Rows || (_rows > 0 && _spool!.Bytes >= _limits.Bytes);

    /// <summary>Continues a dataset, or begins it.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="request">What it contains.</param>
    /// <param name="limits">When a part ends.</param>
    /// <param name="unit">The requested unit.</param>
    /// <param name="columns">The version of the columns; null for a format without columns.</param>
    /// <param name="extension">The extension of parts.</param>
    /// <exception cref="UsageException">The dataset belongs to another request, or is damaged.</exception>
    public static async Task<DatasetWriter> OpenAsync(
        Dataset dataset, DatasetRequest request, PartLimits limits, TimeUnit unit, string? columns, string extension) =>
        new(dataset, request, limits, unit, columns, extension, await dataset.FindEndAsync(request, unit));

    public override Task CommitAsync(WrittenPage page)
    {
        _page = page;
        _cursor = page.ResumeCursor ?? _cursor;
        _rows += page.Rows;
        _times = _times.Union(page.Times);
        return Task.CompletedTask;
    }

    public override async Task<bool> TryEndPartAsync()
    {
        // Pages without new rows are requested again, unless the export ended in them: no run would get past them.
        var isPastEmptyPages = _page is { IsEndUnconfirmed: true } && _cursor != _end.Cursor;
        if (_rows == 0 && !isPastEmptyPages)
        {
            await DiscardAsync();
            return true;
        }

        var spool = _spool!;
        await spool.FlushAsync();
        var part = PartName.At(_end.Parts + 1, _end.Cursor, _extension);
        var proposed = new Sidecar
        {
            Part = part.ToString(),
            Sha256 = spool.Sha256,
            Bytes = spool.Bytes,
            Rows = _rows,
            Request = _request,
            Columns = _columns,
            TimeUnit = _page!.TimeUnit ?? _end.TimeUnit,
            StartCursor = _end.Cursor,
            NextCursor = _cursor,
            FirstTime = _times.First,
            LastTime = _times.Last,
            Repeating = _page.Repeating,
        };

        // A repair that was added since the chain was read may have some of the rows.
        if (await _dataset.TryAddAsync(proposed, spool, listing => listing.Repairs.SequenceEqual(_end.Repairs)) is not { } sidecar)
        {
            await DiscardAsync();
            await AdoptAsync(proposed.Part);
            return false;
        }

        _parts++;
        _end = _end with
        {
            Parts = _end.Parts + 1,
            Cursor = sidecar.NextCursor,
            Repeating = sidecar.Repeating,
            TimeUnit = sidecar.TimeUnit,
            Newest = _times.Last ?? _end.Newest,
        };
        _kept = new KeptRows(_kept.Rows + _rows, _kept.Bytes + spool.Bytes, Sha256: null, sidecar.NextCursor);
        var isContinued = sidecar.NextCursor == _cursor;
        await DiscardAsync();
        return isContinued;
    }

    public override async Task CompleteAsync(bool isEndUnconfirmed)
    {
        if (!isEndUnconfirmed) await _dataset.MarkCompleteAsync(new SuccessMarker { Request = _request, Parts = _end.Parts });
    }

    public override async ValueTask DisposeAsync()
    {
        if (_spool is not null) await _spool.DisposeAsync();
    }

    /// <summary>The part after the end of the chain.</summary>
    private PageTarget BeginPart()
    {
        (_cursor, _rows, _times) = (_end.Cursor, 0, default);
        _spool = _dataset.Store.CreateSpool(PartName.At(_end.Parts + 1, _end.Cursor, _extension).ToString());
        var hasSeen = _end.Repaired.Count == 0 ? null : (Func<ItemKey, bool>)(key => _end.Repaired.Contains(key.Text));
        return new PageTarget(_spool.Stream, IsBegun: false, Columns: null, _end.Repeating, hasSeen);
    }

    /// <summary>Continues after what another process has added.</summary>
    private async Task AdoptAsync(string part)
    {
        var end = await _dataset.FindEndAsync(_request, _unit);
        if (end.Parts <= _end.Parts && end.Repairs.SequenceEqual(_end.Repairs))
        {
            throw new StoreException(
                $"'{_dataset.Name}{part}' exists, but is not in the list of the files of its folder. Run the command again later.",
                StoreFailure.Temporary,
                inner: null);
        }

        (_end, _kept) = (end, _kept with { Cursor = end.Cursor });
    }

    private async Task DiscardAsync()
    {
        _earlierBytes += _spool!.Bytes;
        await _spool.DisposeAsync();
        (_spool, _target) = (null, null);
    }
}

/// <summary>When a part ends: at the first page that reaches one of the limits.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Bytes">The number of bytes.</param>
internal readonly record struct PartLimits(long Rows, long Bytes);
