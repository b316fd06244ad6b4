using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Croct.Export.Sandbox.Data;

namespace Croct.Export.Sandbox.Http;

/// <summary>
/// Encodes cursors: the index of the next item and a keyed hash of it and the window, so that a cursor of another window or sandbox, or a forged
/// one, is recognised. The key is derived from the options, so that a cursor outlives the process.
/// </summary>
internal sealed class CursorCodec(SandboxOptions options)
{
    private const int HashBytes = 12;
    private const int CursorBytes = sizeof(long) + HashBytes;

    private readonly byte[] _key = SHA256.HashData(Encoding.UTF8.GetBytes($"croct-export-sandbox|{options.Seed}|{options.Start.UtcTicks}"));

    public string Encode(long index, Window window)
    {
        Span<byte> cursor = stackalloc byte[CursorBytes];
        BinaryPrimitives.WriteInt64BigEndian(cursor, index);
        Hash(cursor[..sizeof(long)], window, cursor[sizeof(long)..]);
        return Base64Url.EncodeToString(cursor);
    }

    /// <summary>Returns the index in a cursor; null if the cursor does not belong to this window.</summary>
    public long? Decode(string text, Window window)
    {
        Span<byte> cursor = stackalloc byte[CursorBytes];
        if (text.Length != Base64Url.GetEncodedLength(CursorBytes) || !Base64Url.IsValid(text)) return null;
        Base64Url.DecodeFromChars(text, cursor);

        // Encoding it again checks the hash and the two unused bits of the last character.
        var index = BinaryPrimitives.ReadInt64BigEndian(cursor);
        return string.Equals(Encode(index, window), text, StringComparison.Ordinal) ? index : null;
    }

    private void Hash(ReadOnlySpan<byte> index, Window window, Span<byte> hash)
    {
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, [.. index, .. Encoding.UTF8.GetBytes(window.ToString())], full);
        full[..HashBytes].CopyTo(hash);
    }
}
