using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>Products, carts and orders. Money is counted in cents and written with two digits; the lines of a cart add up to its total.</summary>
internal static class Shop
{
    private static readonly string[] Products = ["Running shoes", "Rain jacket", "Café mug", "Atlas \"World\"", "緑茶", "Wool socks"];
    private static readonly string[] Colours = ["red", "blue", "grün"];
    private static readonly string[] Coupons = ["WINTER10", "FREESHIP"];
    private static readonly string[] PaymentMethods = ["card", "invoice", "pix"];
    private static readonly string[] Statuses = ["PLACED", "PAID", "COMPLETED"];

    public static void WriteProduct(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ref Draw draw) => WriteProduct(writer, name, draw.Below(Products.Length), ref draw);

    public static void WriteCart(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteStartObject("cart"u8);
        WriteLines(writer, details, ref draw);
        writer.WriteNumber("lastUpdateTime"u8, details.Time - draw.Below(60_000));
        writer.WriteEndObject();
    }

    public static void WriteCartItem(Utf8JsonWriter writer, ref Draw draw)
    {
        writer.WritePropertyName("cartItem"u8);
        WriteLine(writer, 0, ref draw);
    }

    public static void WriteOrder(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteStartObject("order"u8);
        writer.WriteString("orderId"u8, draw.Uuid());
        WriteLines(writer, details, ref draw);
        Vocabulary.WriteMaybe(writer, "paymentMethod"u8, draw.Pick(PaymentMethods), ref draw);
        if (draw.Chance(50)) writer.WriteNumber("installments"u8, 1 + draw.Below(12));
        else writer.WriteNull("installments"u8);
        Vocabulary.WriteMaybe(writer, "status"u8, draw.Pick(Statuses), ref draw);
        writer.WriteEndObject();
    }

    private static void WriteLines(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteString("currency"u8, details.Place.CurrencyCode);
        writer.WriteStartArray("items"u8);
        long subtotal = 0;
        var lines = 1 + draw.Below(3);
        for (var index = 0; index < lines; index++) subtotal += WriteLine(writer, index, ref draw);
        writer.WriteEndArray();

        var shipping = draw.Chance(60) ? 490L : (long?)null;
        var discount = draw.Chance(30) ? subtotal / 10 : (long?)null;
        var taxes = draw.Chance(50) ? subtotal * 19 / 100 : (long?)null;
        WriteMoney(writer, "subtotal"u8, draw.Chance(80) ? subtotal : null);
        WriteMoney(writer, "shippingPrice"u8, shipping);
        WriteMoney(writer, "discount"u8, discount);
        WriteAmounts(writer, "taxes"u8, "vat"u8, taxes);
        WriteAmounts(writer, "costs"u8, "handling"u8, draw.Chance(20) ? 0 : null);
        WriteMoney(writer, "total"u8, subtotal + (shipping ?? 0) + (taxes ?? 0) - (discount ?? 0));
        Vocabulary.WriteMaybe(writer, "coupon"u8, draw.Pick(Coupons), ref draw);
    }

    private static long WriteLine(Utf8JsonWriter writer, int index, ref Draw draw)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, index);
        var price = WriteProduct(writer, "product"u8, draw.Below(Products.Length), ref draw);
        var quantity = 1 + draw.Below(3);
        writer.WriteNumber("quantity"u8, quantity);
        WriteMoney(writer, "total"u8, price * quantity);
        WriteMoney(writer, "discount"u8, draw.Chance(20) ? price / 10 : null);
        Vocabulary.WriteMaybe(writer, "coupon"u8, draw.Pick(Coupons), ref draw);
        writer.WriteEndObject();
        return price * quantity;
    }

    private static long WriteProduct(Utf8JsonWriter writer, ReadOnlySpan<byte> name, int product, ref Draw draw)
    {
        var price = 990L + (draw.Below(2000) * 5);
        writer.WriteStartObject(name);
        writer.WriteString("productId"u8, $"product-{product}");
        writer.WriteString("name"u8, Products[product]);
        Vocabulary.WriteMaybe(writer, "sku"u8, $"SKU-{product}-{draw.Below(100)}", ref draw);
        Vocabulary.WriteMaybe(writer, "category"u8, draw.Pick(Vocabulary.Categories), ref draw);
        Vocabulary.WriteMaybe(writer, "brand"u8, "Example & Sons", ref draw);
        Vocabulary.WriteMaybe(writer, "variant"u8, draw.Pick(Colours), ref draw);
        Vocabulary.WriteMaybe(writer, "url"u8, $"https://shop.example/product/{product}", ref draw);
        Vocabulary.WriteMaybe(writer, "imageUrl"u8, $"https://img.shop.example/product/{product}.jpg", ref draw);
        WriteMoney(writer, "displayPrice"u8, price);
        WriteMoney(writer, "originalPrice"u8, draw.Chance(40) ? price + 1000 : null);
        if (draw.Chance(30)) Vocabulary.WriteMaybe(writer, "currency"u8, "EUR", ref draw);
        writer.WriteEndObject();
        return price;
    }

    private static void WriteMoney(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long? cents)
    {
        if (cents is null) writer.WriteNull(name);
        else writer.WriteNumber(name, new decimal((int)cents.Value, 0, 0, isNegative: false, scale: 2));
    }

    private static void WriteAmounts(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> kind, long? cents)
    {
        if (cents is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        WriteMoney(writer, kind, cents);
        writer.WriteEndObject();
    }
}
