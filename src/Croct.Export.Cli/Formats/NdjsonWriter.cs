using System.Buffers;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats;

/// <summary>
/// Writes items as NDJSON: the JSON as received, followed by a line feed. If an item spans several lines, the whitespace between its tokens is removed;
/// nothing else is ever changed.
/// </summary>
internal sealed class NdjsonWriter(ContractStream contract, Stream stream) : ItemWriter(contract, table: null)
{
    private readonly ArrayBufferWriter<byte> _page = new();

    public override ValueTask<long?> WriteAsync(ReadOnlyMemory<byte> item)
    {
        Reader.Read(item);

        // A line break inside a string is escaped in JSON, so a bare one is between tokens.
        if (item.Span.IndexOfAny((byte)'\n', (byte)'\r') < 0) _page.Write(item.Span);
        else JsonBytes.AppendCompact(item.Span, _page);
        _page.Write("\n"u8);
        return ValueTask.FromResult(Reader.Time);
    }

    public override async Task EndPageAsync()
    {
        await stream.WriteAsync(_page.WrittenMemory);
        _page.ResetWrittenCount();
    }
}
