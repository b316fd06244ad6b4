using System.Text;
using System.Text.Json;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Tests;

/// <summary>Checks the generated readers against plain parsers: valid JSON is read completely, and anything else is refused.</summary>
public class ReaderTests
{
    [Test]
    [Category("Long")]
    public Task Round_trip_more_of_what_a_plain_parser_finds([Values(1, 2, 3, 4)] int seed, [Values] ExportStream stream, [Values] bool isOdd) =>
        Round_trip_everything_a_plain_parser_finds(seed, stream, isOdd, int.MaxValue);

    [Test]
    public async Task Round_trip_everything_a_plain_parser_finds(
        [Values(1)] int seed, [Values] ExportStream stream, [Values] bool isOdd, [Values(50)] int itemsOfAType)
    {
        var random = new RandomJson(seed, isOdd);
        var chosen = (await ItemsAsync(stream))
            .GroupBy(item => stream == ExportStream.Events ? (string?)item["$payload"]!["$@type"] : null)
            .SelectMany(type => type.Take(itemsOfAType));
        var items = new JArray(chosen.Select(item => random.Vary(item)));
        var json = random.Write(new JObject(new JProperty("$items", items), new JProperty("$nextCursor", JValue.CreateNull())));
        using var client = new Api(() => Responses.Json(json)).Client();

        var read = stream switch
        {
            ExportStream.Events => (IEnumerable<ExportModel>)(await client.ExportEventsAsync()).Items,
            ExportStream.Sessions => (await client.ExportSessionsAsync()).Items,
            _ => (await client.ExportUsersAsync()).Items,
        };

        Assert.That(read.Count(), Is.EqualTo(items.Count));
        if (stream == ExportStream.Events && !isOdd)
            Assert.That(
                items.Select(item => item["$payload"]).OfType<JObject>().Select(payload => payload["$@type"]).Distinct().Count(),
                Is.EqualTo(EventType.KnownValues.Count));
        string[] written =
        [
            JsonConvert.SerializeObject(read),
            System.Text.Json.JsonSerializer.Serialize(read),
            $"[{string.Join(',', read.Select(item => item.ToJson()))}]",
        ];
        foreach (var one in written)
            Assert.That(
                RandomJson.Differences(RandomJson.Canonical(items), RandomJson.Canonical(RandomJson.Parse(one))),
                Is.Empty,
                $"writer {Array.IndexOf(written, one)}");
    }

    // Thousands of exceptions with deep stacks: takes minutes on a busy machine.
    [Test, Category("Long"), CancelAfter(300_000)]
    public Task Refuse_a_page_of_all_types_cut_at_any_byte() => Refuse_a_page_cut_at_any_byte(EventType.KnownValues.Count);

    [TestCase(3)]
    public async Task Refuse_a_page_cut_at_any_byte(int types)
    {
        var page = Encoding.UTF8.GetBytes(await PageOfTypesAsync(types));
        var length = 0;
        var api = new Api(() => Responses.Encoded("identity", page[..length]));
        using var client = api.Client(options => (options.MaxRetries, options.ReadAhead) = (0, 0));

        for (; length < page.Length; length++)
        {
            await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync());
            await Assert.ThrowsAsync<ExportException>(async () => await client.ExportRawPagesAsync(ExportStream.Events).GetAsyncEnumerator().MoveNextAsync());
        }

