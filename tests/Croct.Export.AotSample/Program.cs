using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export;
using Croct.Export.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

// Exports all three streams of a sandbox in native code, with a client whose options come from configuration. Prints the number of items and the total of
// the orders, and fails if anything does, or if an item differs after it is written and read back.
if (args is not [var address, var key])
{
    await Console.Error.WriteLineAsync("Usage: Croct.Export.AotSample ADDRESS KEY, as `croct-export sandbox` prints them.");
    return 2;
}

var configuration = new ConfigurationBuilder()
    .AddInMemoryCollection(
    [
        new("BaseAddress", address), new("ApiKey", key), new("DefaultPageSize", "1000"), new("AttemptTimeout", "00:01:00"),
        new("TimeUnit", "Milliseconds"),
    ])
    .Build();
var services = new ServiceCollection();
services.AddCroctExport(configuration);
await using var provider = services.BuildServiceProvider();
var client = provider.GetRequiredService<ExportClient>();

var (events, types, total) = (0, new HashSet<EventType>(), 0m);
await foreach (var e in client.ExportAllEventsAsync())
{
    events++;
    types.Add(e.Payload!.Type);
    if (e.Payload is OrderPlaced { Order.Total: { } amount }) total += amount;
    var written = JsonSerializer.Serialize(new Row(e, e.Payload.Type), Rows.Default.Row);
    var read = JsonSerializer.Deserialize(written, Rows.Default.Row)!;
    if (read.Event.ToJson() != e.ToJson() || read.Type != e.Payload.Type)
        throw new InvalidOperationException($"{e} is {read.Event} after it is written and read back.");
}

var sessions = 0;
await foreach (var _ in client.ExportAllSessionsAsync()) sessions++;

var (users, raw) = (0, 0L);
await foreach (var page in client.ExportRawPagesAsync(ExportStream.Users))
{
    users += page.Count;
    raw += page.Items.Sum(item => (long)item.Length);
}

Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{events} events of {types.Count} types, orders of {total}; {sessions} sessions; {users} users in {raw} bytes"));
return 0;

internal sealed record Row(Event Event, EventType Type);

[JsonSerializable(typeof(Row))]
internal sealed partial class Rows : JsonSerializerContext;
