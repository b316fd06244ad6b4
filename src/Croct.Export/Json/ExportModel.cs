using System.Globalization;
using Croct.Export.Json;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Models;

/// <summary>What all models of the API have in common: they keep what the contract does not know, and write themselves as JSON without loss.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(AnyModelJsonConverter))]
public abstract class ExportModel
{
    private IDictionary<string, JToken>? _additionalProperties;

    /// <summary>A bit for each member that was received as null, by its place in the contract: it is written as null again.</summary>
    private uint _receivedNulls;

    private protected ExportModel()
    {
    }

    /// <summary>
    /// By name: the members that the contract does not have, and those whose value their property cannot hold, such as a timestamp that is a word. Never null.
    /// </summary>
    /// <remarks>
    /// A property whose value is kept here is null, or an empty list or map. Once the property is set, it is the property that is written.
    /// <see cref="ExportPage.UnexpectedValues"/> counts the values that a property could not hold.
    /// </remarks>
    public IDictionary<string, JToken> AdditionalProperties
    {
        get => _additionalProperties ??= new Dictionary<string, JToken>();
        set => _additionalProperties = value;
    }

    /// <summary>The JSON of this object, in one line, with everything that was received. It needs no reflection: it works in trimmed and native applications.</summary>
    /// <remarks>Half a surrogate pair, which is not Unicode, is written as an escape, so that the text can be encoded as UTF-8.</remarks>
    public string ToJson() => ModelWriter.ToJson(this, out _);

    /// <summary>Of an event, a session or a user its type, id and time; of anything else the type and the beginning of the JSON.</summary>
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

    /// <summary>Whether a value of this name is kept in <see cref="AdditionalProperties"/>.</summary>
    internal bool Keeps(string name) => _additionalProperties?.ContainsKey(name) == true;

    internal bool HasReceivedNull(int index) => (_receivedNulls >> index & 1) != 0;

    internal void SetReceivedNull(int index) => _receivedNulls |= 1u << index;

    /// <summary>Writes the whole object.</summary>
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

    /// <summary>Reads the members of an object that was begun: first those of the contract, as long as they come in its order.</summary>
    private protected virtual void ReadMembers(ref ModelReader reader)
    {
        while (reader.NextMember(out var name)) ReadMember(ref reader, name);
    }

    /// <summary>Reads the value of a member that stands in any place.</summary>
    private protected virtual void ReadMember(ref ModelReader reader, ReadOnlySpan<byte> name) => reader.ReadAdditional(name, this);

    private protected abstract void WriteMembers(ref ModelWriter writer);
}
