using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Json;

namespace Croct.Export.Models;

/// <summary>
/// Lets System.Text.Json read and write a model of this package without loss and without reflection, so that it works in trimmed and native applications. The
/// models already refer to it. It is public for the source generator of System.Text.Json.
/// </summary>
/// <typeparam name="T">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Advanced)]
public sealed class ModelJsonConverter<T> : JsonConverter<T>
    where T : ExportModel, new()
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is not an object, or the discriminator belongs to another model.</exception>
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return ModelReader.ReadDocument(GetUtf8(document, options), (ref ModelReader model) => (T)ExportModel.ReadAs(new T(), ref model)).Root;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => AnyModelJsonConverter.Write(writer, value);

    /// <summary>Returns a value as UTF-8, without the comments and trailing commas that the options may allow.</summary>
    private static ReadOnlySpan<byte> GetUtf8(JsonDocument document, JsonSerializerOptions options)
    {
        if (!options.AllowTrailingCommas && options.ReadCommentHandling == JsonCommentHandling.Disallow)
        {
            return JsonMarshal.GetRawUtf8Value(document.RootElement);
        }

        using var strict = new MemoryStream();
        using (var writer = new Utf8JsonWriter(strict)) document.RootElement.WriteTo(writer);
        return strict.ToArray();
    }
}
