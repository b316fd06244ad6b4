using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>A browser on a device, with the User-Agent that belongs to both.</summary>
internal sealed record Visitor(
    string Browser, string Version, string BrowserType, string Device, string Vendor, string Category, string System, string SystemVersion, string UserAgent)
{
    public static readonly Visitor[] All =
    [
        new("Firefox", "120.0", "WEB", "PC", "Dell", "DESKTOP", "Linux", "6.1", "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"),
        new("Chrome", "119.0", "WEB", "Pixel 8", "Google", "MOBILE", "Android", "14",
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36"),
        new("Safari", "17.1", "WEB", "iPad", "Apple", "TABLET", "iPadOS", "17.1",
            "Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1"),
        new("Instagram", "309.0", "IN_APP", "iPhone", "Apple", "MOBILE", "iOS", "17.1",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 309.0"),
        new("ExampleBot", "2.1", "CRAWLER", "Server", "Example", "BOT", "Linux", "5.15", "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/)"),
        new("Console", "1.0", "OTHER", "Box", "Example", "OTHER", "BoxOS", "1", "BoxBrowser/1.0"),
        new("Unknown", "0", "UNKNOWN", "Unknown", "Unknown", "UNKNOWN", "Unknown", "0", "-"),
    ];

    public void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw)
    {
        writer.WriteStartObject(name);
        writer.WriteStartObject("browser"u8);
        Vocabulary.WriteMaybe(writer, "name"u8, Browser, ref draw);
        Vocabulary.WriteMaybe(writer, "version"u8, Version, ref draw);
        writer.WriteString("type"u8, BrowserType);
        writer.WriteEndObject();
        writer.WriteStartObject("device"u8);
        Vocabulary.WriteMaybe(writer, "name"u8, Device, ref draw);
        Vocabulary.WriteMaybe(writer, "vendor"u8, Vendor, ref draw);
        writer.WriteString("category"u8, Category);
        writer.WriteStartObject("operatingSystem"u8);
        Vocabulary.WriteMaybe(writer, "name"u8, System, ref draw);
        Vocabulary.WriteMaybe(writer, "version"u8, SystemVersion, ref draw);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
