using System.IO.Compression;
using ZstdSharp;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>The compression of a file.</summary>
internal enum Compression
{
    Gzip,
    Zstd,
}

/// <summary>
/// Compresses the bytes written to it into another stream, which stays open. Both formats allow any number of compressed parts in sequence (gzip calls
/// them members, zstd frames). After <see cref="EndPartAsync"/>, the other stream holds only complete parts, and a file that is cut there can be continued.
/// Equal writes and equal ends of parts give equal bytes.
/// </summary>
/// <param name="stream">The stream that the compressed bytes are written to.</param>
/// <param name="compression">The compression.</param>
/// <param name="appends">
/// Whether the stream has compressed parts already. If not, it gets at least one, even if it is empty: a file of no bytes is not a gzip file.
/// </param>
internal sealed class CompressedStream(Stream stream, Compression compression, bool appends) : WriteOnlyStream
{
    // Parts of no bytes. If nothing is written to a GZipStream, it makes only the beginning of one, and everything appended to that cannot be read.
    private static readonly byte[] EmptyGzip = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    private static readonly byte[] EmptyZstd = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58, 1, 0, 0];

    private Stream? _part;
    private bool _hasParts = appends;

    private Stream Part
    {
        get
        {
            _hasParts = true;
            return _part ??= compression switch
            {
                Compression.Gzip => new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true),
                _ => new CompressionStream(stream, level: 3, leaveOpen: true),
            };
        }
    }

    private byte[] EmptyPart => compression == Compression.Gzip ? EmptyGzip : EmptyZstd;

    /// <summary>The compression that the extension of a file name stands for; null for none.</summary>
    public static Compression? Of(string fileName) => Path.GetExtension(fileName).ToLowerInvariant() switch
    {
        ".gz" => Compression.Gzip,
        ".zst" => Compression.Zstd,
        _ => null,
    };

    /// <summary>Completes the part written since the last call; does nothing if nothing was written.</summary>
    public async Task EndPartAsync()
    {
        if (_part is null) return;
        await _part.DisposeAsync();
        _part = null;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!buffer.IsEmpty) Part.Write(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? ValueTask.CompletedTask : Part.WriteAsync(buffer, cancellationToken);

    // A flush would cost bytes without completing the part.
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        if (!_hasParts) await stream.WriteAsync(EmptyPart);
        _hasParts = true;
        await EndPartAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_hasParts) stream.Write(EmptyPart);
        _hasParts = true;
        if (disposing) _part?.Dispose();
        _part = null;
        base.Dispose(disposing);
    }
}
