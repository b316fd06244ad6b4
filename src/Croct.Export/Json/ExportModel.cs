using System.Globalization;
using Croct.Export.Json;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Models;

/// <summary>The base class of all models of the API. A model keeps members unknown to the contract, and writes itself as JSON without loss.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(AnyModelJsonConverter))]
public abstract class ExportModel
{
    private IDictionary<string, JToken>? _additionalProperties;

    /// <summary>A bit for each member of the contract, by index: set if the member was received as null, and is to be written as null.</summary>
    private uint _receivedNulls;

    private protected ExportModel()
    {
    }

    /// <summary>
    /// The members that the contract does not have, and those with a value that their property cannot hold, such as a timestamp that is a word. The key is the
    /// name of the member. Never null.
    /// </summary>
    /// <remarks>
    /// If a value is kept here, its property is null, or an empty list or map. Once the property is set, the property is written instead.
    /// <see cref="ExportPage.UnexpectedValues"/> counts the values that a property could not hold.
    /// </remarks>
    public IDictionary<string, JToken> AdditionalProperties
    {
        get => _additionalProperties ??= new Dictionary<string, JToken>();
        set => _additionalProperties = value;
    }

    /// <summary>
    /// Returns the JSON of this object in one line, with everything that was received. It needs no reflection, so it works in trimmed and native applications.
    /// </summary>
    /// <remarks>An unpaired surrogate, which is not valid Unicode, is written as an escape, so that the text can be encoded as UTF-8.</remarks>
    public string ToJson() => ModelWriter.ToJson(this, out _);

    /// <summary>Returns the type, id and time of an event, a session or a user; of anything else, the type and the beginning of the JSON.</summary>
    public override string ToString()
    {
        if (this is not IStreamItem item) return $"{GetType().Name} {ForeignText.Excerpt(ToJson())}";
        string?[] parts =
        [
            GetType().Name,
            (this as Event)?.Payload?.Type.Value,
            item.Id,
            UnixTime.ToDateTimeOffset(item.Time)?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ];
        return ForeignText.OneLine(string.Join(" ", parts.Where(part => !string.IsNullOrEmpty(part))));
    }

    /// <summary>Whether <see cref="AdditionalProperties"/> has a value of this name.</summary>
    internal bool Keeps(string name) => _additionalProperties?.ContainsKey(name) == true;

    internal bool HasReceivedNull(int index) => (_receivedNulls >> index & 1) != 0;

    internal void SetReceivedNull(int index) => _receivedNulls |= 1u << index;

    internal void Write(JsonWriter writer)
    {
        var members = new ModelWriter(writer, this);
        writer.WriteStartObject();
        WriteMembers(ref members);
        members.WriteAdditional(_additionalProperties);
        writer.WriteEndObject();
    }

    /// <summary>Reads another object of this type.</summary>
    private protected abstract ExportModel ReadAnother(ref ModelReader reader);

    internal static ExportModel ReadAs(ExportModel type, ref ModelReader reader) => type.ReadAnother(ref reader);

    /// <summary>Reads the members of an object after its opening brace: first those of the contract, as long as they are in its order.</summary>
    private protected virtual void ReadMembers(ref ModelReader reader)
    {
        while (reader.NextMember(out var name)) ReadMember(ref reader, name);
    }

    /// <summary>Reads the value of a member by its name, at any position in the object.</summary>
    private protected virtual void ReadMember(ref ModelReader reader, ReadOnlySpan<byte> name) => reader.ReadAdditional(name, this);

    private protected abstract void WriteMembers(ref ModelWriter writer);
}
