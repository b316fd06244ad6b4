using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Databases;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Planning;

/// <summary>The tables of a database.</summary>
internal sealed record DatabasePlan : DatasetPlan
{
    public required DatabaseAddress Address { get; init; }

    public required DatabaseOptions Options { get; init; }

    protected override (string What, string Keeper) Words => ("a database", "the database itself keeps");

    public override async Task<OpenDataset> OpenAsync(StreamPlan stream, SourcePlan source, Action<FailedAttempt> onRetry)
    {
        var database = new Database(Address, Options, onRetry);
        try
        {
            var schema = new DatabaseSchema(database);
            var table = new StreamTable(database, ContractDocument.Current.StreamNamed(stream.Stream.ToString()));
            await schema.PrepareAsync([table.Definition, StreamTable.Keys, ExportRecord.Table]);
            var records = await ExportRecord.ReadAllAsync(database, table.Definition.Name);
            DatabaseWriter.Check(database, records, stream.CreateDatasetRequest(source, slice: null));
            var complete = records.Where(record => record.IsComplete).Select(record => record.Slice).ToHashSet(StringComparer.Ordinal);
            return new OpenDataset(
                table.Name,
                slice => complete.Contains(slice.Name),
                async slice => await DatabaseWriter.OpenAsync(
                    database, table, slice?.Name ?? "", stream.CreateDatasetRequest(source, slice), source.TimeUnit),
                database)
            {
                FinishAsync = async () =>
                {
                    // Other machines may still be loading.
                    var all = await ExportRecord.ReadAllAsync(database, table.Definition.Name);
                    if (HasAll(stream, all)) await schema.CreateIndexesAsync(table.Definition.Name, table.Indexes);
                },
            };
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Whether nothing is being exported: what was begun is complete, and before the last complete slice of the window, none is missing.</summary>
    private bool HasAll(StreamPlan stream, IReadOnlyList<ExportRecord> records)
    {
        if (!records.All(record => record.IsComplete)) return false;
        if (SliceBy is null) return true;
        var complete = records.Select(record => record.Slice).ToHashSet(StringComparer.Ordinal);
        return GetAllSlices(stream).Reverse().SkipWhile(slice => !complete.Contains(slice.Name)).All(slice => complete.Contains(slice.Name));
    }
}
