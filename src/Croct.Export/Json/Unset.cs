namespace Croct.Export.Json;

/// <summary>A collection that a getter created because the response had none. It is not written as long as it is empty.</summary>
internal interface IUnset
{
    int Count { get; }
}

internal sealed class UnsetList<T> : List<T>, IUnset;

internal sealed class UnsetMap<TKey, TValue> : Dictionary<TKey, TValue>, IUnset
    where TKey : notnull;
