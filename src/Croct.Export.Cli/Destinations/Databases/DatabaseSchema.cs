using Npgsql;

namespace Croct.Export.Cli.Destinations.Databases;

/// <summary>Creates what is missing of tables, and refuses those of another shape. Rights to create are only needed for what is missing.</summary>
/// <param name="database">The database.</param>
internal sealed class DatabaseSchema(Database database)
{
    private const int MaxDifferences = 5;

    /// <summary>Creates the tables and columns that are missing.</summary>
    /// <exception cref="UsageException">A table has another shape.</exception>
    public Task PrepareAsync(IReadOnlyList<SqlTable> tables) => database.RunAsync(async connection =>
    {
        // Two exports that begin at the same time would both create them.
        await ExecuteAsync(connection, "select pg_advisory_xact_lock(hashtextextended('croct-export', 0))");
        var existing = await ReadAsync(connection, tables);
        Check(tables, existing);
        if (existing.Count == 0) await CreateSchemaAsync(connection);
        foreach (var table in tables)
        {
            var name = database.GetTable(table.Name);
            if (!existing.TryGetValue(table.Name, out var found))
            {
                await ExecuteAsync(connection, table.ToSql(name));
                continue;
            }

            foreach (var column in table.Columns.Where(column => !found.Columns.ContainsKey(column.Name)))
            {
                await ExecuteAsync(connection, $"ALTER TABLE {name} ADD COLUMN {column.ToSql()};\n{column.ToComment(name)}");
            }
        }

        return true;
    });

    /// <summary>Finds which of the tables exist.</summary>
    /// <exception cref="UsageException">One of them has another shape.</exception>
    public Task<IReadOnlyList<SqlTable>> FindAsync(IReadOnlyList<SqlTable> tables) => database.RunAsync<IReadOnlyList<SqlTable>>(async connection =>
    {
        var existing = await ReadAsync(connection, tables);
        Check(tables, existing);
        return [.. tables.Where(table => existing.ContainsKey(table.Name))];
    });

    /// <summary>
    /// Creates the indexes of a table that are missing, if the role may. An index that begins with the same columns, whatever its name, counts.
    /// </summary>
    public Task CreateIndexesAsync(string table, IEnumerable<IReadOnlyList<string>> indexes) => database.RunAsync(async connection =>
    {
        // Two exports that end at the same time would both create them. An export that begins does not wait for this lock.
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock(hashtextextended('croct-export indexes of {table}', 0))");
        var existing = new List<string>();
        await using (var command = new NpgsqlCommand(
            """
            select string_agg(a.attname, ' ' order by k.position)
            from pg_index i cross join lateral unnest(i.indkey) with ordinality k(number, position)
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
            where i.indrelid = $1::regclass and i.indisvalid and i.indpred is null and i.indexprs is null and k.position <= i.indnkeyatts
            group by i.indexrelid
            union all select null from pg_class
            where oid = $1::regclass and not (pg_has_role(relowner, 'usage') and has_schema_privilege(relnamespace, 'create'))
            """,
            connection)
        { Parameters = { new() { Value = database.GetTable(table) } } })
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                if (await reader.IsDBNullAsync(0)) return false;
                existing.Add(reader.GetString(0) + " ");
            }
        }

        foreach (var columns in indexes)
        {
            if (existing.Exists(index => index.StartsWith(string.Join(' ', columns) + " ", StringComparison.Ordinal))) continue;
            await ExecuteAsync(connection, $"CREATE INDEX ON {database.GetTable(table)} ({string.Join(", ", columns.Select(SqlTable.Quote))})");
        }

