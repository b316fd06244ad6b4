using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Croct.Export.Cli.Items;

/// <summary>
/// Identifies an item across responses by its id and the time that windows apply to, whatever the form of its JSON. A user who has changed has another
/// time, and is another row. Events without an id, from API versions before 0.6, are the same if all of their members are.
/// </summary>
/// <param name="Hash">A hash of the id and the time.</param>
/// <param name="Time">The time in milliseconds; 0 if there is none.</param>
internal readonly record struct ItemKey(UInt128 Hash, long Time)
{
    /// <summary>The key as written to a state.</summary>
    public string Text => Hash.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>The key as written to a database.</summary>
    public Guid ToUuid()
    {
        Span<byte> hash = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(hash, Hash);
        return new Guid(hash, bigEndian: true);
    }

    /// <param name="id">The id, or the content of an item without one.</param>
    /// <param name="time">The time in milliseconds; null if there is none.</param>
    public static ItemKey Of(string id, long? time)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{time}|{id}")), hash);
        return new ItemKey(BinaryPrimitives.ReadUInt128BigEndian(hash), time ?? 0);
    }
}
