namespace Croct.Export.Tests.Wire;

/// <summary>The stream of a connection that is lost after some bytes.</summary>
internal sealed class BreakingStream(byte[] beginning) : MemoryStream(beginning, writable: false)
{
    public override int Read(Span<byte> buffer) => BreakAtEnd(base.Read(buffer));

    public override int Read(byte[] buffer, int offset, int count) => BreakAtEnd(base.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        BreakAtEnd(await base.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private static int BreakAtEnd(int read) => read > 0 ? read : throw new IOException("The connection was lost.");
}
