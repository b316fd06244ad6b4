using Newtonsoft.Json;

namespace Croct.Export.Json;

/// <summary>What every generated model can do: take one member from a reader, and write itself.</summary>
internal interface IJsonModel
{
    /// <summary>Reads the value of the member that was just named.</summary>
    void ReadMember(PageReader reader, string name);

    /// <summary>Writes the whole object, the members that this package does not know included.</summary>
    void Write(JsonWriter writer);
}
