using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Croct.Export.Cli.Output;

/// <summary>
/// What makes an item the same item in two exports: its id and the time that windows are about. A user who has changed since has another time, and is
/// another row. An event without an id, as of API versions before 0.6, is the same when all of its JSON is.
/// </summary>
/// <param name="Hash">A hash of the id and the time.</param>
/// <param name="Time">The time in milliseconds; 0 where there is none.</param>
internal readonly record struct ItemKey(UInt128 Hash, long Time)
{
    /// <param name="id">The id, or the JSON of an item without one, in UTF-8.</param>
    /// <param name="time">The time in milliseconds; null where there is none.</param>
    public static ItemKey Of(ReadOnlySpan<byte> id, long? time)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. Encoding.UTF8.GetBytes(FormattableString.Invariant($"{time}|")), .. id], hash);
        return new ItemKey(BinaryPrimitives.ReadUInt128BigEndian(hash), time ?? 0);
    }
}
