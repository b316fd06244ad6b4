using System.Text.Json;
using Croct.Export.Http;
using Croct.Export.Json;

namespace Croct.Export.Paging;

/// <summary>Finds the items and the cursor of an answer without reading what is in the items.</summary>
internal static class RawPageParser
{
    /// <summary>Makes a page of a body, which the page then owns.</summary>
    /// <param name="body">The body of the answer.</param>
    /// <param name="cursor">The cursor that the page was asked with.</param>
    public static RawPage Parse(ResponseBody body, string? cursor)
    {
        try
        {
            ThrowIfNoPage(body.Bytes.Span);
            var (items, nextCursor) = Scan(body.Bytes);
            return new RawPage(body) { Items = items, Cursor = cursor, NextCursor = nextCursor };
        }
        catch (JsonException exception)
        {
            using (body) throw ExportTransport.Unreadable(body, exception);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Whether a document breaks off before its end, as far as it goes being well-formed.</summary>
    public static bool IsCutShort(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json.Slice(3);
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = PageReader.MaxDepth }));
        try
        {
            while (reader.Read())
            {
            }

            return reader.CurrentDepth > 0 || reader.TokenType == JsonTokenType.None;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Fails for an object with neither items nor a cursor: some other service answered, and that is not the end of the data.</summary>
    /// <exception cref="ExportException">It is no page.</exception>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static void ThrowIfNoPage(ReadOnlySpan<byte> json)
    {
        // Items come first, or behind something short: that is seen without reading the answer twice.
        if (TryFindItems(json, out _)) return;

        var isPage = false;
        PageReader.ReadDocument(json, (ref PageReader reader) =>
        {
            reader.Begin();
            while (reader.NextMember(out var name))
            {
                isPage |= name.SequenceEqual("items"u8) || name.SequenceEqual("nextCursor"u8);
                reader.SkipValue();
            }

            return isPage;
        });
        if (!isPage) throw new ExportException("The answer is no page: it has neither items nor a nextCursor. Something else than the Export API may have answered.");
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
        catch (JsonFault)
        {
            // Whoever reads the document will come upon it, and say what it is.
        }

        return false;
    }

    private static (List<ReadOnlyMemory<byte>> Items, string? NextCursor) Scan(ReadOnlyMemory<byte> json)
    {
        var start = json.Span.StartsWith("\uFEFF"u8) ? 3 : 0;
        json = json.Slice(start);
        var items = new List<ReadOnlyMemory<byte>>();
        string? nextCursor = null;
        PageReader.ReadDocument(json.Span, (ref PageReader reader) =>
        {
            reader.Begin();
            while (reader.NextMember(out var name))
            {
                if (name.SequenceEqual("items"u8)) reader.ReadItems(json, items);
                else if (name.SequenceEqual("nextCursor"u8)) nextCursor = reader.ReadString() is { Length: > 0 } cursor ? cursor : null;
                else reader.SkipValue();
            }

            return items;
        });
        return (items, nextCursor);
    }
}
