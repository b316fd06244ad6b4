using System.Buffers;
using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>A stream of items. Each item is a function of the seed and its index: it is generated in constant time and not stored.</summary>
internal abstract class ItemSource(int seed, Timeline timeline, Purpose idPurpose)
{
    private readonly ItemId _ids = new(seed, idPurpose);

    /// <summary>The path of the endpoint.</summary>
    public abstract string Path { get; }

    public abstract SandboxStream Stream { get; }

    /// <summary>The name of an item in messages, such as <c>event</c>.</summary>
    public abstract string ItemName { get; }

    /// <summary>The current number of items.</summary>
    public abstract long Count { get; }

    /// <summary>The times of the items, to which windows apply.</summary>
    public Timeline Timeline => timeline;

    protected int Seed => seed;

    /// <summary>The name of the schema of an item.</summary>
    protected abstract string Schema { get; }

    public Guid GetId(long index) => _ids.Of(index);

    public long? IndexOf(string id) => _ids.IndexOf(id, Count);

    /// <summary>The first item of a window at or after an index, among the first <paramref name="count"/> items; null if there is none.</summary>
    public virtual long? Find(long index, long count, in Bounds bounds)
    {
        index = Math.Max(index, bounds.First);
        return index < Math.Min(count, bounds.End) ? index : null;
    }

    /// <summary>Writes an item as it is in a page.</summary>
    public void Write(Utf8JsonWriter writer, long index)
    {
        if (!Additions.OfContract.AreNeededIn(Schema))
        {
            WriteByHand(writer, index);
            return;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var byHand = new Utf8JsonWriter(buffer, Fields.WriterOptions)) WriteByHand(byHand, index);
        var key = Draw.Of(Seed, Purpose.Sample, index).Next() ^ Draw.Hash(Schema);
        Additions.OfContract.Write(writer, Schema, buffer.WrittenMemory, new SampleOrigin(key, GetTime(index)));
    }

    /// <summary>Writes the members of a page other than its items and its cursor.</summary>
    public virtual void WriteMetadata(Utf8JsonWriter writer)
    {
    }

    /// <summary>Writes the response to a lookup by id.</summary>
    public virtual void WriteSingle(Utf8JsonWriter writer, long index) => Write(writer, index);

    /// <summary>Writes the properties of an item that are written by hand.</summary>
    protected abstract void WriteByHand(Utf8JsonWriter writer, long index);

    /// <summary>The time of an item, in milliseconds since the epoch.</summary>
    protected virtual long GetTime(long index) => timeline.GetTime(index);
}
