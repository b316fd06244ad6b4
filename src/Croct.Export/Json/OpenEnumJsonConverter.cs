using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Json;

namespace Croct.Export.Models;

/// <summary>
/// Lets System.Text.Json read and write an open enum of this package as a plain string, as on the wire, both as a value and as the key of a dictionary.
/// The enums already refer to it. It is public for the source generator of System.Text.Json.
/// </summary>
/// <typeparam name="T">The enum.</typeparam>
[EditorBrowsable(EditorBrowsableState.Advanced)]
public sealed class OpenEnumJsonConverter<T> : JsonConverter<T>
    where T : struct
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is not a string.</exception>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.String
        ? Wrap(reader.GetString()!)
        : throw new JsonException($"A string was expected for {typeof(T).Name}, not {reader.TokenType}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(((IOpenEnum<T>)value).Value);

    /// <inheritdoc/>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Wrap(reader.GetString()!);

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(((IOpenEnum<T>)value).Value);

    private static T Wrap(string value) => ((IOpenEnum<T>)default(T)).Wrap(value);
}
