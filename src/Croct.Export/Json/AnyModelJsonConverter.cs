using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Croct.Export.Json;

namespace Croct.Export.Models;

/// <summary>
/// Lets System.Text.Json write a model of which only the base class is known, such as an element of a list of <see cref="ExportModel"/>.
/// </summary>
/// <remarks><see cref="ExportModel"/> already refers to it. It is public for the source generator of System.Text.Json.</remarks>
[EditorBrowsable(EditorBrowsableState.Advanced)]
public sealed class AnyModelJsonConverter : JsonConverter<ExportModel>
{
    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: the base class does not say which model to read.</exception>
    public override ExportModel Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(ExportModel)} does not say which model to read. Use a model class, such as {nameof(Event)}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ExportModel value, JsonSerializerOptions options) => Write(writer, value);

    internal static void Write(Utf8JsonWriter writer, ExportModel value)
    {
        var json = ModelWriter.ToJson(value, out var hasUnpairedSurrogates);

        // Parsing and rewriting applies the indentation and escaping of the options, but would lose unpaired surrogates.
        if (hasUnpairedSurrogates)
        {
            writer.WriteRawValue(json, skipInputValidation: true);
            return;
        }

        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = ModelReader.MaxDepth });
        document.RootElement.WriteTo(writer);
    }
}
