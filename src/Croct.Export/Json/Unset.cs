namespace Croct.Export.Json;

/// <summary>A collection that a getter made, and that nobody has put anything into: an answer had none, and none is written.</summary>
internal interface IUnset
{
    int Count { get; }
}

internal sealed class UnsetList<T> : List<T>, IUnset;

internal sealed class UnsetMap<TKey, TValue> : Dictionary<TKey, TValue>, IUnset
    where TKey : notnull;
