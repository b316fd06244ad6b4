using System.Text.Json;
using Croct.Export.Http;
using Croct.Export.Json;

namespace Croct.Export.Paging;

/// <summary>Finds the items and the cursor of an answer without reading what is in the items.</summary>
internal static class RawPageParser
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = PageReader.MaxDepth };

    /// <summary>Makes a page of a body, which the page then owns.</summary>
    /// <param name="body">The body of the answer.</param>
    /// <param name="cursor">The cursor that the page was asked with.</param>
    public static RawPage Parse(ResponseBody body, string? cursor)
    {
        try
        {
            var (items, nextCursor) = Scan(body.Bytes);
            return new RawPage(body) { Items = items, Cursor = cursor, NextCursor = nextCursor };
        }
        catch (JsonException exception)
        {
            using (body) throw ExportTransport.Unreadable(body, exception);
        }
    }

    /// <summary>Whether a document breaks off before its end, as far as it goes being well-formed.</summary>
    public static bool IsCutShort(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json.Slice(3);
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(Options));
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

    private static (List<ReadOnlyMemory<byte>> Items, string? NextCursor) Scan(ReadOnlyMemory<byte> json)
    {
        var start = json.Span.StartsWith("\uFEFF"u8) ? 3 : 0;
        var reader = new Utf8JsonReader(json.Span.Slice(start), Options);
        var items = new List<ReadOnlyMemory<byte>>();
        string? nextCursor = null;

        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException($"An object was expected, not {reader.TokenType}.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("items"u8))
            {
                reader.Read();
                ReadItems(ref reader, json.Slice(start), items);
            }
            else if (reader.ValueTextEquals("nextCursor"u8))
            {
                reader.Read();
                nextCursor = reader.TokenType switch
                {
                    JsonTokenType.String => reader.GetString() is { Length: > 0 } text ? text : null,
                    JsonTokenType.Null => null,
                    _ => throw new JsonException($"A string was expected, not {reader.TokenType}. Path 'nextCursor'."),
                };
            }
            else
            {
                reader.Skip();
            }
        }

        // Reading on makes the reader refuse whatever stands behind the document.
        reader.Read();
        return (items, nextCursor);
    }

    private static void ReadItems(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, List<ReadOnlyMemory<byte>> items)
    {
        items.Clear();
        if (reader.TokenType == JsonTokenType.Null) return;
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException($"An array was expected, not {reader.TokenType}. Path 'items'.");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException($"An object was expected, not {reader.TokenType}. Path 'items[{items.Count}]'.");
            }

            var first = (int)reader.TokenStartIndex;
            reader.Skip();
            items.Add(json.Slice(first, (int)reader.BytesConsumed - first));
        }
    }
}
