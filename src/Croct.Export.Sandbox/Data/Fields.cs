using System.Text.Encodings.Web;
using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>Writes fields that may be null or absent, and amounts of money.</summary>
internal static class Fields
{
    /// <summary>Text outside ASCII is not escaped, like that of most servers.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Encodes a text once, so that it can be written many times.</summary>
    public static JsonEncodedText Text(string text) => JsonEncodedText.Encode(text, WriterOptions.Encoder);

    public static JsonEncodedText[] Texts(params string[] texts) => Array.ConvertAll(texts, Text);

    /// <summary>Writes a field that may be null: sometimes with a value, sometimes with null.</summary>
    public static void WriteNullable(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonEncodedText value, ref Draw draw)
    {
        if (draw.Chance(70)) writer.WriteString(name, value);
        else writer.WriteNull(name);
    }

    /// <summary>Writes a field that may be null or absent: sometimes with a value, sometimes with null, sometimes not at all.</summary>
    public static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonEncodedText value, ref Draw draw)
    {
        switch (draw.Below(10))
        {
            case < 7:
                writer.WriteString(name, value);
                break;
            case 7:
                writer.WriteNull(name);
                break;
        }
    }

    /// <inheritdoc cref="WriteOptional(Utf8JsonWriter, ReadOnlySpan{byte}, JsonEncodedText, ref Draw)"/>
    public static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string value, ref Draw draw)
    {
        switch (draw.Below(10))
        {
            case < 7:
                writer.WriteString(name, value);
                break;
            case 7:
                writer.WriteNull(name);
                break;
        }
    }

    /// <summary>Writes a field that may be absent but not null.</summary>
    public static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long value, ref Draw draw)
    {
        if (draw.Chance(90)) writer.WriteNumber(name, value);
    }

    /// <summary>Writes a list of some of the choices, or omits it.</summary>
    public static void WriteSome(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonEncodedText[] choices, ref Draw draw)
    {
        if (draw.Chance(30)) return;
        writer.WriteStartArray(name);
        foreach (var choice in choices)
        {
            if (draw.Chance(40)) writer.WriteStringValue(choice);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes an amount in cents with two decimal places: 5990 as 59.90.</summary>
    public static void WriteMoney(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long? cents)
    {
        if (cents is { } amount) writer.WriteNumber(name, Money(amount));
        else writer.WriteNull(name);
    }

    /// <summary>Converts cents to a decimal with two decimal places.</summary>
    public static decimal Money(long cents) => new((int)cents, (int)(cents >> 32), 0, isNegative: false, scale: 2);

    /// <summary>Writes a free-form object with strings that look like dates, large numbers, fractions, null and nested values.</summary>
    public static void WriteAttributes(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw)
    {
        writer.WriteStartObject(name);
        writer.WriteString("plan"u8, draw.Pick(Vocabulary.Plans));
        writer.WriteString("since"u8, draw.Pick(Vocabulary.Moments));
        writer.WriteNumber("points"u8, draw.Below(100_000));
        if (draw.Chance(30)) writer.WriteNumber("ledger"u8, 9_007_199_254_740_993L + draw.Below(1000));
        if (draw.Chance(30)) writer.WriteNumber("ratio"u8, draw.Below(1_000_000) / 100_000m);
        if (draw.Chance(30)) writer.WriteNull("nickname"u8);
        if (draw.Chance(30))
        {
            writer.WriteStartObject("preferences"u8);
            writer.WriteBoolean("newsletter"u8, draw.Chance(50));
            writer.WriteStartArray("sizes"u8);
            writer.WriteNumberValue(38 + draw.Below(8));
            writer.WriteNumberValue(38.5m);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
