using Croct.Export.Http;
using Croct.Export.Json;

namespace Croct.Export.Paging;

/// <summary>
/// Finds the cursor of the next page before a page is parsed, from the two ends of its body, so that the next request can be under way while this
/// page is read.
/// </summary>
internal static class CursorAhead
{
    /// <summary>Tells the cursor after a page that was asked for with another one, if it is plain to see.</summary>
    public static void Tell(ResponseBody body, string? cursor, Action<string> tellNextCursor)
    {
        // A cursor that comes again is an error that the page brings to light, and not something to ask for.
        if (Find(body.Bytes.Span) is { } next && next != cursor) tellNextCursor(next);
    }

    /// <summary>The <c>nextCursor</c> of a page that has items, or null where that is not plain to see.</summary>
    /// <remarks>
    /// If the body is JSON at all, what is found is the member that parsing will find: behind the last brace there is nothing, so it closes the
    /// outermost object; what stands before it, a string, a colon and a string, can only be that object's last member; and of members with the same
    /// name the last one counts. If the body is no JSON, or cut short, the page fails, and what was asked for ahead is dropped.
    /// </remarks>
    private static string? Find(ReadOnlySpan<byte> body)
    {
        var rest = TrimEnd(body);
        if (!TakeEnd(ref rest, (byte)'}') || !TakeStringEnd(ref rest, out var cursor) || cursor.IsEmpty || !TakeEnd(ref rest, (byte)':')
            || !TakeStringEnd(ref rest, out var name) || !name.SequenceEqual("nextCursor"u8) || !HasItems(body))
        {
            return null;
        }

        // A cursor is opaque, and may hold anything; one with escapes is left to the parser.
        return cursor.IndexOf((byte)'\\') < 0 && JsonString.IsAscii(cursor) ? JsonString.Decode(cursor) : null;
    }

    /// <summary>Whether the first list of items is not empty: what follows an empty page is known once the page is read.</summary>
    private static bool HasItems(ReadOnlySpan<byte> body) => RawPageParser.TryFindItems(body, out var items) && items.Take((byte)'[') && items.Peek() == '{';

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

    /// <summary>Takes a string from the end: back to the next quote that no backslash escapes.</summary>
    private static bool TakeStringEnd(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (rest.IsEmpty || rest[rest.Length - 1] != '"') return false;
        var inner = rest.Slice(0, rest.Length - 1);
        var quote = inner.LastIndexOf((byte)'"');

        // Behind a backslash, the quote belongs to a string with escapes: not plain to see.
        if (quote < 1 || inner[quote - 1] == '\\') return false;
        text = inner.Slice(quote + 1);
        rest = TrimEnd(inner.Slice(0, quote));
        return true;
    }
}
