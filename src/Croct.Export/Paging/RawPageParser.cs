using System.Text.Json;
using Croct.Export.Http;
using Croct.Export.Json;

namespace Croct.Export.Paging;

/// <summary>Finds the items and the next cursor of a response without interpreting the items.</summary>
internal static class RawPageParser
{
    /// <summary>Returns the items and the next cursor of a body.</summary>
    /// <exception cref="ExportException">The body is not JSON, or not a page.</exception>
    public static (List<ReadOnlyMemory<byte>> Items, string? NextCursor) Parse(ResponseBody body)
    {
        ThrowIfNotPage(body);
        try
        {
            return Scan(body.Bytes);
        }
        catch (JsonException exception)
        {
            throw ResponseReader.CreateUnreadableError(body, exception);
        }
    }

    /// <summary>
    /// Throws if the body is an object, but not a page: another service may have responded, and its response must not be taken for the end of the data.
    /// </summary>
    /// <exception cref="ExportException">The body is not a page.</exception>
    public static void ThrowIfNotPage(ResponseBody body)
    {
        // In most pages the items come first, or after a few short members: finding them here avoids reading the body twice.
        if (TryFindItems(body.Bytes.Span, out var items) && items.Peek() == '[') return;
        var isPage = ResponseReader.Read(body, (ref ModelReader reader) =>
        {
            var (hasItems, isNull, hasCursor, isText) = (false, false, false, false);
            reader.Begin();
            while (reader.NextMember(out var name))
            {
                if (name.SequenceEqual("items"u8)) (hasItems, isNull) = (true, reader.NextIsNull);
                else if (name.SequenceEqual("nextCursor"u8)) (hasCursor, isText) = (true, !reader.NextIsNull);
                reader.SkipValue();
            }

            // A page has items (of a wrong type, they are reported when the page is parsed), null items and a nextCursor, or only a nextCursor that is
            // not null.
            return hasItems ? !isNull || hasCursor : isText;
        }).Root;
        if (isPage) return;
        throw new ExportException(
            "The response is not a page: it has neither items nor a nextCursor. "
            + $"Something other than the Export API may have responded: {ForeignText.Excerpt(body.Excerpt(body.Length))}");
    }

    /// <summary>
    /// Finds the value of the first member <c>items</c> of a document. Returns false if there is none without escapes in its name, or if anything before
    /// it is malformed.
    /// </summary>
    public static bool TryFindItems(ReadOnlySpan<byte> json, out JsonScanner items)
    {
        items = new JsonScanner(json);
        try
        {
            if (!items.Take((byte)'{')) return false;
            for (var isFirst = true; items.TakeName(isFirst, out var name, out _); isFirst = false)
            {
                if (name.SequenceEqual("items"u8)) return true;
                items.TakeValue(depth: 1);
            }
        }
        catch (JsonException)
        {
            // The error is reported when the document is parsed.
        }

        return false;
    }

    private static (List<ReadOnlyMemory<byte>> Items, string? NextCursor) Scan(ReadOnlyMemory<byte> json)
    {
        var items = new List<ReadOnlyMemory<byte>>();
        json = json.Slice(json.Length - ModelReader.WithoutByteOrderMark(json.Span).Length);
        var nextCursor = ModelReader.ReadDocument(json.Span, (ref ModelReader reader) =>
        {
            string? found = null;
            reader.Begin();
            while (reader.NextMember(out var name))
            {
                if (name.SequenceEqual("items"u8)) reader.ReadObjects(json, items);
                else if (name.SequenceEqual("nextCursor"u8)) found = reader.ReadStrictString();
                else reader.SkipValue();
            }

            return found;
        }).Root;
        return (items, nextCursor);
    }
}
