using System.Diagnostics;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Destinations.Databases;

/// <summary>
/// Adds rows to a table, in transactions that also move the cursor in the record of the export. While a transaction is in progress, the rows of the next one
/// are collected.
/// </summary>
internal sealed class DatabaseWriter : Destination
{
    /// <summary>The first transactions are shorter, so that the server has something to do soon.</summary>
    private const long FirstBytes = 512 * 1024;

    /// <summary>A transaction has at most the pages of this time: a kill costs no more than two transactions, which are repeated.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly StreamTable _table;
    private readonly Guid _writer = Guid.NewGuid();
    private readonly long _earlierRows;
    private readonly Stopwatch _age = Stopwatch.StartNew();
    private readonly RowBatch _batch = new();
    private readonly RowBatch _saved = new();
    private bool _areNew = true;
    private long _limit = FirstBytes;
    private ExportRecord _record;
    private Task _saving = Task.CompletedTask;
    private string? _cursor;
    private TimeUnit? _unit;
    private DateTimeOffset? _newest;
    private long _items;
    private long _earlierBytes;
    private KeptRows _kept;

    private DatabaseWriter(Database database, StreamTable table, ExportRecord record)
    {
        (_database, _table, _record, _earlierRows) = (database, table, record, record.Rows);
        (_cursor, _unit, _newest) = (record.Cursor, record.TimeUnit, record.Newest);
        _kept = KeptRows.None with { Cursor = record.Cursor };
        Resume = new ResumePoint(record.Cursor, record.TimeUnit, record.Request.Start, record.Request.End, record.Newest, IsSuperseded: false)
        {
            RefusalAdvice = $"The cursor in {database.Schema}.{ExportRecord.Table.Name} was refused; the database is unchanged. To export the window again, " +
                $"which duplicates nothing, delete the row of {table.Definition.Name}{(record.Slice.Length > 0 ? $" and {record.Slice}" : "")} there, " +
                "and repeat the command.",
        };
    }

    public override string Name => _table.Name;

    public override PageTarget Target => _batch.Target;

    public override IReadOnlyList<string> Files => [];

    public override long Bytes => _earlierBytes + _batch.Bytes;

    public override KeptRows Kept => _kept;

    public override ResumePoint Resume { get; }

    /// <summary>Continues an export, or begins it.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table of the stream.</param>
    /// <param name="slice">The name of the slice; empty without slices.</param>
    /// <param name="request">What is exported.</param>
    /// <param name="unit">The requested unit.</param>
    /// <exception cref="UsageException">The table belongs to another request.</exception>
    public static async Task<DatabaseWriter> OpenAsync(Database database, StreamTable table, string slice, DatasetRequest request, TimeUnit unit)
    {
        var record = await ExportRecord.OpenAsync(database, table.Definition.Name, slice, request);
        if ((record.Request.FindDifference(request, isSameSlice: true) ?? DatasetRequest.FindDifference(record.TimeUnit, unit)) is not { } difference)
        {
            return new DatabaseWriter(database, table, record);
        }

        throw CreateOtherRequestError(database, difference);
    }

    /// <summary>Checks that all records of a stream are of the same request, of any window.</summary>
    /// <exception cref="UsageException">They are not.</exception>
    public static void Check(Database database, IReadOnlyList<ExportRecord> records, DatasetRequest request)
    {
        var difference = records.Select(record => record.Request.FindDifference(request, isSameSlice: false)).FirstOrDefault(found => found is not null);
        if (difference is not null) throw CreateOtherRequestError(database, difference);
    }

    public override async Task CommitAsync(WrittenPage page)
    {
        _cursor = page.ResumeCursor ?? _cursor;
        _unit = page.TimeUnit ?? _unit;
        _items += page.Rows;
        if (page.Times.Last > _newest || _newest is null) _newest = page.Times.Last ?? _newest;
        if (_batch.Bytes >= _limit || _age.Elapsed >= MaxAge) await BeginSavingAsync();
    }

    public override async Task SuspendAsync()
    {
        await BeginSavingAsync();
        await _saving;
    }

    public override async Task CompleteAsync(bool isEndUnconfirmed)
    {
        await SuspendAsync();
        if (!isEndUnconfirmed) await _record.CompleteAsync(_database, _table.Definition.Name);
    }

    public override async ValueTask DisposeAsync()
    {
        // If it fails, this was reported, or another failure was that came before it.
        await _saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _batch.Dispose();
        _saved.Dispose();
    }

    private static UsageException CreateOtherRequestError(Database database, string difference) => new(
        $"'{database.Name}' has another export in the schema {database.Schema}: {difference}. Repeat the earlier command, or pass another schema in --output.");

    /// <summary>Begins the transaction with the rows that were collected, once the previous one has ended.</summary>
    private async Task BeginSavingAsync()
    {
        await _saving;
        _age.Restart();
        if (_items == 0 && _cursor == _record.Cursor) return;
        _earlierBytes += _batch.Bytes;
        _batch.MoveTo(_saved);
        _limit = Math.Min(_limit * 2, RowBatch.MaxBytes);
        var next = _record with
        {
            Cursor = _cursor,
            TimeUnit = _unit,
            Newest = _newest,
            Revision = _record.Revision + 1,
            Writer = _writer,
        };
        _saving = SaveAsync(next, _items);
        _items = 0;
    }

    private async Task SaveAsync(ExportRecord next, long items)
    {
        _record = await _database.RunAsync(async connection =>
        {
            // Rows are new unless a cursor delivers some again. Each attempt that fails is undone by the server, so the next batch is merged too.
            var isInserted = _areNew && _saved.RowsWithoutId.IsEmpty && await _table.TryInsertAsync(connection, _saved);
            var changed = isInserted ? items : await _table.MergeAsync(connection, _saved);
            _areNew = changed == items;
            return await _record.MoveAsync(_database, connection, _table.Definition.Name, next with { Rows = _record.Rows + changed });
        });
        var rows = _record.Rows - _earlierRows;
        _kept = new KeptRows(rows, _kept.Bytes + _saved.Bytes, Sha256: null, _record.Cursor) { Duplicates = _kept.Rows + _kept.Duplicates + items - rows };
    }
}
