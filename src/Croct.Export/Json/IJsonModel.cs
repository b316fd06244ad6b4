using Newtonsoft.Json;

namespace Croct.Export.Json;

/// <summary>What every generated model can do: write itself.</summary>
internal interface IJsonModel
{
    /// <summary>Writes the whole object, the members that this package does not know included.</summary>
    void Write(JsonWriter writer);
}
