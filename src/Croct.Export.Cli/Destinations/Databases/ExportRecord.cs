using System.Text.Json;
using Croct.Export.Cli.Destinations.Datasets;
using Npgsql;
using NpgsqlTypes;

namespace Croct.Export.Cli.Destinations.Databases;

/// <summary>The progress of an export into a database: a row that changes in the same transactions that add the exported rows.</summary>
internal sealed record ExportRecord
{
    public static readonly SqlTable Table = new(
        "croct_exports",
        [
            new("stream", "text", "The stream: events, sessions or users.", IsRequired: true),
            new("slice", "text", "The slice, such as 2026-11-01; empty without slices.", IsRequired: true),
            new("request", "json", "What is exported, from where.", IsRequired: true),
            new("cursor", "text", "The cursor after the rows; null for the beginning of the window."),
            new("time_unit", "text", "The unit in which the window is sent to the API; null until it is known."),
            new("rows", "bigint", "The number of rows that were added or changed.", IsRequired: true),
            new("newest", "timestamp with time zone", "The latest time of these rows."),
            new("is_complete", "boolean", "Whether the end of the window has been reached.", IsRequired: true),
            new("revision", "bigint", "The number of transactions that added rows.", IsRequired: true),
            new("writer", "uuid", "The process that committed the last of them."),
            new("updated_at", "timestamp with time zone", "When it was committed.", IsRequired: true),
        ],
        ["stream", "slice"]);

    private const string Columns = "slice, request::text, cursor, time_unit, rows, newest, is_complete, revision, writer";

    public required string Slice { get; init; }

    public required DatasetRequest Request { get; init; }

    public required string? Cursor { get; init; }

    public required TimeUnit? TimeUnit { get; init; }

    public required long Rows { get; init; }

    public required DateTimeOffset? Newest { get; init; }

    public required bool IsComplete { get; init; }

    public required long Revision { get; init; }

    public required Guid? Writer { get; init; }

    /// <summary>All records of a stream.</summary>
    public static Task<IReadOnlyList<ExportRecord>> ReadAllAsync(Database database, string stream) => database.RunAsync(async connection =>
        await ReadAsync(database, connection, "where stream = $1 order by slice", stream));

    /// <summary>The record of an export, which is created if it does not exist. Waits until a transaction that is changing it has ended.</summary>
    public static Task<ExportRecord> OpenAsync(Database database, string stream, string slice, DatasetRequest request) =>
        database.RunAsync(async connection =>
        {
            await using var insert = new NpgsqlCommand(
                $"""
                insert into {database.GetTable(Table.Name)} (stream, slice, request, rows, is_complete, revision, updated_at)
                values ($1, $2, $3, 0, false, 0, now()) on conflict do nothing
                """,
                connection);
            var json = JsonSerializer.Serialize(request, DatasetJson.Default.DatasetRequest);
            Add(insert, stream, slice);
            insert.Parameters.Add(new NpgsqlParameter<string>(null!, NpgsqlDbType.Json) { TypedValue = json });
            await insert.ExecuteNonQueryAsync();
            return (await FindAsync(database, connection, stream, slice, "for update"))!;
        });

