using System.IO.Compression;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Croct.Export.Sandbox.Responses;

/// <summary>A way to compress a body.</summary>
internal sealed class ContentCoding
{
    private readonly Func<Stream, Stream> _compress;

    private ContentCoding(string name, Func<Stream, Stream> compress)
    {
        Name = name;
        _compress = compress;
    }

    public static ContentCoding Brotli { get; } = new("br", into => new BrotliStream(into, CompressionLevel.Fastest, leaveOpen: true));

    public static ContentCoding Gzip { get; } = new("gzip", into => new GZipStream(into, CompressionLevel.Fastest, leaveOpen: true));

    public string Name { get; }

    /// <summary>Returns the coding that an Accept-Encoding header prefers, Brotli if it has no preference; null for none.</summary>
    public static ContentCoding? Choose(StringValues acceptEncoding)
    {
        if (acceptEncoding.Count == 0 || !StringWithQualityHeaderValue.TryParseList(acceptEncoding, out var accepted)) return null;
        var (brotli, gzip) = (GetQuality(Brotli.Name) ?? 0, GetQuality(Gzip.Name) ?? 0);
        var best = Math.Max(brotli, gzip);
        if (best == 0 || (accepted.Any(value => value.Value == "identity") && GetQuality("identity") > best)) return null;
        return brotli == best ? Brotli : Gzip;

        double? GetQuality(string name) =>
            (accepted.FirstOrDefault(value => value.Value.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? accepted.FirstOrDefault(value => value.Value == "*"))
            is { } value ? value.Quality ?? 1 : null;
    }

    public void Compress(ReadOnlySpan<byte> body, Stream into)
    {
        using var compressor = _compress(into);
        compressor.Write(body);
    }
}
