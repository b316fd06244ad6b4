using System.Buffers.Binary;

namespace Croct.Export.Sandbox.Data;

/// <summary>Version 4 UUIDs that encode an index, so that an item is found by its id without a table.</summary>
internal sealed class ItemId(int seed, Purpose purpose)
{
    private readonly ulong _offset = Draw.Mix((ulong)seed + ((ulong)purpose << 32));

    public Guid Of(long index)
    {
        var hidden = Draw.Mix((ulong)index + _offset);
        return Layout(hidden, Draw.Mix(hidden ^ _offset));
    }

    /// <summary>Returns the index that an id encodes; null if the id is not one of these.</summary>
    public long? IndexOf(string id, long count)
    {
        if (!Guid.TryParseExact(id, "D", out var uuid)) return null;
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        var hidden = (BinaryPrimitives.ReadUInt64BigEndian(bytes) & ~0xFFFFUL) | BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]);
        var index = (long)(Draw.Unmix(hidden) - _offset);

        // The text is compared, not the value, because parsing accepts whitespace and signs.
        return index >= 0 && index < count && string.Equals(Of(index).ToString(), id, StringComparison.OrdinalIgnoreCase) ? index : null;
    }

    /// <summary>Packs all bits of the first number, and as many of the second as fit, into a version 4 UUID.</summary>
    public static Guid Layout(ulong first, ulong second)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, first);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], second);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[10..], (ushort)first);
        bytes[6] = (byte)(0x40 | (bytes[14] & 0x0F));
        bytes[7] = bytes[15];
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true);
    }
}
