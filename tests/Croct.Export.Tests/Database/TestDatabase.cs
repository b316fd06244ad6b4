using System.Globalization;
using Npgsql;

namespace Croct.Export.Tests.Database;

/// <summary>A database of a server, as a test sees it and as the exporter does.</summary>
internal sealed class TestDatabase(PostgresServer server, string name) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString);
    private NpgsqlConnection? _locking;

    public string Name => name;

    /// <summary>The address, as on the command line, with the schema <c>croct</c>.</summary>
    public string Output => OutputAs("tests");

    /// <summary>The address with another role.</summary>
    public string OutputAs(string role) => $"postgres://{role}@/{name}?host={server.Folder}&schema=croct";

    /// <summary>The database, as messages name it.</summary>
    public string Place => $"postgres://{server.Folder}/{name}";

    /// <summary>The table of a stream, as messages name it.</summary>
    public string PlaceOf(string stream) => $"{Place}/croct.{stream}";

    /// <summary>The address of a proxy in front of the server.</summary>
    public string OutputBy(int port) => string.Create(CultureInfo.InvariantCulture, $"postgres://tests@127.0.0.1:{port}/{name}?schema=croct");

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of a query, as text; null is empty.</summary>
    public async Task<IReadOnlyList<string>> QueryAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync()) values.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
        return values;
    }

    public async Task<long> CountAsync(string table) => long.Parse((await QueryAsync($"select count(*) from {table}")).Single(), CultureInfo.InvariantCulture);

    /// <summary>Locks a table against changes until <see cref="UnlockAsync"/>.</summary>
    public async Task LockAsync(string table)
    {
        _locking = await _source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand($"begin; lock table {table} in exclusive mode", _locking);
        await command.ExecuteNonQueryAsync();
    }

    public async Task UnlockAsync()
    {
        await _locking!.DisposeAsync();
        _locking = null;
    }

    /// <summary>Loads a CSV file with a header into a table.</summary>
    public async Task LoadAsync(string table, string csv)
    {
        await using var connection = await _source.OpenConnectionAsync();
        await using var writer = await connection.BeginTextImportAsync($"copy {table} from stdin (format csv, header)");
        await writer.WriteAsync(await File.ReadAllTextAsync(csv));
    }

    public async ValueTask DisposeAsync()
    {
        if (_locking is not null) await _locking.DisposeAsync();
        await _source.DisposeAsync();
    }
}
