using System.Globalization;
using System.Text;
using Croct.Export.Models;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Json;

/// <summary>
/// Writes the members of a model. A member without a value is omitted, or written as null if it was received as null. A member that is also in the additional
/// properties of the model is written once: the property takes precedence if it has a value.
/// </summary>
internal struct ModelWriter(JsonWriter writer, ExportModel model)
{
    private HashSet<string>? _superseded;

    /// <summary>Returns the JSON of a model in one line.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hasUnpairedSurrogates">Whether the JSON has unpaired surrogates. They are escaped.</param>
    public static string ToJson(ExportModel model, out bool hasUnpairedSurrogates)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using var writer = new JsonTextWriter(text);
        model.Write(writer);
        var json = text.ToString();
        hasUnpairedSurrogates = FindUnpairedSurrogate(json, 0) >= 0;
        return hasUnpairedSurrogates ? EscapeUnpairedSurrogates(json) : json;
    }

    public void Write(string name, string? value, int index)
    {
        if (Begin(name, value is not null, index)) writer.WriteValue(value);
    }

    /// <summary>Writes a discriminator, unless none was received.</summary>
    public void WriteDiscriminator(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value) && Begin(name)) writer.WriteValue(value);
    }

    public void Write(string name, Guid? value, int index)
    {
        if (Begin(name, value is not null, index)) writer.WriteValue(value);
    }

    public void Write(string name, int? value, int index)
    {
        if (Begin(name, value is not null, index)) writer.WriteValue(value);
    }

    public void Write(string name, long? value, int index)
    {
        if (Begin(name, value is not null, index)) writer.WriteValue(value);
    }

    public void Write(string name, decimal? value, int index)
    {
        if (!Begin(name, value is not null, index)) return;

        // Newtonsoft.Json would write 2 as 2.0.
        var isInteger = decimal.GetBits(value!.Value)[3] == 0 && value <= long.MaxValue;
        if (isInteger) writer.WriteValue((long)value.Value);
        else writer.WriteValue(value);
    }

    public void Write(string name, double? value, int index)
    {
        if (!Begin(name, value is not null, index)) return;
        var isInteger = value is > 0 and < 1L << 53 && value == Math.Floor(value.Value);
        if (isInteger) writer.WriteValue((long)value!.Value);
        else writer.WriteValue(value);
    }

    public void Write(string name, bool? value, int index)
    {
        if (Begin(name, value is not null, index)) writer.WriteValue(value);
    }

    public void Write(string name, JToken? value, int index)
    {
        if (Begin(name, value is not null, index)) value!.WriteTo(writer);
    }

    public void Write(string name, ExportModel? value, int index)
    {
        if (Begin(name, value is not null, index)) value!.Write(writer);
    }

    public void Write(string name, IList<string>? values, int index)
    {
        if (!Begin(name, values is not (null or IUnset { Count: 0 }), index)) return;
        writer.WriteStartArray();
        foreach (var value in values!) writer.WriteValue(value);
        writer.WriteEndArray();
    }

    public void Write<T>(string name, IList<T>? values, int index)
        where T : ExportModel
    {
        if (!Begin(name, values is not (null or IUnset { Count: 0 }), index)) return;
        writer.WriteStartArray();
        foreach (var value in values!) value.Write(writer);
        writer.WriteEndArray();
    }

    public void Write(string name, IDictionary<string, string?>? values, int index)
    {
        if (!Begin(name, values is not (null or IUnset { Count: 0 }), index)) return;
        writer.WriteStartObject();
        foreach (var pair in values!)
        {
            writer.WritePropertyName(pair.Key);
            writer.WriteValue(pair.Value);
        }

        writer.WriteEndObject();
    }

    public readonly void WriteAdditional(IDictionary<string, JToken>? members)
    {
        if (members is null) return;
        foreach (var member in members)
        {
            if (_superseded?.Contains(member.Key) == true) continue;
            writer.WritePropertyName(member.Key);
            member.Value.WriteTo(writer);
        }
    }

    /// <summary>Escapes the unpaired surrogates, which can occur only in strings.</summary>
    private static string EscapeUnpairedSurrogates(string json)
    {
        var (escaped, start) = (new StringBuilder(json.Length + 16), 0);
        for (var half = FindUnpairedSurrogate(json, 0); half >= 0; half = FindUnpairedSurrogate(json, start))
        {
            escaped.Append(json, start, half - start).Append("\\u").Append(((int)json[half]).ToString("x4", CultureInfo.InvariantCulture));
            start = half + 1;
        }

        return escaped.Append(json, start, json.Length - start).ToString();
    }

    private static int FindUnpairedSurrogate(string text, int start)
    {
        for (var i = start; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsSurrogatePair(text, i)) return i;
            i++;
        }

        return -1;
    }

    private bool Begin(string name, bool hasValue, int index)
    {
        if (hasValue) return Begin(name);
        if (!model.HasReceivedNull(index) || model.Keeps(name)) return false;
        writer.WritePropertyName(name);
        writer.WriteNull();
        return false;
    }

    private bool Begin(string name)
    {
        if (model.Keeps(name)) (_superseded ??= []).Add(name);
        writer.WritePropertyName(name);
        return true;
    }
}
