using System.Globalization;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.CommandLine;
using Croct.Export.Tests.Readmes;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Database;

/// <summary>The queries for PostgreSQL in the README give what the library counts.</summary>
public class ReadmeQueryTests
{
    private static readonly string[] Queries =
        [.. Readme.Exporter.CodeBlocks("postgresql").Single().Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private SandboxServer _sandbox = null!;
    private TestDatabase _database = null!;

    [SetUp]
    public async Task ExportAsync()
    {
        _database = await SharedServer.CreateAsync();
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 4000, Start = DateTimeOffset.UtcNow.AddDays(-3) });
        using var exporter = new Exporter();
        await exporter.RunAsync(
            "all", "--api-key", _sandbox.ApiKey, "--base-address", _sandbox.BaseAddress.AbsoluteUri, "--quiet", "--output", _database.Output);
    }

    [TearDown]
    public async Task DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
        if (_sandbox is not null) await _sandbox.DisposeAsync();
    }

    [Test]
    public async Task Revenue_per_day_and_currency()
    {
        using var client = _sandbox.Client();
        var revenue = (await client.ExportAllEventsAsync().ToListAsync())
            .Select(e => (Day: e.TimestampUtc!.Value.Date, (e.Payload as OrderPlaced)?.Order))
            .Where(order => order.Order is not null)
            .GroupBy(order => (order.Day, order.Order!.Currency), order => order.Order!.Total)
            .OrderBy(group => group.Key)
            .Select(group => Row(group.Key.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), group.Key.Currency, group.Count(), group.Sum()))
            .ToList();

        Assert.That(revenue, Has.Count.GreaterThan(1));
        Assert.That(await QueryAsync(0, "day", "currency", "orders", "trim_scale(revenue)"), Is.EqualTo(revenue));
    }

    [Test]
    public async Task From_product_to_order_by_device()
    {
        using var client = _sandbox.Client();
        var devices = (await client.ExportAllSessionsAsync().ToListAsync())
            .ToDictionary(session => session.SessionId!.Value, session => session.Client?.Device?.Category?.Value);
        var events = await client.ExportAllEventsAsync().Where(e => e.Payload is ProductViewed or OrderPlaced).ToListAsync();
        var steps = events.GroupBy(e => e.SessionId!.Value).Select(group => (
            Device: devices.GetValueOrDefault(group.Key),
            Viewed: group.Where(e => e.Payload is ProductViewed).Min(e => e.Timestamp),
            Ordered: group.Where(e => e.Payload is OrderPlaced).Max(e => e.Timestamp)));
        var funnel = steps.GroupBy(step => step.Device)
            .Select(group => Row(group.Key, group.Count(step => step.Viewed is not null), group.Count(step => step.Ordered > step.Viewed)))
            .ToList();

        Assert.That(funnel, Has.Count.GreaterThan(1));
        Assert.That(await QueryAsync(1, "device", "viewed", "ordered"), Is.EquivalentTo(funnel));
    }

    [Test]
    public async Task Sessions_per_country()
    {
        using var client = _sandbox.Client();
        var countries = (await client.ExportAllSessionsAsync().ToListAsync()).GroupBy(session => session.Location?.Country)
            .Select(group => Row(group.Key, group.Count(), group.Select(session => session.UserId).Distinct().Count()))
            .ToList();

        Assert.That(countries, Has.Count.GreaterThan(1));
        Assert.That(await QueryAsync(2, "country", "sessions", "users"), Is.EquivalentTo(countries));
    }

    [Test]
    public async Task Need_not_read_a_whole_table([Range(0, 2)] int query)
    {
        await _database.ExecuteAsync("analyze");

        // The tables of this test are so small that they would be read as a whole if an index is not cheaper.
        var plan = await _database.QueryAsync($"set enable_seqscan = off; explain {Queries[query]}");

        Assert.That(plan, Has.Some.Contains("_idx"));
        Assert.That(plan, Has.Some.Contains("Index Cond"));
        Assert.That(plan, Has.None.Contains("Seq Scan"));
    }

    private Task<IReadOnlyList<string>> QueryAsync(int query, params string[] columns)
    {
        var cells = string.Join(", ", columns.Select(column => $"coalesce({column}::text, '')"));
        return _database.QueryAsync($"select concat_ws('|', {cells}) from ({Queries[query]}) q");
    }

    private static string Row(params object?[] cells) => string.Join('|', cells.Select(cell => cell is decimal number
        ? number.ToString("0.#########", CultureInfo.InvariantCulture)
        : Convert.ToString(cell, CultureInfo.InvariantCulture)));
}
