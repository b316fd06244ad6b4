using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>
/// A long export in which everything goes wrong: one request in twenty fails, in every way that can be overcome; events are added and arrive late while it
/// runs; and it is interrupted again and again and resumes in a new client. The long form:
/// <c>dotnet test tests/Croct.Export.Tests -p:LongProofs=true --filter "Name=Soaks_millions_of_events" --logger "console;verbosity=detailed"</c>.
/// </summary>
[NonParallelizable]
[Proof]
public class SoakTests
{
    private const long MaxGrowthBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(1);

    private static readonly string[] Failures =
        ["408", "429", "429-date", "500", "502", "503", "504", "empty-body", "reset", "reset-body", "cut", "stall"];

    [Test]
    public Task Loses_nothing_and_duplicates_nothing() => SoakAsync(events: 15_000, pageSize: 50, pagesOfAClient: 100);

    // This test is meant to take minutes.
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

            // With a fault on its request, no page is cached by the sandbox, so the memory of this process does not grow with its cache.
            Faults = [.. Failures.Select(name => (SandboxFault)$"{name}:rate={0.05 / Failures.Length:F6}"), "latency:ms=0"],
        });
        using var connections = new OpenConnections(sandbox.BaseAddress.Port);
        var (store, growth, rows) = (new MemoryCursorStore(), new Growth(events), new Sum());
        var (clients, pages, atAQuarter) = (0, 0L, 0L);

        while (true)
        {
            var (isAtEnd, pagesLeft) = (false, pagesOfAClient);
            var client = CreateClient(sandbox, pageSize);
            using var caller = new CancellationTokenSource();
            try
            {
                await client.ExportEventPagesAsync(store, async (page, _) =>
                {
                    // Interrupted in three ways: before the page is processed, or after it by cancelling or by disposing the client.
                    if (--pagesLeft == 0 && clients % 3 == 0) throw new InterruptedException();
                    foreach (var e in page.Items) rows.Add(e.Id!);
                    pages++;
                    growth.Advance(sandbox, rows.Count);
                    isAtEnd = page.Count == 0;
                    if (atAQuarter == 0 && rows.Count >= events / 4) atAQuarter = GC.GetTotalMemory(forceFullCollection: true);
                    if (pagesLeft == 0 && clients % 3 == 1) await caller.CancelAsync();
                    if (pagesLeft == 0 && clients % 3 == 2) client.Dispose();
                }, cancellationToken: caller.Token);
            }
            catch (Exception exception) when (exception is InterruptedException or OperationCanceledException or ObjectDisposedException)
            {
                Assert.That(pagesLeft, Is.LessThanOrEqualTo(0), exception.ToString());
            }

            clients++;
            client.Dispose();
            await connections.WaitForNoneAsync();
            if (isAtEnd && growth.IsOver) break;
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - atAQuarter;
        await TestContext.Out.WriteLineAsync(
            $"{rows.Count} events in {pages} pages by {clients} clients with {sandbox.RequestCount} requests over {connections.Opened} connections, at most " +
            $"{connections.Peak} at once; {atAQuarter / 1024} KiB held after a quarter, " +
            $"{grown / 1024} KiB more at the end; {clock.Elapsed.TotalSeconds:F0} s.");

        Assert.That(sandbox.RequestCount, Is.GreaterThan(pages * 1.03), "requests failed");
        Assert.That(rows, Is.EqualTo(await ServedAsync(events)));
        Assert.That(grown, Is.LessThan(MaxGrowthBytes));
        Assert.That(unobserved.All(), Is.Empty);
    }

    /// <summary>All events of a sandbox that grew the same way, exported without disturbance.</summary>
    private static async Task<Sum> ServedAsync(long events)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = events / 2 });
        new Growth(events).Advance(sandbox, events);
        using var client = CreateClient(sandbox, pageSize: 1000);
        var sum = new Sum();
        await foreach (var e in client.ExportAllEventsAsync()) sum.Add(e.Id!);
        Assert.That(sum.Count, Is.EqualTo(events));
        return sum;
    }

    private static ExportClient CreateClient(SandboxServer sandbox, int pageSize) => sandbox.Client(options =>
        (options.DefaultPageSize, options.AttemptTimeout, options.MaxRetries, options.TimeProvider) =
            (pageSize, AttemptTimeout, 10, new RetriesAtOnce(AttemptTimeout)));

    private sealed class InterruptedException : Exception;

    /// <summary>Adds the second half of the events in twenty steps while the first half is exported, one in five of them late.</summary>
    private sealed class Growth(long events)
    {
        private const int Steps = 20;
        private int _step;

        public bool IsOver => _step == Steps;

        public void Advance(SandboxServer sandbox, long rows)
        {
            for (; _step < Steps && rows >= events * _step / (2 * Steps); _step++)
            {
                var added = events / 2 / Steps;
                sandbox.AppendLate(added / 5);
                sandbox.Append(added - added / 5);
            }
        }
    }

    /// <summary>A multiset of ids in a few bytes: their number and the sum of their hashes, regardless of their order.</summary>
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
