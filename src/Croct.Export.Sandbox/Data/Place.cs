using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>A city, with what the API tells about one.</summary>
internal sealed record Place(
    string Continent, string CountryCode, string Country, string Region, string RegionCode, string City, string Timezone,
    double Latitude, double Longitude, string CurrencyName, string CurrencyCode, string PhoneCode, string Population, string PostalCode, string Language)
{
    private static readonly string[] Sources = ["UNKNOWN", "IP", "INPUT", "BROWSER", "GPS"];

    public static readonly Place[] All =
    [
        new("SA", "BR", "Brazil", "São Paulo", "SP", "São Paulo", "America/Sao_Paulo", -23.5475, -46.63611, "Real", "BRL", "55", "10021295", "01000-000", "pt"),
        new("EU", "DE", "Germany", "Berlin", "BE", "Berlin", "Europe/Berlin", 52.52437, 13.41053, "Euro", "EUR", "49", "3426354", "10115", "de"),
        new("NA", "US", "United States", "New York", "NY", "New York City", "America/New_York", 40.71427, -74.00597, "Dollar", "USD", "1", "8175133", "10001", "en"),
        new("AS", "JP", "Japan", "東京都", "13", "東京", "Asia/Tokyo", 35.6895, 139.69171, "Yen", "JPY", "81", "8336599", "100-0001", "ja"),
        new("AF", "KE", "Kenya", "Nairobi", "30", "Nairobi", "Africa/Nairobi", -1.28333, 36.81667, "Shilling", "KES", "254", "2750547", "00100", "sw"),
        new("OC", "NZ", "New Zealand", "Auckland", "AUK", "Auckland", "Pacific/Auckland", -36.84853, 174.76349, "Dollar", "NZD", "64", "417910", "1010", "en"),
    ];

    public void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw)
    {
        writer.WriteStartObject(name);
        Vocabulary.WriteMaybe(writer, "continent"u8, Continent, ref draw);
        Vocabulary.WriteMaybe(writer, "country"u8, CountryCode, ref draw);
        writer.WriteStartObject("region"u8);
        Vocabulary.WriteMaybe(writer, "name"u8, Region, ref draw);
        Vocabulary.WriteMaybe(writer, "code"u8, RegionCode, ref draw);
        writer.WriteEndObject();
        Vocabulary.WriteMaybe(writer, "city"u8, City, ref draw);
        Vocabulary.WriteMaybe(writer, "district"u8, "Centro", ref draw);
        Vocabulary.WriteMaybe(writer, "timezone"u8, Timezone, ref draw);
        writer.WriteStartObject("coordinates"u8);
        writer.WriteNumber("latitude"u8, Latitude);
        writer.WriteNumber("longitude"u8, Longitude);
        writer.WriteEndObject();
        if (draw.Chance(30))
        {
            writer.WriteNull("currency"u8);
        }
        else if (draw.Chance(80))
        {
            writer.WriteStartObject("currency"u8);
            Vocabulary.WriteMaybe(writer, "name"u8, CurrencyName, ref draw);
            Vocabulary.WriteMaybe(writer, "code"u8, CurrencyCode, ref draw);
            writer.WriteEndObject();
        }

        if (draw.Chance(60)) Vocabulary.WriteMaybe(writer, "phoneCode"u8, PhoneCode, ref draw);
        if (draw.Chance(60)) Vocabulary.WriteMaybe(writer, "population"u8, Population, ref draw);
        if (draw.Chance(60)) Vocabulary.WriteMaybe(writer, "postalCode"u8, PostalCode, ref draw);
        Vocabulary.WriteSome(writer, "languages"u8, [Language, "en"], ref draw);
        Vocabulary.WriteSome(writer, "tags"u8, ["capital", "coast"], ref draw);
        Vocabulary.WriteMaybe(writer, "source"u8, draw.Pick(Sources), ref draw);
        writer.WriteEndObject();
    }
}
