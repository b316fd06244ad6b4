using Croct.Export.Http;
using Croct.Export.Json;

namespace Croct.Export.Paging;

/// <summary>
/// Finds the cursor of the next page before a page is parsed, by looking at the two ends of its body, so that the next page can be requested while
/// this one is parsed.
/// </summary>
internal static class NextCursorFinder
{
    /// <summary>Reports the cursor of the next page, if it can be found without parsing and differs from the cursor of this page.</summary>
    public static void Report(ResponseBody body, string? cursor, Action<string> reportNextCursor)
    {
        // A repeated cursor is not requested. It is an error, which is reported once the page is parsed.
        if (Find(body.Bytes.Span) is { } next && next != cursor) reportNextCursor(next);
    }

    /// <summary>Returns the <c>nextCursor</c> of a page that has items; null if it cannot be found without parsing.</summary>
    /// <remarks>
    /// In a valid JSON document, this is the member that the parser finds. Nothing follows the last brace, so it closes the outermost object. The
    /// string, colon and string before it can only be the last member of that object. Of several members with the same name, the last one counts. If
    /// the body is not JSON, or was cut short, the page fails and the page requested ahead is dropped.
    /// </remarks>
    private static string? Find(ReadOnlySpan<byte> body)
    {
        var rest = TrimEnd(body);
        if (!TakeEnd(ref rest, (byte)'}') || !TakeStringEnd(ref rest, out var cursor) || cursor.IsEmpty || !TakeEnd(ref rest, (byte)':')
            || !TakeStringEnd(ref rest, out var name) || !name.SequenceEqual("nextCursor"u8) || !HasItems(body))
        {
            return null;
        }

        // A cursor is opaque and may contain anything. One with escapes or non-ASCII characters is left to the parser.
        return cursor.IndexOf((byte)'\\') < 0 && JsonString.IsAscii(cursor) ? JsonString.Decode(cursor) : null;
    }

    /// <summary>Whether the first list of items is not empty. Whether anything follows an empty page is decided once the page is parsed.</summary>
    private static bool HasItems(ReadOnlySpan<byte> body) =>
        RawPageParser.TryFindItems(body, out var items) && items.Take((byte)'[') && items.Peek() == '{';

    private static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> text)
    {
        while (text.Length > 0 && text[text.Length - 1] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') text = text.Slice(0, text.Length - 1);
        return text;
    }

    private static bool TakeEnd(ref ReadOnlySpan<byte> rest, byte expected)
    {
        if (rest.IsEmpty || rest[rest.Length - 1] != expected) return false;
        rest = TrimEnd(rest.Slice(0, rest.Length - 1));
        return true;
    }

    /// <summary>Takes a string from the end, unless it contains an escaped quote.</summary>
    private static bool TakeStringEnd(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (rest.IsEmpty || rest[rest.Length - 1] != '"') return false;
        var inner = rest.Slice(0, rest.Length - 1);
        var quote = inner.LastIndexOf((byte)'"');

        // A quote after a backslash is escaped: the string is left to the parser.
        if (quote < 1 || inner[quote - 1] == '\\') return false;
        text = inner.Slice(quote + 1);
        rest = TrimEnd(inner.Slice(0, quote));
        return true;
    }
}
