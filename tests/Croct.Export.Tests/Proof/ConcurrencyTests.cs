using System.Runtime.CompilerServices;
using System.Text.Json;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>One client used by many tasks at once, and callers who stop at any moment and in any way.</summary>
[NonParallelizable]
[Proof]
public class ConcurrencyTests
{
    private static readonly string[] Failures = ["429", "500", "503", "empty-body", "reset", "reset-body", "cut"];

    [Test]
    public async Task One_client_returns_exactly_its_rows_to_each_of_64_tasks()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions
        {
            Events = 3000,
            Faults = [.. Failures.Select(name => (SandboxFault)$"{name}:rate=0.01")],
            TimeProvider = new InstantTime(),
        });
        await using var peaceful = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000 });
        using var reader = CreateClient(peaceful);
        var ids = await reader.ExportAllEventsAsync().Select(e => e.Id!).ToListAsync();
        var start = new SandboxOptions().Start;
        using var client = CreateClient(sandbox);

        // Each task has its own window of 40 events, one every ten seconds, and its own page size.
        await Task.WhenAll(Enumerable.Range(0, 64).Select(task => Task.Run(async () =>
        {
            var window = new EventExportOptions { Start = start.AddSeconds(task * 400), End = start.AddSeconds((task + 1) * 400), PageSize = 1 + (task % 13) };
            var expected = ids.Skip(task * 40).Take(40).ToList();
            Assert.That(await RowsAsync(client, window, task % 4), Is.EqualTo(expected), $"task {task}");
            Assert.That((await client.ExportEventByIdAsync(expected[task % 40])).Event!.Id, Is.EqualTo(expected[task % 40]));
        })));

        Assert.That(sandbox.Requests.Count(request => request.Faults.Count > 0), Is.GreaterThan(20));
    }

    [TestCase("pages", 0)]
    [TestCase("pages", 1)]
    [TestCase("pages", 3)]
    [TestCase("items", 0)]
    [TestCase("items", 1)]
    [TestCase("raw", 0)]
    [TestCase("raw", 1)]
    [TestCase("stored", 0)]
    [TestCase("stored", 1)]
    public async Task Cancelling_at_any_step_leaves_no_request_and_a_working_client(string family, int readAhead)
    {
        using var unobserved = new UnobservedExceptions();
        var (step, cancelled) = (0, 0);
        for (var isReached = true; isReached;)
        {
            using var stepped = new Stepped(++step, readAhead, stepped => stepped.Cancel());
            var (rows, store) = (new List<string>(), new MemoryCursorStore());
            var exception = await RunAsync(stepped, family, store, rows, stepped.Token);

            if (exception is null) Assert.That(rows, Has.Count.EqualTo(12), $"step {step}");
            else Assert.That((exception as OperationCanceledException)?.CancellationToken, Is.EqualTo(stepped.Token), $"step {step}: {exception}");
            Assert.That(rows, Is.EqualTo(Stepped.Ids.Take(rows.Count)), $"step {step}");
            Assert.That(stepped.Running, Is.Zero, $"requests under way after step {step}");
            isReached = stepped.IsDisturbed;
            cancelled += exception is null ? 0 : 1;

            if (family != "stored") rows.Clear();
            Assert.That(await RunAsync(stepped, family, store, rows, CancellationToken.None), Is.Null, $"a further export after step {step}");
            Assert.That(rows, Is.EqualTo(Stepped.Ids), $"a further export after step {step}");
        }

        await TestContext.Out.WriteLineAsync($"{step - 1} steps; {cancelled} of them ended the export.");
        Assert.That(cancelled, Is.GreaterThan(30));
        Assert.That(unobserved.All(), Is.Empty);
    }

    [TestCase("pages", 0)]
    [TestCase("pages", 1)]
    [TestCase("pages", 3)]
    [TestCase("items", 1)]
    [TestCase("raw", 1)]
    [TestCase("stored", 1)]
    public async Task Disposing_the_client_at_any_step_ends_the_export_and_leaves_no_request(string family, int readAhead)
    {
        using var unobserved = new UnobservedExceptions();
        var (step, ended) = (0, 0);
        for (var isReached = true; isReached;)
        {
            using var stepped = new Stepped(++step, readAhead, stepped => stepped.Client.Dispose());
            var rows = new List<string>();
            var exception = await RunAsync(stepped, family, new MemoryCursorStore(), rows, CancellationToken.None);

            if (exception is null) Assert.That(rows, Has.Count.EqualTo(12), $"step {step}");
            else Assert.That(exception, Is.TypeOf<ObjectDisposedException>(), $"step {step}");
            Assert.That(rows, Is.EqualTo(Stepped.Ids.Take(rows.Count)), $"step {step}");
            Assert.That(stepped.Running, Is.Zero, $"requests under way after step {step}");
            isReached = stepped.IsDisturbed;
            ended += exception is null ? 0 : 1;
        }

        await TestContext.Out.WriteLineAsync($"{step - 1} steps; {ended} of them ended the export.");
        Assert.That(ended, Is.GreaterThan(30));
        Assert.That(unobserved.All(), Is.Empty);
    }

    [TestCase(1)]
    [TestCase(3)]
    public async Task An_undisposed_enumerator_leaves_no_unobserved_failure(int readAhead)
    {
        using var unobserved = new UnobservedExceptions();
        var api = new Api(() => Responses.Page(1, "c1"), () => Responses.Status(System.Net.HttpStatusCode.Forbidden), () => Responses.Page(0, null));
        using var client = api.Client(options => options.ReadAhead = readAhead);

        var enumerator = await AbandonAsync(client);
        for (var turn = 0; turn < 1000 && (enumerator.IsAlive || api.Requests.Count < 2); turn++)
        {
            GC.Collect();
            await Task.Yield();
        }

        Assert.That((enumerator.IsAlive, api.Requests.Count), Is.EqualTo((false, 2)));
        Assert.That(unobserved.All(), Is.Empty);
        Assert.That(await client.ExportEventsAsync(), Is.Not.Null);
    }

    [Test]
    public async Task Abandoned_enumerators_hold_no_connection_after_the_client_is_disposed()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 3000, Faults = ["500:every=3"] });
        using var connections = new OpenConnections(sandbox.BaseAddress.Port);
        using var unobserved = new UnobservedExceptions();
        var client = CreateClient(sandbox);

        for (var i = 0; i < 20; i++) await AbandonAsync(client);
        Assert.That(await client.ExportAllEventsAsync().CountAsync(), Is.EqualTo(3000));
        client.Dispose();

        await connections.WaitForNoneAsync();
        Assert.That(connections.Opened, Is.Positive);
        Assert.That(unobserved.All(), Is.Empty);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> AbandonAsync(ExportClient client)
    {
        var pages = client.ExportEventPagesAsync().GetAsyncEnumerator();
        Assert.That(await pages.MoveNextAsync(), Is.True);
        return new WeakReference(pages);
    }

    /// <summary>Exports and returns the exception with which the export ended, or null.</summary>
    private static async Task<Exception?> RunAsync(Stepped stepped, string family, MemoryCursorStore store, List<string> rows, CancellationToken token)
    {
        try
        {
            await ExportAsync(stepped, family, store, rows, token);
            return null;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or ExportException)
        {
            return exception;
        }
    }

    private static async Task ExportAsync(Stepped stepped, string family, MemoryCursorStore store, List<string> rows, CancellationToken token)
    {
        var client = stepped.Client;
        switch (family)
        {
            case "pages":
                await foreach (var page in client.ExportEventPagesAsync(cancellationToken: token)) await TakeAsync(page.Items.Select(e => e.Id!), token);
                break;
            case "items":
                await foreach (var e in client.ExportAllEventsAsync(cancellationToken: token)) await TakeAsync([e.Id!], token);
                break;
            case "raw":
                await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events, cancellationToken: token))
                    await TakeAsync(page.Items.Select(GetId), token);
                break;
            default:
                await client.ExportEventPagesAsync(store, (page, given) => TakeAsync(page.Items.Select(e => e.Id!), given), cancellationToken: token);
                break;
        }

        async Task TakeAsync(IEnumerable<string> ids, CancellationToken given)
        {
            await stepped.StepAsync(given);
            rows.AddRange(ids);
        }
    }

    private static async Task<List<string>> RowsAsync(ExportClient client, EventExportOptions window, int family)
    {
        var rows = new List<string>();
        switch (family)
        {
            case 0:
                await foreach (var page in client.ExportEventPagesAsync(window)) rows.AddRange(page.Items.Select(e => e.Id!));
                break;
            case 1:
                await foreach (var e in client.ExportAllEventsAsync(window)) rows.Add(e.Id!);
                break;
            case 2:
                await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events, window)) rows.AddRange(page.Items.Select(GetId));
                break;
            default:
                await client.ExportEventPagesAsync(
                    new MemoryCursorStore(),
                    (page, _) =>
                    {
                        rows.AddRange(page.Items.Select(e => e.Id!));
                        return Task.CompletedTask;
                    },
                    window);
                break;
        }

        return rows;
    }

    private static string GetId(ReadOnlyMemory<byte> json)
    {
        using var item = JsonDocument.Parse(json);
        return item.RootElement.GetProperty("id").GetString()!;
    }

    private static ExportClient CreateClient(SandboxServer sandbox) =>
        sandbox.Client(options => (options.TimeProvider, options.AttemptTimeout, options.MaxRetries) = (new InstantTime(), Timeout.InfiniteTimeSpan, 10));
}
