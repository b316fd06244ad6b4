using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Unicode;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>
/// More than 100,000 damaged pages: each gives a page or our own exception, in bounded memory. What a strict parser takes for a page is one, items that the
/// damage did not meet are read, and raw pages take whatever typed ones do.
/// </summary>
public class FuzzedPagesTests
{
    /// <summary>What may be allocated for a page: so much for the request and the text of an exception from 512 levels down, and so much per byte.</summary>
    private const long BytesOfARequest = 3 * 1024 * 1024;
    private const long BytesPerByte = 64;

    [TestCase(1, ExportStream.Events, false)]
    [TestCase(2, ExportStream.Events, true)]
    [TestCase(3, ExportStream.Sessions, false)]
    [TestCase(4, ExportStream.Sessions, true)]
    [TestCase(5, ExportStream.Users, false)]
    [TestCase(6, ExportStream.Users, true)]
    [TestCase(1, ExportStream.Events, false, 17_000, Category = "Long")]
    [TestCase(2, ExportStream.Events, true, 17_000, Category = "Long")]
    [TestCase(3, ExportStream.Sessions, false, 17_000, Category = "Long")]
    [TestCase(4, ExportStream.Sessions, true, 17_000, Category = "Long")]
    [TestCase(5, ExportStream.Users, false, 17_000, Category = "Long")]
    [TestCase(6, ExportStream.Users, true, 17_000, Category = "Long")]
    public async Task A_damaged_page_is_a_page_or_an_ExportException(int seed, ExportStream stream, bool setsAside, int count = 1_700)
    {
        var pages = await PagesAsync(seed, stream);

        var (accepted, refused) = await Task.Run(() => FuzzAsync(seed, stream, setsAside, pages, count));

        // Neither side may be empty: nothing would have been tried.
        Assert.That(accepted, Is.InRange(count / 20, count * 19 / 20));
        await TestContext.Out.WriteLineAsync($"{accepted} accepted, {refused} refused");
    }

    private static async Task<(int Accepted, int Refused)> FuzzAsync(int seed, ExportStream stream, bool setsAside, byte[][][] pages, int count)
    {
        var mutations = new PageMutations(seed);
        var body = Array.Empty<byte>();
        var api = new Api((_, _, _) => Task.FromResult(Json(body)));
        var invalid = new List<InvalidItem>();
        using var client = api.Client(options => (options.MaxRetries, options.ReadAhead, options.OnInvalidItem) = (0, 0, setsAside ? invalid.Add : null));
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var items = pages[i % pages.Length];
            body = mutations.Damage([.. "{\"items\":["u8, .. items[0], .. ","u8, .. items[1], .. "],\"nextCursor\":\"c1\"}"u8]);
            invalid.Clear();
            var (typed, raw) = (await CountAsync(Typed()), await CountAsync(client.ExportRawPagesAsync(stream)));
            if (typed is null) refused++;
            else accepted++;
            if (Fault(items, typed, raw) is { } fault) Assert.Fail($"Seed {seed}, page {i}: {fault}: {System.Text.Encoding.UTF8.GetString(body)}");
        }

        return (accepted, refused);

        IAsyncEnumerable<ExportPage> Typed() => stream switch
        {
            ExportStream.Events => client.ExportEventPagesAsync(),
            ExportStream.Sessions => client.ExportSessionPagesAsync(),
            _ => client.ExportUserPagesAsync(),
        };

        string? Fault(byte[][] undamaged, int? typed, int? raw)
        {
            if (typed is not null && raw is null && !setsAside) return "read, but not as raw items";
            if (invalid.Exists(item => undamaged.Any(whole => item.Json.Span.SequenceEqual(whole)))) return "an item that was not damaged is set aside";
            if (ItemsOfPage(body) is not { } items) return null;
            if (raw != items.Length) return $"{items.Length} items, but {raw} raw ones";
            if (setsAside) return typed + invalid.Count == items.Length ? null : $"{items.Length} items, but {typed} read and {invalid.Count} set aside";
            return typed == items.Length || (typed is null && !items.All(item => undamaged.Any(whole => item.AsSpan().SequenceEqual(whole)))) ? null : $"{items.Length} items, but {typed} read";
        }

        async Task<int?> CountAsync(IAsyncEnumerable<ExportPage> export)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                await using var enumerator = export.GetAsyncEnumerator();
                await enumerator.MoveNextAsync();
                return enumerator.Current.Count;
            }
            catch (ExportException)
            {
                return null;
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

    /// <summary>The items that a strict parser finds, or null where it finds no page, or one that is not plain: nested deeply, or with two lists of items.</summary>
    private static byte[][]? ItemsOfPage(byte[] body)
    {
        if (!Utf8.IsValid(body)) return null;
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            var members = document.RootElement.EnumerateObject().ToLookup(member => member.Name, member => member.Value);
            if (members["items"].Count() != 1 || members["nextCursor"].Any(value => value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))) return null;
            var items = members["items"].Single();
            return items.ValueKind == JsonValueKind.Array && items.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
                ? [.. items.EnumerateArray().Select(item => System.Text.Encoding.UTF8.GetBytes(item.GetRawText()))]
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON, or a name with half a surrogate pair.
            return null;
        }
    }

    /// <summary>The items of small pages, which are damaged where it matters more often than large ones: two for each.</summary>
    private static async Task<byte[][][]> PagesAsync(int seed, ExportStream stream)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Events = 300, Seed = seed });
        using var client = new ExportClient(new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress, DefaultPageSize = 3 });
        var pages = new List<byte[][]>();
        await foreach (var page in client.ExportRawPagesAsync(stream))
        {
            if (page.Count > 0) pages.Add([page.Items[0].ToArray(), page.Items[^1].ToArray()]);
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
