using System.Text.Json;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>A currency, and the factor by which prices in euros are multiplied.</summary>
internal sealed record Currency(int Number, string Name, string Code, int Rate)
{
    public static readonly Currency Real = new(0, "Brazilian Real", "BRL", 5);
    public static readonly Currency Euro = new(1, "Euro", "EUR", 1);
    public static readonly Currency Dollar = new(2, "US Dollar", "USD", 1);
    public static readonly Currency Yen = new(3, "Yen", "JPY", 150);
    public static readonly Currency Shilling = new(4, "Kenyan Shilling", "KES", 140);
    public static readonly Currency NewZealandDollar = new(5, "New Zealand Dollar", "NZD", 2);

    /// <summary>All currencies, each at the index that is its number.</summary>
    public static readonly Currency[] All = [Real, Euro, Dollar, Yen, Shilling, NewZealandDollar];

    public JsonEncodedText EncodedCode { get; } = Text(Code);
}

/// <summary>A city, with the data that the API has about it, and an address there.</summary>
internal sealed record Place(
    string Continent, string CountryCode, string Country, string Region, string RegionCode, string City, string District, string Timezone,
    double Latitude, double Longitude, Currency Currency, string PhoneCode, string Population, string PostalCode, string Language, string AcceptLanguage,
    string Street)
{
    private static readonly JsonEncodedText[] Sources = Texts("IP", "IP", "BROWSER", "GPS", "INPUT", "UNKNOWN");
    private static readonly JsonEncodedText[] Tags = Texts("capital", "coast");

    private static readonly Place SaoPaulo = new(
        "SA", "BR", "Brazil", "São Paulo", "SP", "São Paulo", "Consolação", "America/Sao_Paulo", -23.5475, -46.63611, Currency.Real, "55", "10021295",
        "01304-000", "pt", "pt-BR,pt;q=0.9,en;q=0.5", "Rua Augusta");

    private static readonly Place Berlin = new(
        "EU", "DE", "Germany", "Berlin", "BE", "Berlin", "Kreuzberg", "Europe/Berlin", 52.52437, 13.41053, Currency.Euro, "49", "3426354",
        "10115", "de", "de-DE,de;q=0.9", "Hauptstraße");

    private static readonly Place NewYork = new(
        "NA", "US", "United States", "New York", "NY", "New York City", "Queens", "America/New_York", 40.71427, -74.00597, Currency.Dollar, "1", "8175133",
        "10001", "en", "en-US,en;q=0.8", "Main Street");

    private static readonly Place Tokyo = new(
        "AS", "JP", "Japan", "東京都", "13", "東京", "渋谷区", "Asia/Tokyo", 35.6895, 139.69171, Currency.Yen, "81", "8336599",
        "100-0001", "ja", "ja", "道玄坂");

    private static readonly Place Nairobi = new(
        "AF", "KE", "Kenya", "Nairobi County", "30", "Nairobi", "Westlands", "Africa/Nairobi", -1.28333, 36.81667, Currency.Shilling, "254", "2750547",
        "00100", "sw", "sw-KE,sw;q=0.9,en;q=0.7", "Moi Avenue");

    private static readonly Place Auckland = new(
        "OC", "NZ", "New Zealand", "Auckland", "AUK", "Auckland", "Ponsonby", "Pacific/Auckland", -36.84853, 174.76349, Currency.NewZealandDollar, "64",
        "417910", "1010", "en", "en-NZ,en;q=0.9", "Queen Street");

    private static readonly Place McMurdo = new(
        "AN", "AQ", "Antarctica", "Ross Dependency", "RD", "McMurdo Station", "Hut Point", "Antarctica/McMurdo", -77.846, 166.676, Currency.Dollar, "672",
        "1000", "96599", "en", "en", "Beeker Street");

    private Forms? _locations;
    private Forms? _addresses;

    /// <summary>The places, repeated according to how many visitors come from them.</summary>
    public static Place[] Weighted { get; } =
        [SaoPaulo, SaoPaulo, SaoPaulo, SaoPaulo, Berlin, Berlin, NewYork, NewYork, NewYork, Tokyo, Tokyo, Nairobi, Auckland, McMurdo];

    public JsonEncodedText EncodedAcceptLanguage { get; } = Text(AcceptLanguage);

    private Forms Locations => _locations ??= new Forms(48, WriteLocation);

    private Forms Addresses => _addresses ??= new Forms(48, WriteAddress);

    public void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw) => Locations.Write(writer, name, ref draw);

    public void WriteAddress(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw) => Addresses.Write(writer, name, ref draw);

    private void WriteAddress(Utf8JsonWriter writer, ref Draw draw)
    {
        WriteOptional(writer, "street"u8, $"{Street} {1 + draw.Below(300)}", ref draw);
        WriteOptional(writer, "district"u8, District, ref draw);
        WriteOptional(writer, "city"u8, City, ref draw);
        WriteOptional(writer, "region"u8, RegionCode, ref draw);
        WriteOptional(writer, "country"u8, Country, ref draw);
        WriteOptional(writer, "postalCode"u8, PostalCode, ref draw);
    }

    private void WriteLocation(Utf8JsonWriter writer, ref Draw draw)
    {
        WriteNullable(writer, "continent"u8, Text(Continent), ref draw);
        WriteNullable(writer, "country"u8, Text(CountryCode), ref draw);
        writer.WriteStartObject("region"u8);
        WriteNullable(writer, "name"u8, Text(Region), ref draw);
        WriteNullable(writer, "code"u8, Text(RegionCode), ref draw);
        writer.WriteEndObject();
        WriteNullable(writer, "city"u8, Text(City), ref draw);
        WriteNullable(writer, "district"u8, Text(District), ref draw);
        WriteNullable(writer, "timezone"u8, Text(Timezone), ref draw);
        if (draw.Chance(80))
        {
            writer.WriteStartObject("coordinates"u8);
            writer.WriteNumber("latitude"u8, Latitude);
            writer.WriteNumber("longitude"u8, Longitude);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("coordinates"u8);
        }

        WriteCurrency(writer, ref draw);
        WriteOptional(writer, "phoneCode"u8, PhoneCode, ref draw);
        WriteOptional(writer, "population"u8, Population, ref draw);
        WriteOptional(writer, "postalCode"u8, PostalCode, ref draw);
        WriteSome(writer, "languages"u8, Texts(Language, "en"), ref draw);
        WriteSome(writer, "tags"u8, Tags, ref draw);
        if (draw.Chance(90)) writer.WriteString("source"u8, draw.Pick(Sources));
        else writer.WriteNull("source"u8);
    }

    private void WriteCurrency(Utf8JsonWriter writer, ref Draw draw)
    {
        if (draw.Chance(20)) return;
        if (draw.Chance(20))
        {
            writer.WriteNull("currency"u8);
            return;
        }

        writer.WriteStartObject("currency"u8);
        WriteNullable(writer, "name"u8, Text(Currency.Name), ref draw);
        WriteNullable(writer, "code"u8, Currency.EncodedCode, ref draw);
        writer.WriteEndObject();
    }
}
