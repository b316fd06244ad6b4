using System.Globalization;
using Croct.Export;
using Croct.Export.Models;

// Exports all three streams of a sandbox with native code: tells how many items there are, what the orders come to, and fails loudly when anything does.
if (args is not [var address, var key])
{
    await Console.Error.WriteLineAsync("Usage: Croct.Export.AotSample ADDRESS KEY, as `croct-export sandbox` prints them.");
    return 2;
}

using var client = new ExportClient(new ExportClientOptions { BaseAddress = new Uri(address), ApiKey = key, DefaultPageSize = 1000 });

var (events, types, total) = (0, new HashSet<EventType>(), 0m);
await foreach (var e in client.ExportAllEventsAsync())
{
    events++;
    types.Add(e.Payload!.Type);
    if (e.Payload is OrderPlaced { Order.Total: { } amount }) total += amount;
}

var sessions = 0;
await foreach (var _ in client.ExportAllSessionsAsync()) sessions++;

var (users, raw) = (0, 0L);
await foreach (var page in client.ExportRawPagesAsync(ExportStream.Users))
{
    users += page.Count;
    raw += page.Items.Sum(item => (long)item.Length);
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{events} events of {types.Count} types, orders of {total}; {sessions} sessions; {users} users in {raw} bytes"));
return 0;
