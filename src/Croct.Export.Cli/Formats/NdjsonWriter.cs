namespace Croct.Export.Cli.Formats;

/// <summary>
/// Writes items as NDJSON: the JSON as it was received and a line feed. Only where an item spans several lines is the whitespace between its
/// tokens left out; nothing is ever written anew.
/// </summary>
internal sealed class NdjsonWriter(Stream stream) : ItemWriter<ReadOnlyMemory<byte>>
{
    public override async Task WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> items)
    {
        foreach (var item in items)
        {
            await stream.WriteAsync(InOneLine(item));
            stream.WriteByte((byte)'\n');
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The item as received where it is one line, else without the whitespace between its tokens.</summary>
    public static ReadOnlyMemory<byte> InOneLine(ReadOnlyMemory<byte> item)
    {
        // A line break inside a string is escaped in JSON, so a bare one stands between tokens.
        var json = item.Span;
        if (json.IndexOfAny((byte)'\n', (byte)'\r') < 0) return item;
        var compact = new List<byte>(json.Length);
        var inString = false;
        for (var i = 0; i < json.Length; i++)
        {
            var b = json[i];
            if (inString && b == '\\')
            {
                compact.Add(b);
                compact.Add(json[++i]);
                continue;
            }

            if (b == '"') inString = !inString;
            if (inString || b is not ((byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')) compact.Add(b);
        }

        return compact.ToArray();
    }
}
