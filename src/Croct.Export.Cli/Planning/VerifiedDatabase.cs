using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Databases;
using Croct.Export.Cli.Destinations.Datasets;
using Croct.Export.Cli.Running;
using Croct.Export.Cli.Verifying;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Planning;

/// <summary>The tables of a database to verify.</summary>
/// <param name="Output">The address, as on the command line.</param>
/// <param name="Address">The address.</param>
/// <param name="Options">How it is accessed.</param>
internal sealed record VerifiedDatabase(string Output, DatabaseAddress Address, DatabaseOptions Options) : VerifiedPlace(Output)
{
    public override async Task<OpenPlace> OpenAsync(VerifyPlan plan)
    {
        var database = new Database(Address, Options, onRetry: null);
        try
        {
            var tables = ContractDocument.Current.Streams.Select(stream => new StreamTable(database, stream)).ToList();
            var schema = new DatabaseSchema(database);
            SqlTable[] own = [StreamTable.Keys, ExportRecord.Table];
            var existing = await schema.FindAsync([.. tables.Select(table => table.Definition), .. own]);
            if (own.Except(existing).Any()) throw CreateNothingError(database);
            if (plan.IsRepair) await schema.PrepareAsync(existing);

            var streams = new List<VerifiedStream>();
            foreach (var table in tables.Where(table => existing.Contains(table.Definition)))
            {
                var records = await ExportRecord.ReadAllAsync(database, table.Definition.Name);
                if (records.Count > 0) streams.Add(CreateStream(plan, database, table, records));
            }

            return streams.Count > 0 ? new OpenPlace(streams, database) : throw CreateNothingError(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static UsageException CreateNothingError(Database database) =>
        new($"'{database.Name}' has no exports in the schema {database.Schema}: it must be a database and schema that was exported to.");

    private VerifiedStream CreateStream(VerifyPlan verify, Database database, StreamTable table, IReadOnlyList<ExportRecord> records)
    {
        var request = records[0].Request;
        var found = records.ToDictionary(record => record.Slice, StringComparer.Ordinal);
        var plan = verify.CreatePlan(
            request,
            FormatPlan.Database,
            new DatabasePlan { Address = Address, Options = Options, SliceBy = request.SliceBy, Settle = verify.Settle, Share = null });
        return new VerifiedStream(
            table.Name,
            request,
            request.SliceBy is { } length ? [.. records.Select(record => new Slice(record.Request.Start!.Value, length))] : [],
            Problems: [],
            CreateVerification);

        DatasetVerification CreateVerification(DatasetResult result, VerifiedApi? api)
        {
            var (slice, name) = (result.Slice, result.Slice?.Name ?? "");
            var its = request with { Start = slice?.Start ?? request.Start, End = slice?.End ?? request.End };
            var comparison = api is null ? null : new TableComparison(
                api.Client, () => VerifyPlan.CreateOptions(plan, its), () => FormatPlan.Database.CreateFormat(request.Stream, Output));
            return new TableVerification(
                database, table, (its.Start, its.End), found.GetValueOrDefault(name), comparison, verify.IsRepair ? OpenAsync : null, result);

            Task<(ExportClient Client, StreamExport Export)?> OpenAsync(CancellationToken cancellationToken) => verify.OpenExportAsync(
                plan,
                slice,
                api!,
                async () => (Destination)await DatabaseWriter.OpenAsync(database, table, name, its, api!.Source.TimeUnit),
                cancellationToken);
        }
    }
}
