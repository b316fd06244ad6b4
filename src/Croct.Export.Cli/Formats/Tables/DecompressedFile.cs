using System.Buffers;
using System.IO.Compression;
using ZstdSharp;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// Reads the bytes of a file that <see cref="CompressedStream"/> compressed, or that is not compressed, in pieces that end at delimiters. The file stays open.
/// </summary>
internal sealed class DecompressedFile : IDisposable
{
    /// <summary>No response of the API is larger, so nothing in one of its items is.</summary>
    private const int MaxLength = 1 << 30;

    /// <summary>Bytes that are not in UTF-8, and that a compressor does not leave as they are.</summary>
    private static readonly byte[] GzipEnd = [.. Enumerable.Repeat((byte)0xFF, 32)];

    private readonly Stream _file;
    private readonly Compression? _compression;
    private readonly Stream _decompressed;
    private readonly byte[] _end;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _position;
    private int _length;

    // The bytes at the end of the buffer that are not returned until others follow them: they may be the end.
    private int _held;

    /// <param name="file">A stream that supports seeking.</param>
    /// <param name="compression">Its compression; null for none.</param>
    /// <exception cref="InvalidDataException">The file is empty, which a compressed file is not.</exception>
    public DecompressedFile(Stream file, Compression? compression)
    {
        (_file, _compression) = (file, compression);
        if (compression is not null && file.Length == 0) throw new InvalidDataException($"The file is empty: it is not {Name}.");
        _end = compression == Compression.Gzip ? GzipEnd : [];
        _decompressed = compression switch
        {
            Compression.Gzip => new GZipStream(new FollowedStream(file, Compress(GzipEnd)), CompressionMode.Decompress),
            Compression.Zstd => new DecompressionStream(file, checkEndOfStream: true, leaveOpen: true),
            _ => file,
        };
    }

    private string Name => _compression == Compression.Gzip ? "gzip" : "zstd";

    /// <summary>Returns the next byte, but does not move past it; -1 at the end of the file.</summary>
    public int Peek() => Fill() ? _buffer[_position] : -1;

    /// <summary>Returns the next byte and moves past it; -1 at the end of the file.</summary>
    public int Read() => Fill() ? _buffer[_position++] : -1;

    /// <summary>Moves past the next delimiter and returns it; -1 if there is none until the end of the file.</summary>
    /// <param name="delimiters">The delimiters.</param>
    /// <param name="text">The bytes before the delimiter are appended to it; null to skip them.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or <paramref name="text"/> would become longer than anything in a file can be.</exception>
    public int ReadTo(SearchValues<byte> delimiters, ArrayBufferWriter<byte>? text)
    {
        while (Fill())
        {
            var bytes = _buffer.AsSpan(_position, _length - _position);
            var index = bytes.IndexOfAny(delimiters);
            var count = index < 0 ? bytes.Length : index;
            if (text?.WrittenCount > MaxLength - count) throw new InvalidDataException("The file is damaged: it has a text of more than 1 GiB.");
            text?.Write(bytes[..count]);
            _position += count;
            if (index >= 0) return _buffer[_position++];
        }

        return -1;
    }

    /// <summary>Creates the error of a row. If the rest of the file cannot be decompressed, that is the cause, and this error is thrown instead.</summary>
    public InvalidDataException CreateError(string message)
    {
        while (Fill()) _position = _length;
        return new InvalidDataException(message);
    }

    public void Dispose()
    {
        if (_decompressed != _file) _decompressed.Dispose();
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return compressed.ToArray();
    }

    /// <summary>Reads bytes if there are none left; returns false at the end of the file.</summary>
    private bool Fill()
    {
        if (_position < _length) return true;
        try
        {
            _buffer.AsSpan(_length, _held).CopyTo(_buffer);
            var count = _held + _decompressed.ReadAtLeast(_buffer.AsSpan(_held), _end.Length + 1 - _held, throwOnEndOfStream: false);
            _held = Math.Min(count, _end.Length);
            (_position, _length) = (0, count - _held);
        }
        catch (Exception exception) when (_compression is not null && exception is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw CreateDamageError(exception);
        }

        if (_length == 0 && !_buffer.AsSpan(0, _held).SequenceEqual(_end)) throw CreateDamageError(null);
        return _length > 0;
    }

    private InvalidDataException CreateDamageError(Exception? exception) =>
        new($"The file is cut or damaged: it cannot be decompressed as {Name} to its end.", exception);

    /// <summary>
    /// A file followed by a gzip member. .NET takes a file that is cut, or that has something else after a member, for a complete one. But only if all members
    /// are complete does it then find this one: if its content is the last, nothing is missing before it.
    /// </summary>
    private sealed class FollowedStream(Stream file, byte[] member) : MemoryStream(member)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = file.Read(buffer, offset, count);
            return read > 0 ? read : base.Read(buffer, offset, count);
        }
    }
}
