using System.Text.Json;
using Croct.Export.Json;
using Croct.Export.Models;

namespace Croct.Export.Http;

/// <summary>Reads the body of a response with status 200. Its errors become an <see cref="ExportException"/>.</summary>
internal static class ResponseReader
{
    /// <exception cref="ExportException">The body is not JSON, or not an object.</exception>
    public static Parsed<T> Read<T>(ResponseBody body, ReadModel<T> read)
    {
        try
        {
            return ModelReader.ReadDocument(body.Bytes.Span, read);
        }
        catch (JsonException exception)
        {
            throw CreateUnreadableError(body, exception);
        }
    }

    /// <summary>Reads the response to a lookup.</summary>
    /// <exception cref="ExportException">The body is not JSON, or is an object without any member of the item: something else has responded.</exception>
    public static Parsed<T> ReadItem<T>(ResponseBody body, ReadModel<T> read)
        where T : ExportModel
    {
        var item = Read(body, read);
        var name = typeof(T) == typeof(SingleEventResponse) ? "an event" : $"a {typeof(T).Name.ToLowerInvariant()}";
        return Read(body, (ref ModelReader reader) => reader.ReadNames()).Root.TrueForAll(item.Root.AdditionalProperties.ContainsKey)
            && item.Unexpected.Count == 0
            ? throw new ExportException($"The response is not {name}, as it has none of its members: {ForeignText.Excerpt(body.Excerpt(body.Length))}")
            : item;
    }

    /// <summary>Creates the exception for an unreadable body. If the body is cut short, another attempt may succeed.</summary>
    public static ExportException CreateUnreadableError(ResponseBody body, JsonException exception) => IsCutShort(body.Bytes.Span)
        ? new ExportException($"The response was cut short after {body.Length} bytes.", exception) { IsTransient = true }
        : new ExportException($"The response cannot be read: {exception.Message}{Beginning(body)}", exception);

    /// <summary>Quotes the beginning of a body that is nothing like a page or an item. For any other body, the path of the error is more useful.</summary>
    private static string Beginning(ResponseBody body)
    {
        var text = body.Excerpt(body.Length).TrimStart();
        return text.Length == 0 || text[0] == '{' ? "" : $" The body begins: {ForeignText.Excerpt(text)}";
    }

    /// <summary>Whether a document is incomplete, but well-formed as far as it goes.</summary>
    private static bool IsCutShort(ReadOnlySpan<byte> json)
    {
        var state = new JsonReaderState(new JsonReaderOptions { MaxDepth = ModelReader.MaxDepth });
        var reader = new Utf8JsonReader(ModelReader.WithoutByteOrderMark(json), isFinalBlock: false, state);
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
}
