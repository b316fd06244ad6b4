using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests.Proof;

/// <summary>
/// Checks raw items against a strict parser. The library scans a page in blocks of 64 bytes, so every token and every error has to occur at every position
/// in a block: items of dense tokens, most with an error, begin at any position, and end anywhere from two bytes before the end of the page to far from it.
/// </summary>
[Proof]
public class RawItemsTests
{
    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "7", "-1", "10", "59.90", "1704067200000", "-0.5e-7", "1E+2",
        "123456789012345678901234567890123456789012345678901234567890123456789", "0.5",
    ];

    private static readonly string[] Texts =
    [
        "", "a", "id", "\\n", "\\\"", "\\\\", "\\\\\\\"", "\\u00e9", "\\ud83d\\ude00", "{", "}]", ",", ":", "é", "日本", " ",
        "0123456789012345678901234567890123456789012345678901234567890123456789",
    ];

    private static readonly string[] Errors =
    [
        "{", "}", "[", "]", "{}", "[]", ",", ":", "\"", "\\", "\\u00g0", "0", "1", "-", ".", "e", "n", "null", "nul", "tru", "x", " ",
        "\t", "\n", "\u0001", "\"a\"", "\"a\":", ",1", ",\"b\":2", "{\"c\":3}",
    ];

    [TestCase(1)]
    [TestCase(2)]
    public Task Items_are_accepted_exactly_when_a_strict_parser_accepts_them(int seed) => AssertAcceptedAsync(seed, pages: 2_000);

    // Many more pages: takes the netstandard2.0 build minutes on a busy machine.
    [TestCase(1)]
    [TestCase(2)]
    [Category("Long"), CancelAfter(480_000)]
    public Task More_items_are_accepted_exactly_when_a_strict_parser_accepts_them(int seed) => AssertAcceptedAsync(seed, pages: 60_000);

    private static async Task AssertAcceptedAsync(int seed, int pages)
    {
        var random = new Random(seed);
        var page = "";
        using var client = CreateClient(() => page);
        var (taken, refused) = (0, 0);
        for (var i = 0; i < pages; i++)
        {
            var items = string.Join(",", Enumerable.Range(0, random.Next(1, 3)).Select(_ => Wrapped(random, Damaged(random, Item(random, 4)))));
            page = Page(random, $"{{\"p\":\"{new string('p', random.Next(64))}\"}},{items}");

            var (expected, (raw, _)) = (StrictItems(page), await RawItemsAsync(client));

            if (expected is null) refused++;
            else taken++;
            if (!(expected is null ? raw is null : raw is not null && expected.SequenceEqual(raw)))
                Assert.Fail($"Seed {seed}, page {i}: {(raw is null ? "refused" : $"accepted as {string.Join(" ", raw)}")}: {page}");
        }

        // If either side were empty, nothing would have been tested.
        Assert.That(taken, Is.InRange(pages / 10, pages * 9 / 10));
        await TestContext.Out.WriteLineAsync($"{taken} taken, {refused} refused");
    }

    [Test]
    public async Task Items_may_be_nested_as_deeply_as_any_response(
        [Values(61, 62, 63, 64, 65, 66, 509, 510)] int depth, [Values("[]", "{\"a\":}")] string inner)
    {
        var item = $"{{\"a\":{string.Concat(Enumerable.Repeat(inner[..^1], depth - 1))}0{new string(inner[^1], depth - 1)}}}";
        using var client = CreateClient(() => $$"""{"items":[{{item}}],"nextCursor":"{{new string('c', 200)}}"}""");

        Assert.That((await RawItemsAsync(client)).Items, Is.EqualTo((string[])[item]));
    }

    [Test]
    [Category("Long")]
    public Task Nesting_is_checked_down_to_the_outermost_in_many_pages([Range(50, 70)] int depth) => Nesting_is_checked_down_to_the_outermost(depth, 600);

    [Test]
    public async Task Nesting_is_checked_down_to_the_outermost([Range(50, 70)] int depth, [Values(30)] int pages)
    {
        var random = new Random(depth);
        var page = "";
        using var client = CreateClient(() => page);
        for (var i = 0; i < pages; i++)
        {
            page = Page(random, Chain(random, depth, wrong: random.Next(2) == 0 ? random.Next(depth) : -1));

            Assert.That((await RawItemsAsync(client)).Items, Is.EqualTo(StrictItems(page)), page);
        }
    }

    [TestCase(200)]
    [TestCase(3000, Category = "Long")]
    public async Task An_error_is_reported_as_in_an_item_with_whitespace(int errors)
    {
        var random = new Random(3);
        var page = "";
        using var client = CreateClient(() => page);
        var compared = 0;
        while (compared < errors)
        {
            var (item, cursor) = (Damaged(random, Item(random, 4)), new string('c', random.Next(1, 130)));
            page = $"{{\"items\":[{item}],\"nextCursor\":\"{cursor}\"}}";
            if (!item.StartsWith('{') || await RawItemsAsync(client) is not { Error: { } error }) continue;

            // Whitespace inside the item keeps the fast path from accepting its block.
            page = $"{{\"items\":[{{ {item[1..]}],\"nextCursor\":\"{cursor}\"}}";
            Assert.That(WithByteBefore((await RawItemsAsync(client)).Error!), Is.EqualTo(error), page);
            compared++;
        }

        // Shifts the byte that an error names if it is after the space.
        static string WithByteBefore(string message) =>
            Regex.Replace(
                message,
                @"(byte|after) (\d+)",
                match => $"{match.Groups[1].Value} {int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) - 1}");
    }

    private static string Item(Random random, int depth) =>
        $"{{{string.Join(",", Enumerable.Range(0, random.Next(5)).Select(_ => $"\"{Text(random)}\":{Value(random, depth - 1)}"))}}}";

    private static string Value(Random random, int depth) => random.Next(depth > 0 ? 9 : 6) switch
    {
        < 3 => $"\"{Text(random)}\"",
        < 6 => Scalars[random.Next(Scalars.Length)],
        6 => $"[{string.Join(",", Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1)))}]",
        _ => Item(random, depth),
    };

    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(3)).Select(_ => Texts[random.Next(Texts.Length)]));

    /// <summary>The item with one part inserted, removed or replaced. Some items stay whole, so that accepted ones are tested too.</summary>
    private static string Damaged(Random random, string item)
    {
        var at = random.Next(item.Length);
        return random.Next(5) switch
        {
            0 => item.Insert(at, Errors[random.Next(Errors.Length)]),
            1 => item.Remove(at, Math.Min(random.Next(1, 4), item.Length - at)),
            2 => item.Remove(at, 1).Insert(at, Errors[random.Next(Errors.Length)]),
            _ => item,
        };
    }

    /// <summary>The item unchanged, or nested so deeply that its block contains nothing of its surroundings.</summary>
    private static string Wrapped(Random random, string item) => random.Next(2) == 0
        ? item
        : $"{{\"a\":{{\"b\":{{\"c\":\"{new string('c', random.Next(128))}\",\"d\":{item},\"e\":\"{new string('e', random.Next(128))}\"}}}}}}";

    /// <summary>Nested objects and arrays with siblings, optionally one with the wrong closing bracket.</summary>
    private static string Chain(Random random, int depth, int wrong)
    {
        var (json, closings) = (new StringBuilder(), new StringBuilder());
        for (var level = 0; level < depth; level++)
        {
            var isObject = level == 0 || random.Next(4) > 0;
            json.Append(isObject ? "{" : "[");
            if (random.Next(8) == 0) json.Append(isObject ? "\"z\":{\"q\":{\"r\":{}}}," : "[[],{}],");
            if (isObject) json.Append("\"\":");
            closings.Insert(0, isObject == (level != wrong) ? "}" : "]");
        }

        return $"{json}0{closings}";
    }

    /// <summary>A page with its cursor after or before the items.</summary>
    private static string Page(Random random, string items)
    {
        var cursor = $"\"nextCursor\":\"{new string('c', random.Next(1, 130))}\"";
        return random.Next(4) > 0 ? $"{{\"items\":[{items}],{cursor}}}" : $"{{{cursor},\"items\":[{items}]}}";
    }

    private static string[]? StrictItems(string page)
    {
        try
        {
            using var document = JsonDocument.Parse(page, new JsonDocumentOptions { MaxDepth = 512 });
            var items = document.RootElement.GetProperty("items").EnumerateArray().ToList();
            return items.TrueForAll(item => item.ValueKind == JsonValueKind.Object) ? [.. items.Select(item => item.GetRawText())] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ExportClient CreateClient(Func<string> page) =>
        new Api((_, _, _) => Task.FromResult(Responses.Json(page()))).Client(options => (options.MaxRetries, options.ReadAhead) = (0, 0));

    private static async Task<(string[]? Items, string? Error)> RawItemsAsync(ExportClient client)
    {
        try
        {
            await using var pages = client.ExportRawPagesAsync(ExportStream.Events).GetAsyncEnumerator();
            await pages.MoveNextAsync();
            return ([.. pages.Current.Items.Select(item => Encoding.UTF8.GetString(item.Span))], null);
        }
        catch (ExportException exception)
        {
            return (null, exception.Message);
        }
    }
}
