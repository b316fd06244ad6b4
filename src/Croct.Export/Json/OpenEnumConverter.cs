using Newtonsoft.Json;

namespace Croct.Export.Json;

/// <summary>The common interface of all open enums.</summary>
internal interface IOpenEnum<out T>
{
    string Value { get; }

    T Wrap(string value);
}

/// <summary>Lets <see cref="JsonConvert"/> read and write an open enum as a plain string, as on the wire.</summary>
internal sealed class OpenEnumConverter<T> : JsonConverter
    where T : struct, IOpenEnum<T>
{
    public override bool CanConvert(Type objectType) => (Nullable.GetUnderlyingType(objectType) ?? objectType) == typeof(T);

    public override object? ReadJson(JsonReader reader, Type objectType, object? existingValue, JsonSerializer serializer) => reader.TokenType switch
    {
        JsonToken.String => default(T).Wrap((string)reader.Value!),
        JsonToken.Null => Nullable.GetUnderlyingType(objectType) is null ? default(T) : null,
        _ => throw new JsonSerializationException($"A string was expected for {typeof(T).Name}, not {reader.TokenType}. Path '{reader.Path}'."),
    };

    public override void WriteJson(JsonWriter writer, object? value, JsonSerializer serializer)
    {
        if (value is null) writer.WriteNull();
        else writer.WriteValue(((T)value).Value);
    }
}
