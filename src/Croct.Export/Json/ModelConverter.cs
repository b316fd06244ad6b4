using System.Text;
using Croct.Export.Models;
using Newtonsoft.Json;

namespace Croct.Export.Json;

/// <summary>Lets <see cref="JsonConvert"/> use the generated reader and writer of a model.</summary>
internal sealed class ModelConverter<T> : JsonConverter
    where T : ExportModel, new()
{
    public override bool CanConvert(Type objectType) => typeof(T).IsAssignableFrom(objectType);

    public override object? ReadJson(JsonReader reader, Type objectType, object? existingValue, JsonSerializer serializer)
    {
        if (reader.TokenType == JsonToken.Null) return null;

        var path = reader.Path;
        try
        {
            return ModelReader.ReadDocument(GetUtf8(reader), (ref ModelReader model) => (T)ExportModel.ReadAs(new T(), ref model)).Root;
        }
        catch (System.Text.Json.JsonException exception)
        {
            throw new JsonSerializationException($"The value at path '{path}' cannot be read as {typeof(T).Name}: {exception.Message}", exception);
        }
    }

    public override void WriteJson(JsonWriter writer, object? value, JsonSerializer serializer)
    {
        if (value is null) writer.WriteNull();
        else ((ExportModel)value).Write(writer);
    }

    /// <summary>Returns the current value of a reader as UTF-8, for the generated readers.</summary>
    private static byte[] GetUtf8(JsonReader reader)
    {
        // The serializer's settings would turn a string that looks like a date into a DateTime, and 59.90 into 59.9.
        var (dates, floats) = (reader.DateParseHandling, reader.FloatParseHandling);
        reader.DateParseHandling = DateParseHandling.None;
        reader.FloatParseHandling = FloatParseHandling.Decimal;
        try
        {
            using var text = new StringWriter();
            using var writer = new JsonTextWriter(text) { StringEscapeHandling = StringEscapeHandling.EscapeNonAscii };
            writer.WriteToken(reader);
            return Encoding.ASCII.GetBytes(text.ToString());
        }
        finally
        {
            reader.DateParseHandling = dates;
            reader.FloatParseHandling = floats;
        }
    }
}
