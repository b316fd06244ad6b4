using System.Text.Json;

namespace Croct.Export.Json;

/// <summary>What is wrong with a document, and at which byte. Its path is looked for when somebody is told of it, and not where it is thrown.</summary>
internal sealed class JsonFault(string message, int position) : Exception(message)
{
    /// <summary>The error about a document.</summary>
    public JsonException In(ReadOnlySpan<byte> document) => new(Describe(JsonPath.At(document, position), position));

    /// <summary>The error about an item of a page, of which only the bytes of the item have to be read again.</summary>
    public JsonException InItem(int index, ReadOnlySpan<byte> document, int start) =>
        new(Describe(JsonPath.At(document.Slice(start), position - start, $"items[{index}]"), position));

    private string Describe(string path, int at) => $"{Message}. Path '{path}', byte {at}.";
}
