using System.Buffers;
using System.IO.Compression;
using System.Text;

namespace Croct.Export.Http;

/// <summary>The whole body of a response, decompressed, in a pooled buffer that is returned on disposal.</summary>
internal sealed class ResponseBody : IDisposable
{
    /// <summary>The encodings that this build can decompress, as the value of <c>Accept-Encoding</c>.</summary>
#if NET
    public const string AcceptEncoding = "br, gzip";
#else
    public const string AcceptEncoding = "gzip";
#endif

    private byte[] _buffer;

    private ResponseBody(byte[] buffer, int length)
    {
        _buffer = buffer;
        Length = length;
    }

    /// <summary>An empty body.</summary>
    public static ResponseBody None => new([], 0);

    public int Length { get; }

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Length);

    /// <summary>Reads at most <paramref name="limit"/> bytes.</summary>
    /// <param name="content">The content to read.</param>
    /// <param name="limit">The maximum number of bytes, after decompression.</param>
    /// <param name="truncate">Whether a longer body is truncated at the limit; otherwise it is an error.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ExportException">
    /// The body is larger than the limit, has an encoding that was not requested, has more than one encoding, or is not in its declared encoding.
    /// </exception>
    public static async Task<ResponseBody> ReadAsync(HttpContent content, int limit, bool truncate, CancellationToken cancellationToken)
    {
        if (!truncate && content.Headers.ContentLength > limit) throw CreateTooLargeError(limit);

#if NET
        var network = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
#else
        var network = await content.ReadAsStreamAsync().ConfigureAwait(false);
#endif
        using var stream = Decompress(network, content.Headers.ContentEncoding);
#if !NET
        // The .NET Framework checks the token only before it reads from the network. Closing the stream ends a read that waits forever.
        using var closing = cancellationToken.Register(network.Dispose);
#endif
        var expected = Math.Min(content.Headers.ContentLength ?? 0, limit);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(expected + 1, 16 * 1024));
        var length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length) buffer = Grow(buffer, limit);
                var read = await stream.ReadAsync(buffer, length, buffer.Length - length, cancellationToken).ConfigureAwait(false);
                if (read == 0) break;
                length += read;
                if (length <= limit) continue;
                if (!truncate) throw CreateTooLargeError(limit);
                length = limit;
                break;
            }

            return new ResponseBody(buffer, length);
        }
#if !NET
        catch (Exception exception) when (cancellationToken.IsCancellationRequested)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
#endif
        catch (Exception exception) when (
            exception is InvalidDataException || (exception is InvalidOperationException && exception is not ObjectDisposedException))
        {
            ArrayPool<byte>.Shared.Return(buffer);
            var coding = string.Join(", ", content.Headers.ContentEncoding);
            throw new ExportException($"The response is declared to be encoded as '{coding}', but its body is not, or is damaged.", exception)
            {
                IsTransient = true,
            };
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>Returns the first bytes as text, even if they are not text.</summary>
    public string Excerpt(int bytes) => Encoding.UTF8.GetString(_buffer, 0, Math.Min(bytes, Length));

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Decompresses at most once: a header can list thousands of encodings, and each would need a decompressor.</summary>
    private static Stream Decompress(Stream stream, IEnumerable<string> encodings)
    {
        var decompressed = stream;
        foreach (var encoding in encodings)
        {
            if (encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)) continue;
            if (decompressed != stream)
            {
                throw new ExportException($"The response is encoded more than once. This client accepts one encoding of {AcceptEncoding}.");
            }

            decompressed = encoding.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(stream, CompressionMode.Decompress),
#if NET
                "br" => new BrotliStream(stream, CompressionMode.Decompress),
#endif
                _ => throw new ExportException($"The response is encoded as '{encoding}'. This client accepts only {AcceptEncoding}."),
            };
        }

        return decompressed;
    }

    /// <summary>Moves the content of a full buffer to one of twice the size, or of one byte more than the limit if that is smaller.</summary>
    private static byte[] Grow(byte[] buffer, int limit)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * buffer.Length, limit + 1L));
        Buffer.BlockCopy(buffer, 0, larger, 0, buffer.Length);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static ExportException CreateTooLargeError(int limit) => new(
        $"The response is larger than {nameof(ExportClientOptions.MaxResponseBytes)} ({limit} bytes). Request smaller pages or raise the limit.");
}
