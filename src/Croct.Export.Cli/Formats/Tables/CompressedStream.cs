using System.IO.Compression;
using ZstdSharp;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>How the bytes of a file can be compressed.</summary>
internal enum Compression
{
    Gzip,
    Zstd,
}

/// <summary>
/// Compresses what is written to it into another stream, which stays open. Both formats allow any number of compressed parts in a row (gzip
/// calls them members, zstd frames): after <see cref="EndPartAsync"/> the other stream holds everything as a whole, and a file that is cut there can
/// be gone on with. Equal writes and equal ends of parts give equal bytes.
/// </summary>
/// <param name="stream">Where the compressed bytes go.</param>
/// <param name="compression">How.</param>
/// <param name="appends">Whether compressed parts stand there already. If not, there is one in the end, be it empty: no bytes at all are no gzip file.</param>
internal sealed class CompressedStream(Stream stream, Compression compression, bool appends) : WriteOnlyStream
{
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

    /// <summary>The compression that the name of a file asks for; null for none.</summary>
    public static Compression? Of(string fileName) => Path.GetExtension(fileName).ToLowerInvariant() switch
    {
        ".gz" => Compression.Gzip,
        ".zst" => Compression.Zstd,
        _ => null,
    };

    /// <summary>Completes what was written since the last call; does nothing if nothing was.</summary>
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

    // Every flush would cost bytes, and would still leave no whole part behind.
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        if (!_hasParts) await Part.FlushAsync();
        await EndPartAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_hasParts) Part.Flush();
        if (disposing) _part?.Dispose();
        _part = null;
        base.Dispose(disposing);
    }
}
