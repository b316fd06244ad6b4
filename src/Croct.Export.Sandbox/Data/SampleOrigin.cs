using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>What an object made of its schema follows from.</summary>
/// <param name="Key">What its numbers are drawn from.</param>
/// <param name="Time">When the item that it is in happens, in milliseconds since the epoch.</param>
/// <param name="Example">An object like it, which the contract shows; null for none.</param>
/// <param name="Depth">How many objects it is nested in.</param>
internal readonly record struct SampleOrigin(ulong Key, long Time, JsonElement? Example = null, int Depth = 0)
{
    /// <summary>The numbers for one property. They follow from its name, so that another property beside it changes nothing.</summary>
    public Draw DrawFor(string property) => new(Draw.Mix(Key ^ Draw.Hash(property)));

    /// <summary>What an object within this one follows from.</summary>
    public SampleOrigin Within(ulong key, JsonElement? example) => new(key, Time, example, Depth + 1);
}
