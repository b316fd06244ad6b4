using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>The data that determine a generated object.</summary>
/// <param name="Key">The key from which its numbers are drawn.</param>
/// <param name="Time">The time of the item that contains the object, in milliseconds since the epoch.</param>
/// <param name="Example">An example of the object in the contract; null for none.</param>
/// <param name="Depth">The number of objects that contain the object.</param>
internal readonly record struct SampleOrigin(ulong Key, long Time, JsonElement? Example = null, int Depth = 0)
{
    /// <summary>The numbers for one property. They depend on its name, so that adding another property does not change them.</summary>
    public Draw DrawFor(string property) => new(Draw.Mix(Key ^ Draw.Hash(property)));

    /// <summary>The origin of an object within this one.</summary>
    public SampleOrigin Within(ulong key, JsonElement? example) => new(key, Time, example, Depth + 1);
}
