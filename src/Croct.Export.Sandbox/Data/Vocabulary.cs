using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>The words that items are made of, and how optional ones are written.</summary>
internal static class Vocabulary
{
    public static readonly string[] FirstNames = ["Ana", "Zoë", "João", "Mary", "Øyvind", "Łukasz", "Beatriz", "Noah", "美咲", "Chloé", "Mia", "Jürgen"];
    public static readonly string[] LastNames = ["Silva", "O'Neill", "Müller", "Souza", "Smith", "Nowak", "García", "佐藤", "Dubois", "van \"Rik\" Dijk"];
    public static readonly string[] Genders = ["MALE", "FEMALE", "NEUTRAL", "UNKNOWN"];
    public static readonly string[] Companies = ["Example & Sons", "Acme", "Padaria São Bento"];
    public static readonly string[] JobTitles = ["Engineer", "Baker", "Head of \"Things\""];
    public static readonly string[] Activities = ["running", "cooking", "reading", "cycling"];
    public static readonly string[] Streets = ["Rua Augusta", "Hauptstraße", "Main Street", "Calle Mayor"];
    public static readonly string[] Categories = ["Shoes", "Jackets", "Books", "Café & Chá"];
    public static readonly string[] Campaigns = ["winter-sale", "Black Friday", "verão"];
    public static readonly string[] Themes = ["dark", "light"];
    public static readonly string[] Languages = ["pt-BR,pt;q=0.9", "en-US,en;q=0.8", "ja"];
    public static readonly string[] Goals = ["newsletter", "account-created", "catalogue-download"];
    public static readonly string[] CustomEvents = ["videoPlayed", "filterUsed", "wishlist shared"];
    public static readonly string[] Titles = ["Running shoes", "Jackets — warm & dry", "Your cart", "Olá!"];
    public static readonly string[] Referrers = ["https://search.example/?q=running+shoes", "https://blog.example/caf%C3%A9", "https://news.example/"];

    public static readonly string[] Pages =
    [
        "https://shop.example/", "https://shop.example/shoes/42", "https://shop.example/search?q=ch%C3%A1&page=2", "https://shop.example/cart",
    ];

    /// <summary>Writes a value that may be null, now with it and now with null.</summary>
    public static void WriteMaybe(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string value, ref Draw draw)
    {
        if (draw.Chance(70)) writer.WriteString(name, value);
        else writer.WriteNull(name);
    }

    /// <summary>Writes a list of some of the choices, or leaves it out.</summary>
    public static void WriteSome(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string[] choices, ref Draw draw)
    {
        if (draw.Chance(40)) return;
        writer.WriteStartArray(name);
        foreach (var choice in choices)
        {
            if (draw.Chance(40)) writer.WriteStringValue(choice);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes a free-form object: strings that look like dates, large numbers, fractions, null, and what is nested.</summary>
    public static void WriteAttributes(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw)
    {
        writer.WriteStartObject(name);
        writer.WriteString("plan"u8, draw.Chance(50) ? "gold" : "basic");
        writer.WriteString("since"u8, "2024-02-29T12:00:00.000Z"u8);
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
