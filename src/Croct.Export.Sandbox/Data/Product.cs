using System.Text.Json;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>A product of the shop. It has one price in each currency, wherever it appears.</summary>
internal sealed class Product
{
    private readonly Forms?[] _details = new Forms?[Currency.All.Length];
    private readonly int _number;
    private readonly string _name;
    private readonly string _category;
    private readonly string _brand;
    private readonly string _variant;
    private readonly int _cents;
    private readonly int _originalCents;

    private Product(int number, string name, string category, string brand, string variant, int cents, int originalCents, bool isByWeight = false)
    {
        _number = number;
        _name = name;
        _category = category;
        _brand = brand;
        _variant = variant;
        _cents = cents;
        _originalCents = originalCents;
        IsByWeight = isByWeight;
        Page = new Page($"/product/{number}", name);
    }

    public static Product[] All { get; } =
    [
        new(1, "Running shoes", "Shoes", "Example & Sons", "red", 5990, 7990),
        new(2, "Trail shoes \"Serra\"", "Shoes", "Acme", "grün", 8950, 9950),
        new(3, "Rain jacket", "Jackets", "Example & Sons", "blue / XL", 12900, 15900),
        new(4, "Casaco de lã", "Jackets", "Padaria São Bento", "cinza", 9900, 9900),
        new(5, "Café mug", "Kitchen", "Acme", "white", 1205, 1500),
        new(6, "緑茶", "Café & Chá", "佐藤園", "100 g", 870, 1000, isByWeight: true),
        new(7, "Wool socks", "Shoes", "Łódź Maszyny", "39–42", 990, 1290),
        new(8, "Atlas \\ World", "Books", "Acme", "hardcover", 4500, 4500),
        new(9, "Bicycle bell", "Cycling", "Acme", "brass", 1750, 2000),
        new(10, "Gift card", "Gifts", "Example & Sons", "25", 2500, 2500),
    ];

    /// <summary>The page of the product.</summary>
    public Page Page { get; }

    /// <summary>Whether the product is sold in fractions. Its price is then an even number of cents.</summary>
    public bool IsByWeight { get; }

    public long PriceIn(Currency currency) => (long)_cents * currency.Rate;

    public void Write(Utf8JsonWriter writer, Currency currency, ref Draw draw)
    {
        var details = _details[currency.Number] ??= new Forms(12, (writer, ref draw) => WriteDetails(writer, currency, ref draw));
        details.Write(writer, "product"u8, ref draw);
    }

    private void WriteDetails(Utf8JsonWriter writer, Currency currency, ref Draw draw)
    {
        writer.WriteString("productId"u8, Text($"product-{_number}"));
        writer.WriteString("name"u8, Text(_name));
        WriteNullable(writer, "sku"u8, Text($"SKU-{_number:000}"), ref draw);
        WriteNullable(writer, "category"u8, Text(_category), ref draw);
        WriteNullable(writer, "brand"u8, Text(_brand), ref draw);
        WriteNullable(writer, "variant"u8, Text(_variant), ref draw);
        WriteNullable(writer, "url"u8, Page.Url, ref draw);
        WriteNullable(writer, "imageUrl"u8, Text($"https://img.shop.example/product/{_number}.jpg"), ref draw);
        WriteMoney(writer, "displayPrice"u8, PriceIn(currency));
        WriteMoney(writer, "originalPrice"u8, draw.Chance(60) ? (long)_originalCents * currency.Rate : null);
        if (draw.Chance(50)) WriteNullable(writer, "currency"u8, currency.EncodedCode, ref draw);
    }
}