        Assert.That((await client.ExportEventsAsync()).Items, Has.Count.EqualTo(types));
    }

    [Test]
    public async Task Read_a_UUID_in_its_usual_form_and_no_other()
    {
        const string Uuid = "0a9B3c4d-5E6f-4a7b-8c9d-aBcDeF012345";
        var texts = (from index in Enumerable.Range(0, Uuid.Length)
                     from character in Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Append('é').Append('\u0663')
                     select $"{Uuid[..index]}{character}{Uuid[(index + 1)..]}").ToList();
        var items = texts.Select(text => $$"""{"sessionId":{{JsonConvert.ToString(text)}}}""");
        using var client = new Api(() => Responses.Json($$"""{"items":[{{string.Join(',', items)}}]}""")).Client();

        var read = (await client.ExportEventsAsync()).Items.Select(e => e.SessionId).ToList();

        Assert.That(
            read,
            Is.EqualTo(texts.ConvertAll(text =>
                text.All(c => c is '-' || char.IsAsciiHexDigit(c)) && Guid.TryParse(text, out var value) ? value : default(Guid?))));
        Assert.That((read.Count(value => value is null), read.Count(value => value is not null)), Is.GreaterThan((2000, 700)));
    }

    [Test]
    public async Task Reuse_one_string_for_a_text_repeated_in_a_page()
    {
        var user = """{"firstName":"Maria Clara"}""";
        using var client = new Api(() => Responses.Json($$"""{"items":[{{string.Join(',', Enumerable.Repeat(user, 1000))}}]}""")).Client();

        var users = (await client.ExportUsersAsync()).Items;

        Assert.That(users[1].FirstName, Is.SameAs(users[0].FirstName));
    }

    [TestCase(1)]
    [TestCase(4)]
    [TestCase(12)]
    [TestCase(40)]
    [TestCase(300)]
    public async Task Distinguish_texts_that_differ_in_one_character(int length)
    {
        var texts = (from index in Enumerable.Range(0, length)
                     from character in "abcdefghijklmnopqrstuvwxyz0é\u4e00"
                     select $"{new string('x', index)}{character}{new string('x', length - index - 1)}").ToList();
        var items = texts.Concat(texts).Select(text => $$"""{"firstName":{{JsonConvert.ToString(text)}}}""");
        using var client = new Api(() => Responses.Json($$"""{"items":[{{string.Join(',', items)}}]}""")).Client();

        var users = (await client.ExportUsersAsync()).Items;

        Assert.That(users.Select(user => user.FirstName), Is.EqualTo(texts.Concat(texts)));
    }

    [TestCase(1, 500)]
    [TestCase(1, 4000, Category = "Long")]
    [TestCase(2, 4000, Category = "Long")]
    [TestCase(3, 4000, Category = "Long")]
    public async Task Agree_with_a_strict_parser_on_what_is_JSON(int seed, int pages)
    {
        const string Alphabet = "{}[],:\"\\ 01-+.eEtfnru/x\n\u0001";
        var random = new Random(seed);
        var start = $$"""{"items":[{{Responses.Event}},{"a":[1,-2.5e3,true,false,null,"\u00e9\n"],"b":{"c":{} } }],"nextCursor":null}""";
        var json = start;
        using var client = new Api(() => Responses.Json(json)).Client(options => (options.MaxRetries, options.ReadAhead) = (0, 0));
        var fitting = 0;

        for (var time = 0; time < pages; time++)
        {
            var text = new StringBuilder(start);
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var index = random.Next(text.Length);
                if (random.Next(2) == 0) text.Remove(index, 1);
                if (random.Next(2) == 0) text.Insert(index, Alphabet[random.Next(Alphabet.Length)]);
            }

            json = text.ToString();
            var items = ParseItems(json);
            var read = await RawItemsAsync(client);
            Assert.That(read, Is.EqualTo(items), json);
            if (items is null)
            {
                await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync(), json);
            }
            else
            {
                Assert.That((await client.ExportEventsAsync()).Count, Is.EqualTo(items.Length), json);
                fitting++;
            }
        }

        Assert.That(fitting, Is.GreaterThan(pages / 20));
    }

    [TestCase(
        """{"items":[{"id":"a","id":"b","x":1,"x":2,"payload":{"@type":"userSignedIn","externalUserId":"c","externalUserId":"d"}}]""" +
        ""","nextCursor":"n","nextCursor":null}""")]
    [TestCase("""{"items":[{"id":"z"}],"items":[{"id":"b","x":2,"payload":{"externalUserId":"c","@type":"userSignedIn","externalUserId":"d"}}]}""")]
    public async Task Take_the_last_of_several_members_with_the_same_name(string json)
    {
        using var client = new Api(() => Responses.Json(json)).Client();

        var page = await client.ExportEventsAsync();

        Assert.That(page.NextCursor, Is.Null);
        Assert.That(
            JsonConvert.SerializeObject(page.Items.Single()),
            Does.Contain("""{"@type":"userSignedIn","externalUserId":"d"}""").And.Contain("\"id\":\"b\"").And.Contain("\"x\":2"));
    }

    [Test]
    public async Task Read_deep_nesting_and_refuse_even_deeper_nesting()
    {
        var depth = 500;
        using var client = new Api(() => Responses.Json("{\"items\":[{\"x\":" + new string('[', depth) + new string(']', depth) + "}]}")).Client();

        Assert.That((await client.ExportEventsAsync()).Items.Single().AdditionalProperties, Has.Count.EqualTo(1));
        depth = 100_000;
        var exception = (await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync()))!;
        await Assert.ThrowsAsync<ExportException>(async () => await client.ExportRawPagesAsync(ExportStream.Events).GetAsyncEnumerator().MoveNextAsync());

        Assert.That(exception.Message, Does.Contain("512"));
    }

    private static async Task<List<JToken>> ItemsAsync(ExportStream stream)
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var client = new ExportClient(new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress, DefaultPageSize = 1000 });
        await using var pages = client.ExportRawPagesAsync(stream).GetAsyncEnumerator();
        await pages.MoveNextAsync();
        return [.. pages.Current.Items.Select(item => RandomJson.Parse(Encoding.UTF8.GetString(item.Span)))];
    }

    private static async Task<string> PageOfTypesAsync(int types)
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var client = new ExportClient(new ExportClientOptions { ApiKey = sandbox.ApiKey, BaseAddress = sandbox.BaseAddress, DefaultPageSize = 1000 });
        var page = await client.ExportEventsAsync();
        var events = page.Items.GroupBy(e => e.Payload!.Type).Select(group => group.First()).Take(types);
        return $$"""{"items":{{JsonConvert.SerializeObject(events)}},"nextCursor":"c1"}""";
    }

    /// <summary>The items of a page, or null if it is not a page.</summary>
    private static string[]? ParseItems(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return null;
            var (hasItems, hasCursor) = (root.TryGetProperty("items", out var items), root.TryGetProperty("nextCursor", out var cursor));
            if (hasCursor && cursor.ValueKind is not (JsonValueKind.Null or JsonValueKind.String)) return null;
            if (!hasItems) return hasCursor && cursor.ValueKind == JsonValueKind.String ? [] : null;
            if (items.ValueKind == JsonValueKind.Null) return hasCursor ? [] : null;
            return items.ValueKind == JsonValueKind.Array && items.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
                ? [.. items.EnumerateArray().Select(item => item.GetRawText())]
                : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static async Task<string[]?> RawItemsAsync(ExportClient client)
    {
        try
        {
            await using var pages = client.ExportRawPagesAsync(ExportStream.Events).GetAsyncEnumerator();
            await pages.MoveNextAsync();
            return [.. pages.Current.Items.Select(item => Encoding.UTF8.GetString(item.Span))];
        }
        catch (ExportException)
        {
            return null;
        }
    }
}
