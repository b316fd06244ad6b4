using System.Text.Json;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>A page of the shop.</summary>
internal sealed record Page(JsonEncodedText Url, JsonEncodedText Title)
{
    public Page(string path, string title)
        : this(Text($"https://shop.example{path}"), Text(title))
    {
    }
}

/// <summary>The words of which items are composed.</summary>
internal static class Vocabulary
{
    /// <summary>Names, each with its form in an email address.</summary>
    public static readonly (JsonEncodedText Name, string Plain)[] FirstNames =
    [
        (Text("Ana"), "ana"), (Text("Zoë"), "zoe"), (Text("João"), "joao"), (Text("Mary"), "mary"), (Text("Øyvind"), "oyvind"), (Text("Łukasz"), "lukasz"),
        (Text("Beatriz"), "beatriz"), (Text("Noah"), "noah"), (Text("美咲"), "misaki"), (Text("Chloé"), "chloe"), (Text("Mia"), "mia"),
        (Text("Jürgen"), "juergen"), (Text("Wanjiru"), "wanjiru"), (Text("Aroha"), "aroha"),
    ];

    /// <inheritdoc cref="FirstNames"/>
    public static readonly (JsonEncodedText Name, string Plain)[] LastNames =
    [
        (Text("Silva"), "silva"), (Text("O'Neill"), "oneill"), (Text("Müller"), "mueller"), (Text("Souza"), "souza"), (Text("Smith"), "smith"),
        (Text("Nowak"), "nowak"), (Text("García"), "garcia"), (Text("佐藤"), "sato"), (Text("Dubois"), "dubois"), (Text("van \"Rik\" Dijk"), "vandijk"),
        (Text("Kamau"), "kamau"), (Text("Ngata"), "ngata"),
    ];

    public static readonly JsonEncodedText[] Genders = Texts("FEMALE", "MALE", "NEUTRAL", "UNKNOWN");
    public static readonly JsonEncodedText[] Companies = Texts("Example & Sons", "Acme", "Padaria São Bento", "Łódź Maszyny");
    public static readonly JsonEncodedText[] CompanyUrls = Texts("https://company.example/", "https://acme.example/about-us");
    public static readonly JsonEncodedText[] JobTitles = Texts("Engineer", "Baker", "Head of \"Things\"", "R&D\\QA", "Teacher");
    public static readonly JsonEncodedText[] Activities = Texts("running", "cooking", "reading", "cycling", "fútbol");
    public static readonly JsonEncodedText[] Interests = Texts("shoes", "jackets", "books", "café & chá", "🎵 music");
    public static readonly JsonEncodedText[] Plans = Texts("gold", "basic", "trial");
    public static readonly JsonEncodedText[] Moments = Texts("2024-02-29T12:00:00.000Z", "2023-10-29T02:30:00+01:00", "2024-05-01");
    public static readonly JsonEncodedText[] Campaigns = Texts("winter-sale", "Black Friday", "verão");
    public static readonly JsonEncodedText[] CampaignSources = Texts("newsletter", "search.example", "social.example");
    public static readonly JsonEncodedText[] CampaignMedia = Texts("email", "cpc", "social");
    public static readonly JsonEncodedText[] CampaignContents = Texts("header", "footer", "banner \"A\"");
    public static readonly JsonEncodedText[] CampaignTerms = Texts("running shoes", "rain jacket", "chá verde");
    public static readonly JsonEncodedText[] Themes = Texts("dark", "light");
    public static readonly JsonEncodedText[] Goals = Texts("newsletter", "account-created", "catalogue-download", "pre-order");
    public static readonly JsonEncodedText[] CustomEvents = Texts("videoPlayed", "filterUsed", "wishlist shared", "nota\n\tcriada");
    public static readonly JsonEncodedText[] Visibilities = Texts("VISIBLE", "HIDDEN");
    public static readonly JsonEncodedText[] Locales = Texts("pt-br", "en-us", "ja-jp");
    public static readonly JsonEncodedText[] Tests = Texts("checkout-button", "home-headline");
    public static readonly JsonEncodedText[] TestGroups = Texts("control", "a", "b");

    public static readonly JsonEncodedText[] Referrers = Texts(
        "https://search.example/?q=running+shoes", "https://blog.example/caf%C3%A9", "https://news.example/", "http://forum.example/t/81?page=2#post-7");

    public static readonly Page[] Pages =
    [
        new("/", "Sandbox Shop"), new("/shoes", "Running shoes"), new("/jackets?sort=price", "Jackets — warm & dry"), new("/cart", "Your cart"),
        new("/search?q=ch%C3%A1&page=2", "Resultados para “chá”"), new("/pt/ol%C3%A1", "Olá, São Paulo!"), new("/ja/#top", "東京ショップ"),
        new("/help/returns", "Returns \\ exchanges \"in 30 days\""),
    ];
}
