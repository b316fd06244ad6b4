using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>One stream of items. Each is a function of the seed and its index: any is made in constant time, and none is kept.</summary>
internal abstract class ItemSource(int seed, long count, Timeline timeline, Purpose idPurpose)
{
    private readonly ItemId _ids = new(seed, idPurpose);

    /// <summary>The path of the endpoint.</summary>
    public abstract string Path { get; }

    /// <summary>What one item is called.</summary>
    public abstract string ItemName { get; }

    public long Count => count;

    /// <summary>When the items happen: the time that windows are about.</summary>
    public Timeline Timeline => timeline;

    protected int Seed => seed;

    public Guid IdOf(long index) => _ids.Of(index);

    public long? IndexOf(string id) => _ids.IndexOf(id, count);

    /// <summary>The first item at or after an index that a filter lets through, or <paramref name="end"/>.</summary>
    public virtual long NextMatch(long index, long end, EventFilter filter) => index;

    /// <summary>Writes an item as it stands in a page.</summary>
    public abstract void Write(Utf8JsonWriter writer, long index);

    /// <summary>Writes what a page has beside its items and its cursor.</summary>
    public virtual void WriteMetadata(Utf8JsonWriter writer)
    {
    }

    /// <summary>Writes the answer to a look-up by id.</summary>
    public virtual void WriteSingle(Utf8JsonWriter writer, long index) => Write(writer, index);
}
