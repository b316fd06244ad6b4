using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests.Proof;

/// <summary>
/// Over 100,000 damaged pages: each results in a page or our own exception, in bounded memory. Anything that a strict parser accepts as a page is one,
/// both typed and raw, and the items of every eighth page are written back as received.
/// </summary>
[Proof]
public class FuzzedPagesTests
{
    /// <summary>The allocation limit of a page: an amount for the request and an exception from 512 levels down, and an amount per byte.</summary>
    private const long BytesPerRequest = 3 * 1024 * 1024;
    private const long BytesPerByte = 64;

    [TestCase(1, ExportStream.Events)]
    [TestCase(2, ExportStream.Events)]
    [TestCase(3, ExportStream.Sessions)]
    [TestCase(4, ExportStream.Sessions)]
    [TestCase(5, ExportStream.Users)]
    [TestCase(6, ExportStream.Users)]
    [TestCase(1, ExportStream.Events, 17_000, Category = "Long")]
    [TestCase(2, ExportStream.Events, 17_000, Category = "Long")]
    [TestCase(3, ExportStream.Sessions, 17_000, Category = "Long")]
    [TestCase(4, ExportStream.Sessions, 17_000, Category = "Long")]
    [TestCase(5, ExportStream.Users, 17_000, Category = "Long")]
    [TestCase(6, ExportStream.Users, 17_000, Category = "Long")]
    public async Task A_damaged_page_is_a_page_or_an_ExportException(int seed, ExportStream stream, int count = 500)
    {
        var pages = await PagesAsync(seed, stream);

        var (accepted, refused) = await Task.Run(() => FuzzAsync(seed, stream, pages, count));

        // If either side were empty, nothing would have been tested.
        Assert.That(accepted, Is.InRange(count / 20, count * 19 / 20));
        await TestContext.Out.WriteLineAsync($"{accepted} accepted, {refused} refused");
    }

    private static async Task<(int Accepted, int Refused)> FuzzAsync(int seed, ExportStream stream, byte[][][] pages, int count)
    {
        var mutations = new PageMutations(seed);
        var body = Array.Empty<byte>();
        var api = new Api((_, _, _) => Task.FromResult(Json(body)));
        using var client = api.Client(options => (options.MaxRetries, options.ReadAhead) = (0, 0));
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var items = pages[i % pages.Length];
            body = mutations.Damage([.. "{\"items\":["u8, .. items[0], .. ","u8, .. items[1], .. "],\"nextCursor\":\"c1\"}"u8]);
            var (typed, raw) = (await ReadAsync(Typed()), await ReadAsync(Raw()));
            if (typed is null) refused++;
            else accepted++;
            if (Fault(typed, raw, isWrittenBack: i % 8 == 0) is { } fault) Assert.Fail($"Seed {seed}, page {i}: {fault}: {Encoding.UTF8.GetString(body)}");
        }

        return (accepted, refused);

        async IAsyncEnumerable<string[]> Typed()
        {
            IAsyncEnumerable<ExportPage> export = stream switch
            {
                ExportStream.Events => client.ExportEventPagesAsync(),
                ExportStream.Sessions => client.ExportSessionPagesAsync(),
                _ => client.ExportUserPagesAsync(),
            };
            await foreach (var page in export) yield return [.. GetItems(page).Select(item => item.ToJson())];
        }

        async IAsyncEnumerable<string[]> Raw()
        {
            await foreach (var page in client.ExportRawPagesAsync(stream)) yield return [.. page.Items.Select(item => Encoding.UTF8.GetString(item.Span))];
        }

        string? Fault(string[]? typed, string[]? raw, bool isWrittenBack)
        {
            if (typed is not null && raw is null) return "read, but not as raw items";
            if (ParseItems(body) is not { } items) return null;
            if (raw is null || !raw.SequenceEqual(items)) return $"{items.Length} items, but {raw?.Length} raw ones";
            if (typed?.Length != items.Length) return $"{items.Length} items, but {typed?.Length} read";
            if (!isWrittenBack) return null;
            return items.Zip(typed)
                .Where(pair => !HasTwoTypes(pair.First))
                .SelectMany(pair => RandomJson.Differences(Canonical(pair.First), Canonical(pair.Second)))
                .FirstOrDefault();
        }

        async Task<string[]?> ReadAsync(IAsyncEnumerable<string[]> export)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                await using var enumerator = export.GetAsyncEnumerator();
                await enumerator.MoveNextAsync();
                return enumerator.Current;
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
                if (allocated > BytesPerRequest + (BytesPerByte * body.Length)) Assert.Fail($"Seed {seed}: {allocated} bytes for a page of {body.Length}.");
            }
        }
    }

    private static IEnumerable<ExportModel> GetItems(ExportPage page) => page switch
    {
        EventPage events => events.Items,
        ExportPage<Session> sessions => sessions.Items,
        _ => ((ExportPage<User>)page).Items,
    };

    private static JToken Canonical(string json) => RandomJson.Canonical(RandomJson.Parse(json));

    /// <summary>Which of two discriminators counts is undefined (RFC 8259, section 4).</summary>
    private static bool HasTwoTypes(string item)
    {
        using var document = JsonDocument.Parse(item, new JsonDocumentOptions { MaxDepth = 256 });
        return HasTwo(document.RootElement);

        static bool HasTwo(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Object => ((string[])["@type", "type"]).Any(name => value.EnumerateObject().Count(member => Is(member, name)) > 1)
                || value.EnumerateObject().Any(member => HasTwo(member.Value)),
            JsonValueKind.Array => value.EnumerateArray().Any(HasTwo),
            _ => false,
        };

        static bool Is(JsonProperty member, string name)
        {
            try
            {
                return member.NameEquals(name);
            }
            catch (InvalidOperationException)
            {
                // A name with a lone surrogate.
                return false;
            }
        }
    }

    /// <summary>The items that a strict parser finds; null if it is not a page, is nested too deeply, or has two lists of items.</summary>
    private static string[]? ParseItems(byte[] body)
    {
        if (!Utf8.IsValid(body)) return null;
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            var members = document.RootElement.EnumerateObject().ToLookup(member => member.Name, member => member.Value);
            if (members["items"].Count() != 1
                || members["nextCursor"].Any(value => value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)))
                return null;
            var items = members["items"].Single();
            return items.ValueKind == JsonValueKind.Array && items.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
                ? [.. items.EnumerateArray().Select(item => item.GetRawText())]
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, or a name with a lone surrogate.
            return null;
        }
    }

    /// <summary>The items of small pages, two each: in these, a random change hits a relevant position more often than in large ones.</summary>
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