    /// <summary>
    /// Moves the record on, unless it is not as it is here any more. A commit whose success did not arrive counts: then the record is already there.
    /// </summary>
    /// <param name="database">The database.</param>
    /// <param name="connection">The connection, in the transaction that adds the rows.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="next">The record to be, with the number of rows of the transaction added.</param>
    /// <returns>The record as it is now.</returns>
    /// <exception cref="UsageException">Another process has moved it, or it was deleted.</exception>
    /// <exception cref="StoreException">The server has lost commits.</exception>
    public async Task<ExportRecord> MoveAsync(Database database, NpgsqlConnection connection, string stream, ExportRecord next)
    {
        await using var update = new NpgsqlCommand(
            $"""
            update {database.GetTable(Table.Name)}
            set cursor = $3, time_unit = $4, rows = $5, newest = $6, revision = $7, writer = $8, is_complete = false, updated_at = now()
            where stream = $1 and slice = $2 and revision = $9 and cursor is not distinct from $10
            """,
            connection);
        Add(update, stream, Slice, next.Cursor, next.TimeUnit?.ToString());
        Add(update, next.Rows);
        update.Parameters.Add(new() { Value = (object?)next.Newest?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        Add(update, next.Revision);
        Add(update, next.Writer!.Value);
        Add(update, Revision);
        Add(update, Cursor);
        if (await update.ExecuteNonQueryAsync() == 1) return next;
        var now = await FindAsync(database, connection, stream, Slice);
        if (now is not null && now.Revision == next.Revision && now.Writer == next.Writer) return now;
        throw CreateConflictError(database, stream, now);
    }

    /// <summary>Records that the end of the window was reached.</summary>
    /// <exception cref="UsageException">Another process has moved the record, or it was deleted.</exception>
    /// <exception cref="StoreException">The server has lost commits.</exception>
    public Task CompleteAsync(Database database, string stream) => database.RunAsync(async connection =>
    {
        await using var update = new NpgsqlCommand(
            $"update {database.GetTable(Table.Name)} set is_complete = true where stream = $1 and slice = $2 and revision = $3", connection);
        Add(update, stream, Slice);
        Add(update, Revision);
        if (await update.ExecuteNonQueryAsync() == 1) return true;
        throw CreateConflictError(database, stream, await FindAsync(database, connection, stream, Slice));
    });

    /// <summary>The record of an export; null if there is none.</summary>
    public static Task<ExportRecord?> FindAsync(Database database, string stream, string slice) =>
        database.RunAsync(connection => FindAsync(database, connection, stream, slice));

    private static async Task<ExportRecord?> FindAsync(Database database, NpgsqlConnection connection, string stream, string slice, string locking = "") =>
        (await ReadAsync(database, connection, $"where stream = $1 and slice = $2 {locking}", stream, slice)).SingleOrDefault();

    private static async Task<IReadOnlyList<ExportRecord>> ReadAsync(Database database, NpgsqlConnection connection, string where, params string[] values)
    {
        await using var command = new NpgsqlCommand($"select {Columns} from {database.GetTable(Table.Name)} {where}", connection);
        Add(command, values);
        await using var reader = await command.ExecuteReaderAsync();
        var records = new List<ExportRecord>();
        while (await reader.ReadAsync())
        {
            records.Add(new ExportRecord
            {
                Slice = reader.GetString(0),
                Request = ParseRequest(database, reader.GetString(1)),
                Cursor = await reader.IsDBNullAsync(2) ? null : reader.GetString(2),
                TimeUnit = await reader.IsDBNullAsync(3) || !Enum.TryParse<TimeUnit>(reader.GetString(3), out var unit) ? null : unit,
                Rows = reader.GetInt64(4),
                Newest = await reader.IsDBNullAsync(5) ? null : DateTime.SpecifyKind(reader.GetDateTime(5), DateTimeKind.Utc),
                IsComplete = reader.GetBoolean(6),
                Revision = reader.GetInt64(7),
                Writer = await reader.IsDBNullAsync(8) ? null : reader.GetGuid(8),
            });
        }

        return records;
    }

    /// <summary>
    /// Describes why the record is not as it was here. After a crash or a failover, a server may lack the last commits, with the rows in them: the same
    /// command continues after what it has.
    /// </summary>
    private Exception CreateConflictError(Database database, string stream, ExportRecord? now) => now is not null && now.Revision < Revision
        ? new StoreException(
            $"'{database.Name}': the server has lost transactions that it had committed, so this export stopped.", StoreFailure.Temporary, inner: null)
        : new UsageException(
            $"'{database.Name}': another process is exporting {stream}{(Slice.Length > 0 ? $" of {Slice}" : "")} into the schema {database.Schema}, " +
            "so this one stopped; no row is there twice. Let one of them finish, and run the command again.");

    private static DatasetRequest ParseRequest(Database database, string json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, DatasetJson.Default.DatasetRequest) is { } request) return request;
        }
        catch (JsonException)
        {
            // Reported below, like a null.
        }

        throw new UsageException(
            $"'{database.Name}': a request in {database.Schema}.{Table.Name} was changed, or written by another version of croct-export. " +
            "Delete its row to export its window again, which duplicates nothing.");
    }

    private static void Add(NpgsqlCommand command, params string?[] values)
    {
        foreach (var value in values) command.Parameters.Add(new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }

    private static void Add<T>(NpgsqlCommand command, T value)
        where T : struct => command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
}
