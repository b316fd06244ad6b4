using System.Buffers;
using System.Text.Json;
using Croct.Export.Cli.Formats.Tables;

namespace Croct.Export.Cli.Formats;

/// <summary>Reads the items of an NDJSON file.</summary>
internal static class NdjsonReader
{
    private static readonly SearchValues<byte> LineFeed = SearchValues.Create("\n"u8);

    /// <summary>Returns the items in order. The bytes of each are valid until the next one is read.</summary>
    /// <exception cref="InvalidDataException">A line is not a JSON object, or does not end with a line feed.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(DecompressedFile file)
    {
        var item = new ArrayBufferWriter<byte>();
        for (var line = 1L; file.Peek() >= 0; line++)
        {
            item.ResetWrittenCount();
            if (file.ReadTo(LineFeed, item) < 0) throw file.CreateError($"Line {line} does not end with a line feed: the file is cut.");
            if (!IsObject(item.WrittenSpan)) throw file.CreateError($"Line {line} is not a JSON object.");
            yield return item.WrittenMemory;
        }
    }

    private static bool IsObject(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = ItemContent.MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
