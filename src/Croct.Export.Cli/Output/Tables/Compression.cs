using System.IO.Compression;
using ZstdSharp;

namespace Croct.Export.Cli.Output.Tables;

/// <summary>How the bytes of a file can be compressed.</summary>
internal enum Compression
{
    Gzip,
    Zstd,
}

/// <summary>Makes streams that compress what is written to them.</summary>
internal static class CompressedStream
{
    /// <summary>
    /// A stream that compresses into another one, which stays open. What is written is complete once it is disposed: one gzip member or one zstd
    /// frame. Both formats allow any number of these in a row, so a file can be cut between two of them and gone on with.
    /// </summary>
    public static Stream Into(Stream stream, Compression compression) => compression switch
    {
        Compression.Gzip => new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true),
        Compression.Zstd => new CompressionStream(stream, level: 3, leaveOpen: true),
        _ => throw new ArgumentOutOfRangeException(nameof(compression), compression, message: null),
    };

    /// <summary>The compression that the name of a file asks for; null for none.</summary>
    public static Compression? Of(string fileName) => Path.GetExtension(fileName).ToLowerInvariant() switch
    {
        ".gz" => Compression.Gzip,
        ".zst" => Compression.Zstd,
        _ => null,
    };
}
