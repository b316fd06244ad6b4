using System.Text.Json;
using Croct.Export.Http;
using Croct.Export.Json;

namespace Croct.Export.Paging;

/// <summary>Finds the items and the cursor of an answer without reading what is in the items.</summary>
internal static class RawPageParser
{
    /// <summary>The items and the cursor of a body.</summary>
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
            throw ResponseReader.Unreadable(body, exception);
        }
    }

    /// <summary>Fails for an object without items that is not an empty page either: some other service responded, and that is not the end of the data.</summary>
    /// <exception cref="ExportException">The body is not a page.</exception>
    public static void ThrowIfNotPage(ResponseBody body)
    {
        // Items come first, or after something short: that is seen without reading the body twice.
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

            // Items of another type are for the reader to name.
            return hasItems ? !isNull || hasCursor : isText;
        }).Root;
        if (isPage) return;
        throw new ExportException(
            $"The response is not a page: it has neither items nor a nextCursor. Something else than the Export API may have responded: {ForeignText.Excerpt(body.Excerpt(body.Length))}");
    }

    /// <summary>Finds the value of the first member <c>items</c> of a document; false where it is not plain to see, or something before it is malformed.</summary>
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
            // Whoever reads the document will find it, and say what it is.
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
