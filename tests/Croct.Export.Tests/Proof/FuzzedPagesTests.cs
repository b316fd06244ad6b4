using System.Net.Http.Headers;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>100,000 damaged pages: each gives a page or our own exception, in bounded memory, and raw pages take whatever typed ones do.</summary>
public class FuzzedPagesTests
{
#if NETSTANDARD_LIBRARY
    private const int PagesOfASeed = 2_500;
#else
    private const int PagesOfASeed = 25_000;
#endif

    /// <summary>What may be allocated for a page: so much for the request and the text of an exception from 512 levels down, and so much per byte.</summary>
    private const long BytesOfARequest = 3 * 1024 * 1024;
    private const long BytesPerByte = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public async Task A_damaged_page_is_a_page_or_an_ExportException(int seed)
    {
        var pages = await PagesAsync(seed);

        var (accepted, refused) = await Task.Run(() => FuzzAsync(seed, pages)).WaitAsync(Patience);

        // Neither side may be empty: nothing would have been tried.
        Assert.That(accepted, Is.InRange(PagesOfASeed / 20, PagesOfASeed * 19 / 20));
        await TestContext.Out.WriteLineAsync($"{accepted} accepted, {refused} refused");
    }

    private static async Task<(int Accepted, int Refused)> FuzzAsync(int seed, byte[][] pages)
    {
        var mutations = new PageMutations(seed);
        var body = Array.Empty<byte>();
        var api = new Api((_, _, _) => Task.FromResult(Json(body)));
        using var client = api.Client(options => (options.MaxRetries, options.ReadAhead) = (0, 0));
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < PagesOfASeed; i++)
        {
            body = mutations.Damage(pages[i % pages.Length]);
            var (typed, raw) = (await IsTakenAsync(client.ExportEventPagesAsync()), await IsTakenAsync(client.ExportRawPagesAsync(ExportStream.Events)));
            if (typed) accepted++;
            else refused++;
            if (typed && !raw) Assert.Fail($"Seed {seed}, page {i}: read as events, but not as raw items: {System.Text.Encoding.UTF8.GetString(body)}");
        }

        return (accepted, refused);

        async Task<bool> IsTakenAsync<TPage>(IAsyncEnumerable<TPage> export)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                await using var enumerator = export.GetAsyncEnumerator();
                await enumerator.MoveNextAsync();
                return true;
            }
            catch (ExportException)
            {
                return false;
            }
            catch (Exception exception)
            {
                throw new AssertionException($"Seed {seed}: {exception}", exception);
            }
            finally
            {
                var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                if (allocated > BytesOfARequest + (BytesPerByte * body.Length)) Assert.Fail($"Seed {seed}: {allocated} bytes for a page of {body.Length}.");
            }
        }
    }

    /// <summary>Small pages, which are damaged where it matters more often than large ones.</summary>
    private static async Task<byte[][]> PagesAsync(int seed)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, Seed = seed });
        using var client = new ExportClient(new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress });
        var pages = new List<byte[]>();
        await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events, new EventExportOptions { PageSize = 3 }))
        {
            if (page.Count == 0) continue;
            pages.Add([.. "{\"items\":["u8, .. page.Items[0].Span, .. ","u8, .. page.Items[^1].Span, .. "],\"nextCursor\":\"c1\"}"u8]);
        }

        return [.. pages];
    }

    private static HttpResponseMessage Json(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpResponseMessage { Content = content };
    }
}
