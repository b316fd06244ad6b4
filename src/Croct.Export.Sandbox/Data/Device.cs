using System.Text.Json;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>A browser on a device, with the matching User-Agent.</summary>
internal sealed record Device(
    string Browser, string Version, string BrowserType, string Name, string Vendor, string Category, string System, string SystemVersion,
    int Width, int Height, string UserAgent)
{
    private static readonly Device WindowsChrome = new(
        "Chrome", "119.0", "WEB", "PC", "Dell", "DESKTOP", "Windows", "10", 1920, 1080,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36");

    private static readonly Device LinuxFirefox = new(
        "Firefox", "120.0", "WEB", "PC", "Lenovo", "DESKTOP", "Linux", "6.1", 1280, 720,
        "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0");

    private static readonly Device AndroidChrome = new(
        "Chrome", "119.0", "WEB", "Pixel 8", "Google", "MOBILE", "Android", "14", 412, 915,
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36");

    private static readonly Device TabletSafari = new(
        "Safari", "17.1", "WEB", "iPad", "Apple", "TABLET", "iPadOS", "17.1", 820, 1180,
        "Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1");

    private static readonly Device PhoneApp = new(
        "Instagram", "309.0", "IN_APP", "iPhone", "Apple", "MOBILE", "iOS", "17.1", 390, 844,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 309.0");

    private static readonly Device Bot = new(
        "ExampleBot", "2.1", "CRAWLER", "Server", "Example", "BOT", "Linux", "5.15", 1024, 768,
        "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/)");

    private static readonly Device Console = new("BoxBrowser", "1.0", "OTHER", "Box", "Example", "OTHER", "BoxOS", "1", 1280, 720, "BoxBrowser/1.0 (BoxOS 1)");

    private static readonly Device Unknown = new("Unknown", "0", "UNKNOWN", "Unknown", "Unknown", "UNKNOWN", "Unknown", "0", 800, 600, "-");

    private Forms? _clients;

    /// <summary>The devices, repeated according to how common they are.</summary>
    public static Device[] Weighted { get; } =
    [
        WindowsChrome, WindowsChrome, WindowsChrome, WindowsChrome, LinuxFirefox, AndroidChrome, AndroidChrome, AndroidChrome, AndroidChrome,
        TabletSafari, PhoneApp, PhoneApp, Bot, Console, Unknown,
    ];

    public JsonEncodedText EncodedUserAgent { get; } = Text(UserAgent);

    private Forms Clients => _clients ??= new Forms(24, WriteClient);

    public void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw) => Clients.Write(writer, name, ref draw);

    private void WriteClient(Utf8JsonWriter writer, ref Draw draw)
    {
        writer.WriteStartObject("browser"u8);
        WriteNullable(writer, "name"u8, Text(Browser), ref draw);
        WriteNullable(writer, "version"u8, Text(Version), ref draw);
        writer.WriteString("type"u8, BrowserType);
        writer.WriteEndObject();
        writer.WriteStartObject("device"u8);
        WriteNullable(writer, "name"u8, Text(Name), ref draw);
        WriteNullable(writer, "vendor"u8, Text(Vendor), ref draw);
        writer.WriteString("category"u8, Category);
        writer.WriteStartObject("operatingSystem"u8);
        WriteNullable(writer, "name"u8, Text(System), ref draw);
        WriteNullable(writer, "version"u8, Text(SystemVersion), ref draw);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
