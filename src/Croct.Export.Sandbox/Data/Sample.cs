using System.Text.Json;
using Croct.Export.Contract;

namespace Croct.Export.Sandbox.Data;

/// <summary>Generates objects from nothing but their schema and its examples, for everything that is not written by hand.</summary>
internal sealed class Sample(IReadOnlyDictionary<string, ContractSchema> schemas)
{
    /// <summary>The maximum depth of nested objects: a schema may contain itself.</summary>
    private const int MaxDepth = 8;

    private const int MaxElements = 3;

    public static Sample OfContract { get; } = new(ContractDocument.Current.Schemas);

    /// <summary>Collected on first use: a sandbox whose writers cover the whole contract generates nothing.</summary>
    public Examples Examples => field ??= new Examples(schemas);

    /// <summary>Writes the properties of an object.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="schema">The schema of the object.</param>
    /// <param name="origin">The origin of the object.</param>
    /// <param name="without">A property that is already written; null for none.</param>
    public void WriteProperties(Utf8JsonWriter writer, ContractSchema schema, in SampleOrigin origin, string? without = null)
    {
        foreach (var property in schema.Properties)
        {
            if (property.Name != without) WriteProperty(writer, schema, property, origin);
        }
    }

    /// <summary>Writes one property of an object: with a value or, where the schema allows it, sometimes with null or not at all.</summary>
    public void WriteProperty(Utf8JsonWriter writer, ContractSchema schema, ContractProperty property, in SampleOrigin origin)
    {
        var draw = origin.DrawFor(property.Name);
        var isTooDeep = origin.Depth >= MaxDepth && property.Kind == "object";
        if (!property.IsRequired && (draw.Chance(20) || isTooDeep)) return;
        writer.WritePropertyName(property.Name);
        if (property.IsNullable && (draw.Chance(20) || isTooDeep)) writer.WriteNullValue();
        else WriteValue(writer, property, origin, Examples.Of(schema, property, origin.Example), ref draw);
    }

    private void WriteValue(Utf8JsonWriter writer, ContractProperty property, in SampleOrigin origin, JsonElement? example, ref Draw draw)
    {
        switch (property.Kind)
        {
            case "object":
                WriteObject(writer, property, origin.Within(draw.Next(), example));
                break;
            case "list":
                WriteList(writer, property, origin, example, ref draw);
                break;
            case "texts":
                WriteTexts(writer, property, origin.Time, example, ref draw);
                break;
            case "textMap":
                WriteTextMap(writer, property, origin.Time, example, ref draw);
                break;
            case "enum":
                writer.WriteStringValue(property.Values[draw.Below(property.Values.Count)]);
                break;
            case "uuid":
                writer.WriteStringValue(draw.Uuid());
                break;
            case "text":
                writer.WriteStringValue(SampleText.Of(property, ToText(example), origin.Time, ref draw));
                break;
            case "boolean":
                writer.WriteBooleanValue(draw.Chance(50));
                break;
            case "time":
                writer.WriteNumberValue(SampleNumber.Time(property, origin.Time, ref draw));
                break;
            case "int32" or "int64":
                writer.WriteNumberValue(SampleNumber.Integer(property, example, ref draw));
                break;
            case "double":
                writer.WriteNumberValue((double)SampleNumber.Fraction(property, example, ref draw));
                break;
            case "decimal":
                writer.WriteNumberValue(SampleNumber.Money(property, example, ref draw));
                break;
            default:
                WriteAnything(writer, property, example, ref draw);
                break;
        }
    }

    private void WriteObject(Utf8JsonWriter writer, ContractProperty property, in SampleOrigin origin)
    {
        var schema = schemas[property.Schema!];
        writer.WriteStartObject();
        if (schema.Kinds.Count > 0)
        {
            var (value, kind) = schema.Kinds[origin.DrawFor(schema.Discriminator!).Below(schema.Kinds.Count)];
            writer.WriteString(schema.Discriminator!, value);
            WriteProperties(writer, schemas[kind], origin, without: schema.Discriminator);
        }
        else
        {
            WriteProperties(writer, schema, origin);
        }

        writer.WriteEndObject();
    }

    private void WriteList(Utf8JsonWriter writer, ContractProperty property, in SampleOrigin origin, JsonElement? example, ref Draw draw)
    {
        var examples = Elements(example);
        var count = origin.Depth >= MaxDepth ? 0 : draw.Below(MaxElements + 1);
        writer.WriteStartArray();
        for (var index = 0; index < count; index++)
        {
            WriteObject(writer, property, origin.Within(draw.Next(), examples.Length > 0 ? draw.Pick(examples) : null));
        }

        writer.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter writer, ContractProperty property, long time, JsonElement? example, ref Draw draw)
    {
        var examples = Elements(example);
        var count = draw.Below(MaxElements + 1);
        writer.WriteStartArray();
        for (var index = 0; index < count; index++)
        {
            writer.WriteStringValue(SampleText.Of(property, examples.Length > 0 ? ToText(draw.Pick(examples)) : null, time, ref draw));
        }

        writer.WriteEndArray();
    }

    private static void WriteTextMap(Utf8JsonWriter writer, ContractProperty property, long time, JsonElement? example, ref Draw draw)
    {
        writer.WriteStartObject();
        if (example is { ValueKind: JsonValueKind.Object } shown)
        {
            foreach (var member in shown.EnumerateObject())
            {
                if (draw.Chance(80)) writer.WriteString(member.Name, SampleText.Of(property, ToText(member.Value), time, ref draw));
            }
        }
        else
        {
            writer.WriteString("name"u8, SampleText.Of(property, null, time, ref draw));
        }

        writer.WriteEndObject();
    }

    private static void WriteAnything(Utf8JsonWriter writer, ContractProperty property, JsonElement? example, ref Draw draw)
    {
        if (example is { } shown)
        {
            shown.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("name"u8, SampleText.Words(property.Name));
        writer.WriteNumber("number"u8, draw.Below(1000));
        writer.WriteEndObject();
    }

    private static JsonElement[] Elements(JsonElement? example) => example switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray()],
        { } one => [one],
    };

    private static string? ToText(JsonElement? example) => example switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } other => other.GetRawText(),
    };
}
