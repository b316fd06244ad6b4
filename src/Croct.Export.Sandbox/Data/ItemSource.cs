using System.Buffers;
using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>One stream of items. Each is a function of the seed and its index: any is made in constant time, and none is kept.</summary>
internal abstract class ItemSource(int seed, Timeline timeline, Purpose idPurpose)
{
    private readonly ItemId _ids = new(seed, idPurpose);

    /// <summary>The path of the endpoint.</summary>
    public abstract string Path { get; }

    public abstract SandboxStream Stream { get; }

    /// <summary>What one item is called.</summary>
    public abstract string ItemName { get; }

    /// <summary>How many items there are by now.</summary>
    public abstract long Count { get; }

    /// <summary>When the items happen: the time that windows are about.</summary>
    public Timeline Timeline => timeline;

    protected int Seed => seed;

    /// <summary>The name of the schema of an item.</summary>
    protected abstract string Schema { get; }

    public Guid IdOf(long index) => _ids.Of(index);

    public long? IndexOf(string id) => _ids.IndexOf(id, Count);

    /// <summary>The first item of a window at or behind an index, among the first <paramref name="count"/>; null when there is none.</summary>
    public virtual long? Find(long index, long count, in Bounds bounds)
    {
        index = Math.Max(index, bounds.First);
        return index < Math.Min(count, bounds.End) ? index : null;
    }

    /// <summary>Writes an item as it stands in a page.</summary>
    public void Write(Utf8JsonWriter writer, long index)
    {
        if (!Additions.OfContract.AreDueIn(Schema))
        {
            WriteByHand(writer, index);
            return;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var byHand = new Utf8JsonWriter(buffer, Fields.WriterOptions)) WriteByHand(byHand, index);
        var key = Draw.Of(Seed, Purpose.Sample, index).Next() ^ Draw.Hash(Schema);
        Additions.OfContract.Write(writer, Schema, buffer.WrittenMemory, new SampleOrigin(key, TimeOf(index)));
    }

    /// <summary>Writes what a page has beside its items and its cursor.</summary>
    public virtual void WriteMetadata(Utf8JsonWriter writer)
    {
    }

    /// <summary>Writes the answer to a look-up by id.</summary>
    public virtual void WriteSingle(Utf8JsonWriter writer, long index) => Write(writer, index);

    /// <summary>Writes what is known about an item without the contract.</summary>
    protected abstract void WriteByHand(Utf8JsonWriter writer, long index);

    /// <summary>When an item happens.</summary>
    protected virtual long TimeOf(long index) => timeline.TimeOf(index);
}
