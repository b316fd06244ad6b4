using System.Buffers.Binary;
using Croct.Export.Cli.Output;

namespace Croct.Export.Cli.State;

/// <summary>
/// The items that a margin of the window before has in common with the window of this run, and, behind them, the items of this run: a file beside
/// the state, one for each run, of which the state says how much is valid. Only the margin is held in memory.
/// </summary>
internal sealed class SeenItems : IDisposable
{
    private const int EntryBytes = 24;

    private readonly HashSet<UInt128> _margin;
    private readonly FileStream _file;
    private readonly BufferedStream _buffered;

    private SeenItems(FileStream file, HashSet<UInt128> margin)
    {
        (_file, _margin) = (file, margin);
        _buffered = new BufferedStream(file, 64 * 1024);
    }

    public long Length => _buffered.Position;

    /// <summary>Opens the file of a run, and cuts off what is not valid.</summary>
    /// <exception cref="InvalidDataException">It is gone or too short.</exception>
    public static SeenItems Open(string statePath, int run, long marginLength, long length)
    {
        var path = PathOf(statePath, run);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            if (file.Length < length) throw new InvalidDataException($"'{path}' has {file.Length} bytes, but the state counts on {length}");
            var margin = Read(file).Take((int)(marginLength / EntryBytes)).Select(key => key.Hash).ToHashSet();
            file.SetLength(length);
            file.Seek(0, SeekOrigin.End);
            return new SeenItems(file, margin);
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

    public void BringToDisk()
    {
        _buffered.Flush();
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Whether a name is that of such a file.</summary>
    public static bool IsNameOf(string statePath, string path) => path.StartsWith(statePath + ".seen-", StringComparison.Ordinal);

    /// <summary>Writes the file of the next run: what is not older than the margin, or has no time. Gives its length.</summary>
    public long Carry(string statePath, int run, DateTimeOffset since)
    {
        BringToDisk();
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

        DurableFile.Replace(PathOf(statePath, run), carried.GetBuffer().AsSpan(0, (int)carried.Length));
        return carried.Length;
    }

    public static void Forget(string statePath, int run) => File.Delete(PathOf(statePath, run));

    public void Dispose() => _file.Dispose();

    private static string PathOf(string statePath, int run) => FormattableString.Invariant($"{statePath}.seen-{run}");

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
