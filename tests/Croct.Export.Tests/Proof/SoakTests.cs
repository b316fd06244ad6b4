using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>
/// A long export with all that goes wrong on the way: one request in twenty fails, in every way that can be overcome, events are added and arrive
/// late while it runs, and it is broken off again and again and goes on in a new client. The long form:
/// <c>dotnet test tests/Croct.Export.Tests -p:LongProofs=true --filter "Name=Soaks_millions_of_events" --logger "console;verbosity=detailed"</c>.
/// </summary>
[NonParallelizable]
[Proof]
public class SoakTests
{
    private const long MostGrowthBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(1);

    private static readonly string[] Failures =
        ["408", "429", "429-date", "500", "502", "503", "504", "empty-body", "reset", "reset-body", "cut", "stall"];

    [Test]
    public Task Loses_nothing_and_duplicates_nothing() => SoakAsync(events: 15_000, pageSize: 50, pagesOfAClient: 100);

    // Minutes are what it is about.
    [Test, Category("Long"), CancelAfter(900_000)]
    public Task Soaks_millions_of_events() => SoakAsync(events: 2_400_000, pageSize: 500, pagesOfAClient: 300);

    private static async Task SoakAsync(long events, int pageSize, int pagesOfAClient)
    {
        var clock = Stopwatch.StartNew();
        using var unobserved = new UnobservedExceptions();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions
        {
            Events = events / 2,
            RequestLogSize = 0,

            // No page is kept in the sandbox's cache when a fault hits its request: what this process holds is not to grow by that.
            Faults = [.. Failures.Select(name => (SandboxFault)$"{name}:rate={0.05 / Failures.Length:F6}"), "latency:ms=0"],
        });
        using var connections = new OpenConnections(sandbox.BaseAddress.Port);
        var (store, growth, rows) = (new MemoryCursorStore(), new Growth(events), new Sum());
        var (clients, pages, atAQuarter) = (0, 0L, 0L);

        while (true)
        {
            var (isAtEnd, pagesLeft) = (false, pagesOfAClient);
            var client = ClientOf(sandbox, pageSize);
            using var caller = new CancellationTokenSource();
            try
            {
                await client.ExportEventPagesAsync(store, async (page, _) =>
                {
                    // Broken off in three ways: before the page is dealt with, or behind it by the caller or with the client.
                    if (--pagesLeft == 0 && clients % 3 == 0) throw new BrokenOffException();
                    foreach (var e in page.Items) rows.Add(e.Id!);
                    pages++;
                    growth.Go(sandbox, rows.Count);
                    isAtEnd = page.Count == 0;
                    if (atAQuarter == 0 && rows.Count >= events / 4) atAQuarter = GC.GetTotalMemory(forceFullCollection: true);
                    if (pagesLeft == 0 && clients % 3 == 1) await caller.CancelAsync();
                    if (pagesLeft == 0 && clients % 3 == 2) client.Dispose();
                }, cancellationToken: caller.Token);
            }
            catch (Exception exception) when (exception is BrokenOffException or OperationCanceledException or ObjectDisposedException)
            {
                Assert.That(pagesLeft, Is.LessThanOrEqualTo(0), exception.ToString());
            }

            clients++;
            client.Dispose();
            await connections.NoneAsync();
            if (isAtEnd && growth.IsOver) break;
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - atAQuarter;
        await TestContext.Out.WriteLineAsync(
            $"{rows.Count} events in {pages} pages by {clients} clients with {sandbox.RequestCount} requests over {connections.Opened} connections, at most " +
            $"{connections.Most} at once; {atAQuarter / 1024} KiB held after a quarter, " +
            $"{grown / 1024} KiB more at the end; {clock.Elapsed.TotalSeconds:F0} s.");

        Assert.That(sandbox.RequestCount, Is.GreaterThan(pages * 1.03), "requests failed");
        Assert.That(rows, Is.EqualTo(await ServedAsync(events)));
        Assert.That(grown, Is.LessThan(MostGrowthBytes));
        Assert.That(unobserved.All(), Is.Empty);
    }

    /// <summary>All events of a sandbox that grew the same way, exported in peace.</summary>
    private static async Task<Sum> ServedAsync(long events)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = events / 2 });
        new Growth(events).Go(sandbox, events);
        using var client = ClientOf(sandbox, pageSize: 1000);
        var sum = new Sum();
        await foreach (var e in client.ExportAllEventsAsync()) sum.Add(e.Id!);
        Assert.That(sum.Count, Is.EqualTo(events));
        return sum;
    }

    private static ExportClient ClientOf(SandboxServer sandbox, int pageSize) => sandbox.Client(options =>
        (options.DefaultPageSize, options.AttemptTimeout, options.MaxRetries, options.TimeProvider) =
            (pageSize, AttemptTimeout, 10, new RetriesAtOnce(AttemptTimeout)));

    private sealed class BrokenOffException : Exception;

    /// <summary>Brings the second half of the events in twenty steps while the first half is exported, one in five of them late.</summary>
    private sealed class Growth(long events)
    {
        private const int Steps = 20;
        private int _step;

        public bool IsOver => _step == Steps;

        public void Go(SandboxServer sandbox, long rows)
        {
            for (; _step < Steps && rows >= events * _step / (2 * Steps); _step++)
            {
                var added = events / 2 / Steps;
                sandbox.AppendLate(added / 5);
                sandbox.Append(added - added / 5);
            }
        }
    }

    /// <summary>A multiset of ids in a few bytes: how many there are, and the sum of their hashes, whatever their order.</summary>
    private sealed record Sum
    {
        public long Count { get; private set; }

        public UInt128 Hashes { get; private set; }

        public void Add(string id)
        {
            Count++;
            Hashes = unchecked(Hashes + BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))));
        }
    }
}