        return true;
    });

    private void Check(IReadOnlyList<SqlTable> tables, Dictionary<string, Existing> existing)
    {
        var differences = tables.SelectMany(table => existing.TryGetValue(table.Name, out var found) ? FindDifferences(table, found) : []).ToList();
        if (differences.Count == 0) return;
        throw new UsageException(
            $"'{database.Name}' has tables of another shape in the schema {database.Schema}: {string.Join("; ", differences.Take(MaxDifferences))}" +
            $"{(differences.Count > MaxDifferences ? "; ..." : "")}. Change or rename them, or pass another schema in --output.");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task CreateSchemaAsync(NpgsqlConnection connection)
    {
        // With IF NOT EXISTS, the right to create schemas would be needed even for an existing one.
        await using var command = new NpgsqlCommand("select 1 from pg_namespace where nspname = $1", connection);
        command.Parameters.Add(new() { Value = database.Schema });
        if (await command.ExecuteScalarAsync() is null) await ExecuteAsync(connection, $"CREATE SCHEMA {SqlTable.Quote(database.Schema)}");
    }

    /// <summary>The tables of these names that exist.</summary>
    private async Task<Dictionary<string, Existing>> ReadAsync(NpgsqlConnection connection, IReadOnlyList<SqlTable> tables)
    {
        var existing = new Dictionary<string, Existing>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(
            $"""
            select c.relname::text, c.relkind in ('r', 'p'), a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                a.atthasdef or a.attidentity <> '', null
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace = (select oid from pg_namespace where nspname = $1) and c.relname in ({GetNames(tables)})
            union all
            select c.relname::text, true, null, null, null, null, string_agg(a.attname::text, ' ' order by a.attname::text)
            from pg_class c
            join pg_index i on i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null
                and to_jsonb(i)->>'indnullsnotdistinct' is distinct from 'true'
            join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1])
            where c.relnamespace = (select oid from pg_namespace where nspname = $1) and c.relname in ({GetNames(tables)})
            group by c.relname, i.indexrelid
            """,
            connection)
        { Parameters = { new() { Value = database.Schema } } };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var name = reader.GetString(0);
            if (!existing.TryGetValue(name, out var table)) existing[name] = table = new Existing(reader.GetBoolean(1), [], []);
            if (!await reader.IsDBNullAsync(2)) table.Columns[reader.GetString(2)] = new(reader.GetString(3), reader.GetBoolean(4), reader.GetBoolean(5));
            else table.Keys.Add(reader.GetString(6));
        }

        return existing;
    }

    private static string GetNames(IReadOnlyList<SqlTable> tables) => string.Join(", ", tables.Select(table => $"'{table.Name}'"));

    private static IEnumerable<string> FindDifferences(SqlTable table, Existing existing)
    {
        if (!existing.IsTable)
        {
            yield return $"{table.Name} is not a table";
            yield break;
        }

        foreach (var column in table.Columns)
        {
            if (!existing.Columns.TryGetValue(column.Name, out var its)) continue;
            if (its.Type != column.Type) yield return $"{table.Name}.{column.Name} is {its.Type}, but must be {column.Type}";
            else if (its.IsRequired && !column.IsRequired) yield return $"{table.Name}.{column.Name} is NOT NULL, but must accept null";
        }

        foreach (var (name, its) in existing.Columns.OrderBy(column => column.Key, StringComparer.Ordinal))
        {
            if (!its.IsRequired || its.HasDefault || table.Columns.Any(column => column.Name == name)) continue;
            yield return $"{table.Name}.{name} is NOT NULL without a default, and is not a column of croct-export";
        }

        if (!existing.Keys.Contains(string.Join(' ', table.Key.Order(StringComparer.Ordinal))))
        {
            yield return $"{table.Name} has no unique constraint on ({string.Join(", ", table.Key)})";
        }
    }

    /// <summary>A table or something else with its name.</summary>
    /// <param name="IsTable">Whether rows can be added to it as to a table.</param>
    /// <param name="Columns">Its columns.</param>
    /// <param name="Keys">The columns of each unique index, in alphabetical order, separated by spaces.</param>
    private sealed record Existing(bool IsTable, Dictionary<string, ExistingColumn> Columns, List<string> Keys);

    private sealed record ExistingColumn(string Type, bool IsRequired, bool HasDefault);
}
