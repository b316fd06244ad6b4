using System.ComponentModel;
#if NET
using System.Diagnostics.CodeAnalysis;
#endif
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Json;

namespace Croct.Export.Models;

/// <summary>
/// Has System.Text.Json read and write a model of this package without loss and without reflection, so that it works in trimmed and native applications. The
/// models name it by themselves; it is public for the source generator of System.Text.Json.
/// </summary>
/// <typeparam name="T">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Advanced)]
public sealed class ModelJsonConverter<
#if NET
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)]
#endif
    T> : JsonConverter<T>
    where T : ExportModel
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is not an object, or the discriminator belongs to another model.</exception>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is <see cref="ExportModel"/>, which does not say what to read.</exception>
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (typeof(T).IsAbstract) throw new NotSupportedException($"{typeof(T).Name} does not say which model to read; name the model.");
        using var document = JsonDocument.ParseValue(ref reader);
        return ModelReader.ReadDocument(Utf8Of(document, options), (ref ModelReader model) => (T)ExportModel.ReadAs(Activator.CreateInstance<T>(), ref model)).Root;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        var json = ModelWriter.ToJson(value, out var hasHalfPairs);

        // Parsed and written again, it has the indentation and the escapes that the options ask for. Halves of surrogate pairs would be lost on that way.
        if (hasHalfPairs)
        {
            writer.WriteRawValue(json, skipInputValidation: true);
            return;
        }

        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = ModelReader.MaxDepth });
        document.RootElement.WriteTo(writer);
    }

    /// <summary>The bytes of a value, without the comments and trailing commas that the options may allow.</summary>
    private static ReadOnlySpan<byte> Utf8Of(JsonDocument document, JsonSerializerOptions options)
    {
        if (!options.AllowTrailingCommas && options.ReadCommentHandling == JsonCommentHandling.Disallow) return JsonMarshal.GetRawUtf8Value(document.RootElement);
        using var strict = new MemoryStream();
        using (var writer = new Utf8JsonWriter(strict)) document.RootElement.WriteTo(writer);
        return strict.ToArray();
    }
}
