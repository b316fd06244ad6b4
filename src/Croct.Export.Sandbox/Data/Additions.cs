using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;
using Croct.Export.Contract;

namespace Croct.Export.Sandbox.Data;

/// <summary>Adds the properties of the contract that are not written by hand, at any depth.</summary>
internal sealed class Additions
{
    private readonly IReadOnlyDictionary<string, ContractSchema> _schemas;
    private readonly Sample _sample;
    private readonly Dictionary<string, ContractProperty[]> _missing;

    /// <summary>The schemas that lack a property, in their objects or in a nested object.</summary>
    private readonly HashSet<string> _incomplete;

    /// <param name="schemas">The schemas of the contract.</param>
    /// <param name="written">The properties that are written by hand. Objects of other schemas are complete.</param>
    public Additions(IReadOnlyDictionary<string, ContractSchema> schemas, IReadOnlyDictionary<string, FrozenSet<string>> written)
    {
        _schemas = schemas;
        _sample = new Sample(schemas);
        var known = schemas.Values.Where(schema => written.ContainsKey(schema.Name)).ToList();
        _missing = known.ToDictionary(
            schema => schema.Name,
            schema => schema.Properties.Where(property => !written[schema.Name].Contains(property.Name)).ToArray(),
            StringComparer.Ordinal);
        _incomplete = [.. known.Where(schema => _missing[schema.Name].Length > 0).Select(schema => schema.Name)];

        // A schema may contain itself, so this is repeated until no further schema is found.
        while (known.FirstOrDefault(schema => !_incomplete.Contains(schema.Name) && Parts(schema).Any(_incomplete.Contains)) is { } next)
        {
            _incomplete.Add(next.Name);
        }

        IEnumerable<string> Parts(ContractSchema schema) => schema.Kinds.Select(kind => kind.Value)
            .Concat(schema.Properties
                .Where(property => property.Schema is not null && written[schema.Name].Contains(property.Name))
                .Select(property => property.Schema!));
    }

    public static Additions OfContract { get; } = new(ContractDocument.Current.Schemas, Written.Properties);

    /// <summary>Returns whether an object of a schema needs additions. If not, it can be written directly.</summary>
    public bool AreNeededIn(string schema) => _incomplete.Contains(schema);

    /// <summary>Writes an object, followed by the missing properties.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="schema">The schema of the object.</param>
    /// <param name="written">The object as written by hand.</param>
    /// <param name="origin">The origin of the additions.</param>
    public void Write(Utf8JsonWriter writer, string schema, ReadOnlyMemory<byte> written, in SampleOrigin origin)
    {
        using var document = JsonDocument.Parse(written);
        CopyValue(writer, schema, document.RootElement, origin);
    }

    private void CopyValue(Utf8JsonWriter writer, string? schema, JsonElement value, in SampleOrigin origin)
    {
        if (schema is not null && value.ValueKind == JsonValueKind.Object) schema = GetSchemaName(_schemas[schema], value);
        if (schema is null || !_incomplete.Contains(schema)) writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
        else if (value.ValueKind == JsonValueKind.Object) CopyObject(writer, _schemas[schema], value, origin);
        else if (value.ValueKind == JsonValueKind.Array) CopyList(writer, schema, value, origin);
        else value.WriteTo(writer);
    }

    private void CopyObject(Utf8JsonWriter writer, ContractSchema schema, JsonElement value, in SampleOrigin origin)
    {
        writer.WriteStartObject();
        foreach (var member in value.EnumerateObject())
        {
            var property = schema.Properties.FirstOrDefault(property => property.Name == member.Name);
            writer.WritePropertyName(member.Name);
            var example = property is null ? null : _sample.Examples.Of(schema, property, origin.Example);
            CopyValue(writer, property?.Schema, member.Value, origin.Within(origin.DrawFor(member.Name).Next(), example));
        }

        foreach (var property in _missing[schema.Name]) _sample.WriteProperty(writer, schema, property, origin);
        writer.WriteEndObject();
    }

    private void CopyList(Utf8JsonWriter writer, string schema, JsonElement list, in SampleOrigin origin)
    {
        var draw = origin.DrawFor(schema);
        var example = origin.Example is { ValueKind: JsonValueKind.Array } shown && shown.GetArrayLength() > 0 ? shown[0] : (JsonElement?)null;
        writer.WriteStartArray();
        foreach (var element in list.EnumerateArray()) CopyValue(writer, schema, element, origin.Within(draw.Next(), example));
        writer.WriteEndArray();
    }

    /// <summary>Returns the name of the schema of an object, according to its discriminator.</summary>
    private static string GetSchemaName(ContractSchema schema, JsonElement value)
    {
        if (schema.Discriminator is null || !value.TryGetProperty(schema.Discriminator, out var told)) return schema.Name;
        return schema.Kinds.FirstOrDefault(kind => told.ValueEquals(kind.Key)).Value ?? schema.Name;
    }
}
