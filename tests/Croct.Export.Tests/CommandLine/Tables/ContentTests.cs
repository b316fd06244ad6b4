using System.Globalization;
using System.Text.Json;
using Croct.Export.Models;
using Croct.Export.Sandbox;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>The content of the columns, compared with the NDJSON of the same export by a program that wrote neither of them.</summary>
public class ContentTests
{
    private const int Items = 6000;

    [TestCase("events", "id", "id")]
    [TestCase("sessions", "session_id", "sessionId", Category = "Long")]
    [TestCase("users", "user_id", "userId")]
    public async Task Every_column_has_the_value_of_the_item(string stream, string id, string idField)
    {
        var parquet = Duck.Parquet(await ExportAsync(stream, "parquet"));
        var lines = $"(SELECT json AS item FROM read_ndjson_objects('{await ExportAsync(stream, "ndjson")}'))";
        var joined = $"{parquet} t JOIN {lines} n ON t.{id} = (n.item->>'$.{idField}')";
        Assert.That(Duck.Value($"SELECT count(*) FROM {joined}"), Is.EqualTo((long)Items));

        var columns = (await DocumentedColumn.OfAsync(stream)).Where(column => column.Type != "json").ToList();
        var counts = columns.Select(column =>
        {
            var received = $"(({ColumnSources.Expression(stream, column.Name)})->>'$')";
            var (cell, expected) = column.Type switch
            {
                "timestamp" => ($"epoch_ms(t.{column.Name})", $"({received})::BIGINT"),
                "text" => ($"t.{column.Name}", received),
                _ => ($"t.{column.Name}", $"({received})::{column.SqlType}"),
            };
            return $"count(*) FILTER ({cell} IS DISTINCT FROM {expected}), count({cell})";
        });
        var found = Duck.Query($"SELECT {string.Join(", ", counts)} FROM {joined}").Single();

        Assert.Multiple(() =>
        {
            for (var i = 0; i < columns.Count; i++)
            {
                Assert.That(found[2 * i], Is.Zero, $"cells of {columns[i].Name} that are not as received");
                Assert.That(found[(2 * i) + 1], Is.Positive, $"cells of {columns[i].Name} that are filled");
            }
        });
    }

    [TestCase("events")]
    [TestCase("sessions", Category = "Long")]
    [TestCase("users", Category = "Long")]
    public async Task A_json_column_has_the_json_as_received(string stream)
    {
        var items = (await File.ReadAllLinesAsync(await ExportAsync(stream, "ndjson"))).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var columns = ColumnSources.ColumnsOf(stream).Where(column => (string)column["type"]! == "json" && (string?)column["as"] != "rest");
        foreach (var column in columns.Select(column => (string)column["name"]!))
        {
            var cells = Duck.Values($"SELECT {column}::VARCHAR FROM {Duck.Parquet(await ExportAsync(stream, "parquet"))}");

            Assert.That(cells, Is.EqualTo(items.Select(item => ColumnSources.JsonOf(item, stream, column))), column);
            Assert.That(cells, Has.Some.Not.Null, column);
        }
    }

    [TestCase("events")]
    [TestCase("sessions")]
    [TestCase("users")]
    public async Task Extra_has_only_what_no_other_column_has(string stream)
    {
        var parquet = Duck.Parquet(await ExportAsync(stream, "parquet"));

        var names = Duck.Values($"SELECT DISTINCT unnest(json_keys(extra)) FROM {parquet}");

        Assert.That(names, Is.SubsetOf(ColumnSources.WithoutJsonColumn(stream)));
    }

    [TestCase("events")]
    [TestCase("sessions")]
    [TestCase("users", Category = "Long")]
    public async Task Csv_has_the_same_content_as_parquet(string stream)
    {
        var columns = await DocumentedColumn.OfAsync(stream);
        var csv = Duck.Csv(await ExportAsync(stream, "csv"), columns);
        var parquet = Duck.Parquet(await ExportAsync(stream, "parquet"));

        Assert.That(Duck.Query($"SELECT * FROM {csv} EXCEPT ALL SELECT * FROM {parquet}"), Is.Empty);
        Assert.That(Duck.Value($"SELECT count(*) FROM {csv}"), Is.EqualTo((long)Items));
    }

    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task Sums_and_type_counts_match_those_of_the_models(string format)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = Items });
        using var client = new ExportClient(new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress, DefaultPageSize = 1000 });
        var events = new List<Event>();
        await foreach (var item in client.ExportAllEventsAsync()) events.Add(item);
        var file = await ExportAsync("events", format);
        var table = format == "csv" ? Duck.Csv(file, await DocumentedColumn.OfAsync("events")) : Duck.Parquet(file);

        var types = Duck.Query($"SELECT type, count(*) FROM {table} GROUP BY type").ToDictionary(row => (string)row[0]!, row => (long)row[1]!);
        var sums = Duck.Query($"SELECT sum(order_total), sum(cart_total), sum(product_display_price), sum(goal_value) FROM {table}").Single();

        Assert.That(types, Is.EquivalentTo(events.GroupBy(e => e.Payload!.Type.Value).ToDictionary(group => group.Key, group => group.LongCount())));
        Assert.That(types.Keys, Is.EquivalentTo(EventType.KnownValues.Select(type => type.Value)));
        Assert.That(sums, Is.EqualTo(new object?[]
        {
            events.Sum(e => (e.Payload as OrderPlaced)?.Order?.Total),
            events.Sum(e => (e.Payload as CartViewed)?.Cart?.Total ?? (e.Payload as CartModified)?.Cart?.Total ?? (e.Payload as CartAbandoned)?.Cart?.Total
                ?? (e.Payload as CheckoutStarted)?.Cart?.Total ?? (e.Payload as ProductAbandoned)?.Cart?.Total),
            events.Sum(e => (e.Payload as ProductViewed)?.Product?.DisplayPrice ?? (e.Payload as ProductAbandoned)?.CartItem?.Product?.DisplayPrice),
            events.Sum(e => (e.Payload as GoalCompleted)?.Value is { } value ? decimal.Parse(value, CultureInfo.InvariantCulture) : default(decimal?)),
        }));
        Assert.That(sums, Is.All.GreaterThan(0m));
    }

    private static Task<string> ExportAsync(string stream, string format) => SandboxFiles.OfAsync(stream, Items, format);
}
