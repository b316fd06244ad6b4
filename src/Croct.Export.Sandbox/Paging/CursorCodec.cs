using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Croct.Export.Sandbox.Paging;

/// <summary>
/// Makes cursors: the index of the next item, and a keyed hash over it and the window, so that a cursor of another window, another
/// sandbox or somebody's own making is told from a good one.
/// </summary>
internal sealed class CursorCodec(int seed)
{
    private const int HashBytes = 12;
    private const int CursorBytes = sizeof(long) + HashBytes;

    private readonly byte[] _key = SHA256.HashData(Encoding.UTF8.GetBytes($"croct-export-sandbox-{seed}"));

    public string Encode(long index, Window window)
    {
        Span<byte> cursor = stackalloc byte[CursorBytes];
        BinaryPrimitives.WriteInt64BigEndian(cursor, index);
        Hash(cursor[..sizeof(long)], window, cursor[sizeof(long)..]);
        return Base64Url.EncodeToString(cursor);
    }

    /// <summary>The index in a cursor, or null when the cursor is not one of this window's.</summary>
    public long? Decode(string text, Window window)
    {
        Span<byte> cursor = stackalloc byte[CursorBytes];
        if (text.Length != Base64Url.GetEncodedLength(CursorBytes) || !Base64Url.IsValid(text)) return null;
        Base64Url.DecodeFromChars(text, cursor);
        Span<byte> expected = stackalloc byte[HashBytes];
        Hash(cursor[..sizeof(long)], window, expected);
        return CryptographicOperations.FixedTimeEquals(expected, cursor[sizeof(long)..]) ? BinaryPrimitives.ReadInt64BigEndian(cursor) : null;
    }

    private void Hash(ReadOnlySpan<byte> index, Window window, Span<byte> hash)
    {
        var bound = Encoding.UTF8.GetBytes(window.ToString());
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, [.. index, .. bound], full);
        full[..HashBytes].CopyTo(hash);
    }
}
