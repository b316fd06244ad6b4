using System.Buffers;
using System.Security.Cryptography;

namespace Croct.Export.Cli.Destinations;

/// <summary>Counts and hashes the bytes written through it.</summary>
/// <param name="stream">The stream that the bytes are written to; disposed with this one.</param>
internal sealed class HashedStream(Stream stream) : WriteOnlyStream
{
    private const int BufferSize = 256 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The SHA-256 of no bytes.</summary>
    public static string EmptySha256 { get; } = Convert.ToHexStringLower(SHA256.HashData([]));

    /// <summary>The SHA-256 of the rest of a stream, in hexadecimal.</summary>
    public static async Task<string> HashAsync(Stream content) => Convert.ToHexStringLower(await SHA256.HashDataAsync(content));

    public long Bytes { get; private set; }

    public string Sha256 => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Counts and hashes bytes that are already in the file.</summary>
    public void Include(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Bytes += bytes.Length;
    }

    /// <summary>Counts and hashes the next bytes of a stream, fewer if it ends before.</summary>
    public void Include(Stream source, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        for (var left = length; left > 0;)
        {
            var read = source.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0) break;
            Include(buffer.AsSpan(0, read));
            left -= read;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            stream.Write(buffer);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw TooLarge(exception);
        }

        Include(buffer);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await stream.WriteAsync(buffer, cancellationToken);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw TooLarge(exception);
        }

        Include(buffer.Span);
    }

    public override void Flush() => stream.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        _hash.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>.NET reports EFBIG as a wrong argument. It occurs because FAT limits files to 4 GiB, and a limit can be set for a user.</summary>
    private static IOException TooLarge(ArgumentOutOfRangeException exception) => new(
        "The file has reached the maximum size that its file system or a limit of the user allows. Raise the limit, or write to another file system.",
        exception);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
