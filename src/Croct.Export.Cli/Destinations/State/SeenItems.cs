using System.Buffers.Binary;
using System.Security.Cryptography;
using Croct.Export.Checkpoints;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Destinations.State;

/// <summary>
/// The items of the margin, the part of this run's window that overlaps the previous one, followed by the items of this run. Each run has one such file
/// next to the state, which records how much of it is valid. Only the margin is held in memory.
/// </summary>
internal sealed class SeenItems : IDisposable
{
    private const int EntryBytes = 24;

    private readonly HashSet<UInt128> _margin;
    private readonly FileStream _file;
    private readonly HashedStream _hashed;
    private readonly BufferedStream _buffered;

    private SeenItems(FileStream file, HashedStream hashed, HashSet<UInt128> margin)
    {
        (_file, _hashed, _margin) = (file, hashed, margin);
        _buffered = new BufferedStream(hashed, 64 * 1024);
    }

    /// <summary>The number of bytes written to the file, without those still buffered.</summary>
    public long Bytes => _hashed.Bytes;

    /// <summary>The SHA-256 of these bytes, in hexadecimal.</summary>
    public string Sha256 => _hashed.Sha256;

    /// <summary>Opens the file of a run, and cuts it to its valid bytes.</summary>
    /// <exception cref="InvalidDataException">The file is missing, too short or changed.</exception>
    public static SeenItems Open(string statePath, int run, SeenBytes valid)
    {
        var path = GetPath(statePath, run);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            if (file.Length < valid.Length) throw new InvalidDataException($"'{path}' has {file.Length} bytes, but the state expects at least {valid.Length}");
            var hashed = new HashedStream(file);
            hashed.Include(file, valid.Length);
            if (hashed.Sha256 != valid.Sha256) throw new InvalidDataException($"'{path}' has changed since the state was written");
            file.Seek(0, SeekOrigin.Begin);
            var margin = Read(file).Take((int)(valid.Margin / EntryBytes)).Select(key => key.Hash).ToHashSet();
            file.SetLength(valid.Length);
            file.Seek(0, SeekOrigin.End);
            return new SeenItems(file, hashed, margin);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool Has(ItemKey key) => _margin.Contains(key.Hash);

    public void Add(IReadOnlyList<ItemKey> keys)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        foreach (var key in keys)
        {
            BinaryPrimitives.WriteUInt128BigEndian(entry, key.Hash);
            BinaryPrimitives.WriteInt64BigEndian(entry[16..], key.Time);
            _buffered.Write(entry);
        }
    }

    public void Flush()
    {
        _buffered.Flush();
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Whether a path has the name of such a file.</summary>
    public static bool IsNameOf(string statePath, string path) => path.StartsWith(statePath + ".seen-", StringComparison.Ordinal);

    /// <summary>The files that a run writes: its own and that of the next run.</summary>
    public static IReadOnlyList<string> GetFiles(string statePath, int run) => [GetPath(statePath, run), .. DurableFile.GetFiles(GetPath(statePath, run + 1))];

    /// <summary>Writes the file of the next run, with the items that are not older than the margin or have no time. Returns its valid part.</summary>
    public SeenBytes WriteNextRun(string statePath, int run, DateTimeOffset since)
    {
        Flush();
        _file.Seek(0, SeekOrigin.Begin);
        var from = since.ToUnixTimeMilliseconds();
        var carried = new MemoryStream();
        var entry = new byte[EntryBytes];
        foreach (var key in Read(_file).Where(key => key.Time >= from || key.Time == 0))
        {
            BinaryPrimitives.WriteUInt128BigEndian(entry, key.Hash);
            BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(16), key.Time);
            carried.Write(entry);
        }

        var bytes = carried.GetBuffer().AsSpan(0, (int)carried.Length);
        DurableFile.Replace(GetPath(statePath, run), bytes);
        return new SeenBytes(bytes.Length, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    public static void Forget(string statePath, int run) => File.Delete(GetPath(statePath, run));

    public void Dispose() => _hashed.Dispose();

    private static string GetPath(string statePath, int run) => FormattableString.Invariant($"{statePath}.seen-{run}");

    private static IEnumerable<ItemKey> Read(FileStream file)
    {
        var reader = new BufferedStream(file, 64 * 1024);
        var entry = new byte[EntryBytes];
        while (reader.ReadAtLeast(entry, EntryBytes, throwOnEndOfStream: false) == EntryBytes)
        {
            yield return new ItemKey(BinaryPrimitives.ReadUInt128BigEndian(entry), BinaryPrimitives.ReadInt64BigEndian(entry.AsSpan(16)));
        }
    }
}
