namespace Croct.Export.Cli.Output;

/// <summary>
/// Writes items as NDJSON: the JSON as it was received and a line feed. Only where an item spans several lines is the whitespace between its
/// tokens left out; nothing is ever written anew.
/// </summary>
internal sealed class NdjsonWriter(Stream stream)
{
    public long Bytes { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> item, CancellationToken cancellationToken)
    {
        // A line break inside a string is escaped in JSON, so a bare one stands between tokens.
        if (item.Span.IndexOfAny((byte)'\n', (byte)'\r') >= 0) item = WithoutWhitespace(item.Span);
        await stream.WriteAsync(item, cancellationToken);
        stream.WriteByte((byte)'\n');
        Bytes += item.Length + 1;
    }

    private static byte[] WithoutWhitespace(ReadOnlySpan<byte> item)
    {
        var compact = new List<byte>(item.Length);
        var inString = false;
        for (var i = 0; i < item.Length; i++)
        {
            var b = item[i];
            if (inString && b == '\\')
            {
                compact.Add(b);
                compact.Add(item[++i]);
                continue;
            }

            if (b == '"') inString = !inString;
            if (inString || b is not ((byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')) compact.Add(b);
        }

        return [.. compact];
    }
}
