using System.Reflection;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Readmes;
using Croct.Export.Tests.Wire;
using Npgsql;

namespace Croct.Export.Tests.Database;

/// <summary>The README's loop for a database, unchanged, on a real PostgreSQL server: every row is there once, however the loop was interrupted.</summary>
[Category("Long")]
public class WarehouseTests
{
    private const string Tables =
        """
        create table events (id text, time bigint, item json not null, primary key (id, time));
        create table checkpoints (export text primary key, cursor text);
        create sequence saves;
        """;

    /// <summary>Kills the connection at every second page; a sequence is not rolled back.</summary>
    private const string Kill =
        """
        create function kill() returns trigger language plpgsql as $$
        begin
            if nextval('saves') % 2 = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
            return new;
        end $$;
        """;

    private static readonly Lazy<MethodInfo> Loop = new(() =>
        ReadmeTests.Load(Readme.Library.Snippets.Single(snippet => snippet.Contains("class Warehouse", StringComparison.Ordinal)))
            .GetType("Warehouse", throwOnError: true)!.GetMethod("ExportEventsAsync", BindingFlags.Public | BindingFlags.Static)!);

    [TestCase(
        "create trigger kill before insert on checkpoints for each row execute function kill()",
        TestName = "Every_row_is_stored_once_when_the_connection_ends_between_the_rows_and_the_checkpoint({0})")]
    [TestCase(
        "create constraint trigger kill after insert or update on checkpoints deferrable initially deferred for each row execute function kill()",
        TestName = "Every_row_is_stored_once_when_the_connection_ends_during_the_commit({0})")]
    public async Task Every_row_is_stored_once(string trigger)
    {
        await using var server = await PostgresServer.StartAsync();
        foreach (var end in Enum.GetValues<SandboxEndOfData>())
        {
            await using var database = NpgsqlDataSource.Create(server.ConnectionString);
            await ExecuteAsync(database, $"drop schema public cascade; create schema public; {Tables}{Kill}{trigger}");
            await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 400, EndOfData = end });

            var kills = await ExportToEndAsync(sandbox, database);
            sandbox.Append(150);
            kills += await ExportToEndAsync(sandbox, database);

            Assert.That(kills, Is.GreaterThan(5), $"{end}");
            Assert.That(await ReadIdsAsync(database), Is.EquivalentTo(await ReadServedIdsAsync(sandbox)), $"{end}");
        }
    }

    [Test]
    public async Task Every_row_is_stored_once_when_the_export_is_cancelled_at_any_page()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 400, EndOfData = SandboxEndOfData.NullCursor });
        var cancelled = 0;
        for (var isComplete = false; !isComplete;)
        {
            using var caller = new CancellationTokenSource();
            using var handler = new CancellingHandler(caller, requests: 2);
            using var client = sandbox.Client(options => (options.DefaultPageSize, options.ReadAhead, options.HttpMessageHandler) = (50, 0, handler));
            try
            {
                await ExportAsync(client, database, caller.Token);
                isComplete = true;
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }

        Assert.That(cancelled, Is.GreaterThan(5));
        Assert.That(await ReadIdsAsync(database), Is.EquivalentTo(await ReadServedIdsAsync(sandbox)));
    }

    private static async Task<int> ExportToEndAsync(SandboxServer sandbox, NpgsqlDataSource database)
    {
        using var client = sandbox.Client(options => options.DefaultPageSize = 50);
        for (var kills = 0; ; kills++)
        {
            try
            {
                await ExportAsync(client, database, CancellationToken.None);
                return kills;
            }
            catch (NpgsqlException)
            {
                Assert.That(kills, Is.LessThan(100));
            }
        }
    }

    private static Task ExportAsync(ExportClient client, NpgsqlDataSource database, CancellationToken cancellationToken) =>
        (Task)Loop.Value.Invoke(null, [client, database, cancellationToken])!;

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> ReadIdsAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("select id from events");
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<string>();
        while (await reader.ReadAsync()) ids.Add(reader.GetString(0));
        return ids;
    }

    private static async Task<List<string>> ReadServedIdsAsync(SandboxServer sandbox)
    {
        using var client = sandbox.Client();
        return await client.ExportAllEventsAsync().Select(e => e.Id!).ToListAsync();
    }

    /// <summary>Cancels after it has received the response to a request.</summary>
    private sealed class CancellingHandler(CancellationTokenSource caller, int requests)
        : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        private int _requests;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (++_requests == requests) await caller.CancelAsync();
            return response;
        }
    }
}
