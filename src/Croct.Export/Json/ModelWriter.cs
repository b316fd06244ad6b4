using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Json;

/// <summary>
/// Writes the members of a model. A member without a value is left out, or written as null where the contract lets it be null.
/// </summary>
internal static class ModelWriter
{
    public static string ToJson(IJsonModel model)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using var writer = new JsonTextWriter(text);
        model.Write(writer);
        return text.ToString();
    }

    public static void Write(JsonWriter writer, string name, string? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) writer.WriteValue(value);
    }

    /// <summary>Writes a discriminator; one that an answer did not have is not made up.</summary>
    public static void WriteDiscriminator(JsonWriter writer, string name, string? value) =>
        Write(writer, name, string.IsNullOrEmpty(value) ? null : value, nullable: false);

    public static void Write(JsonWriter writer, string name, Guid? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) writer.WriteValue(value);
    }

    public static void Write(JsonWriter writer, string name, int? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) writer.WriteValue(value);
    }

    public static void Write(JsonWriter writer, string name, long? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) writer.WriteValue(value);
    }

    public static void Write(JsonWriter writer, string name, decimal? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) writer.WriteValue(value);
    }

    public static void Write(JsonWriter writer, string name, double? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) writer.WriteValue(value);
    }

    public static void Write(JsonWriter writer, string name, bool? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) writer.WriteValue(value);
    }

    public static void Write(JsonWriter writer, string name, JToken? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) value!.WriteTo(writer);
    }

    public static void Write(JsonWriter writer, string name, IJsonModel? value, bool nullable)
    {
        if (Begin(writer, name, value is not null, nullable)) value!.Write(writer);
    }

    public static void Write(JsonWriter writer, string name, IList<string>? values, bool nullable)
    {
        if (!Begin(writer, name, values is not (null or IUnset { Count: 0 }), nullable)) return;
        writer.WriteStartArray();
        foreach (var value in values!) writer.WriteValue(value);
        writer.WriteEndArray();
    }

    public static void Write<T>(JsonWriter writer, string name, IList<T>? values, bool nullable)
        where T : IJsonModel
    {
        if (!Begin(writer, name, values is not (null or IUnset { Count: 0 }), nullable)) return;
        writer.WriteStartArray();
        foreach (var value in values!) value.Write(writer);
        writer.WriteEndArray();
    }

    public static void Write(JsonWriter writer, string name, IDictionary<string, string?>? values, bool nullable)
    {
        if (!Begin(writer, name, values is not (null or IUnset { Count: 0 }), nullable)) return;
        writer.WriteStartObject();
        foreach (var pair in values!)
        {
            writer.WritePropertyName(pair.Key);
            writer.WriteValue(pair.Value);
        }

        writer.WriteEndObject();
    }

    public static void WriteAdditional(JsonWriter writer, IDictionary<string, JToken>? members)
    {
        if (members is null) return;
        foreach (var member in members)
        {
            writer.WritePropertyName(member.Key);
            member.Value.WriteTo(writer);
        }
    }

    private static bool Begin(JsonWriter writer, string name, bool hasValue, bool nullable)
    {
        if (!hasValue && !nullable) return false;
        writer.WritePropertyName(name);
        if (!hasValue) writer.WriteNull();
        return hasValue;
    }
}
