using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>
/// One stream of items. Each item is a function of the seed and its index, and so is its time: any item is made in constant time, and a
/// moment is found without a search.
/// </summary>
internal abstract class ItemSource(SandboxOptions options, long count, long intervalMs, long offsetMs, Purpose idPurpose, Purpose timePurpose)
{
    private readonly long _first = options.Start.ToUnixTimeMilliseconds() + offsetMs;
    private readonly ItemId _ids = new(options.Seed, idPurpose);

    /// <summary>The path of the endpoint.</summary>
    public abstract string Path { get; }

    /// <summary>What one item is called.</summary>
    public abstract string ItemName { get; }

    public long Count => count;

    protected int Seed { get; } = options.Seed;

    public Guid IdOf(long index) => _ids.Of(index);

    public long? IndexOf(string id) => _ids.IndexOf(id, count);

    /// <summary>The time that windows are about, in milliseconds since the epoch; it grows with the index.</summary>
    public long TimeOf(long index) => _first + (index * intervalMs) + Draw.Of(Seed, timePurpose, index).Below((int)intervalMs);

    /// <summary>The first item at or after a time.</summary>
    public long IndexAt(long time)
    {
        if (time <= _first) return 0;
        var index = (time - _first) / intervalMs;
        if (index >= count) return count;
        return TimeOf(index) >= time ? index : index + 1;
    }

    public virtual bool Matches(long index, IReadOnlyCollection<EventKind> kinds) => true;

    public abstract void Write(Utf8JsonWriter writer, long index);
}
