using System.Text.Json;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>
/// Carts and orders. Amounts are in cents. The total of a line is price times quantity minus its discount. The total of a cart is the sum of its
/// lines, shipping, taxes and costs minus its discount.
/// </summary>
internal static class Shop
{
    private static readonly JsonEncodedText[] Coupons = Texts("WINTER10", "FREESHIP", "VERÃO");
    private static readonly JsonEncodedText[] PaymentMethods = Texts("card", "invoice", "pix");
    private static readonly JsonEncodedText[] Statuses = Texts("PLACED", "PAID", "COMPLETED");

    public static void WriteCart(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteStartObject("cart"u8);
        WriteLines(writer, details.Place.Currency, ref draw);
        writer.WriteNumber("lastUpdateTime"u8, details.Time - draw.Below(60_000));
        writer.WriteEndObject();
    }

    /// <summary>Writes a cart, preceded by one of its lines.</summary>
    public static void WriteAbandonedLine(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        // Drawing the same numbers twice gives the same line twice.
        var cart = new Draw(draw.Next());
        var line = cart;
        _ = LineCount(ref line);
        writer.WritePropertyName("cartItem"u8);
        WriteLine(writer, 0, details.Place.Currency, ref line);
        WriteCart(writer, details, ref cart);
    }

    public static void WriteOrder(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteStartObject("order"u8);
        writer.WriteString("orderId"u8, details.OrderId);
        WriteLines(writer, details.Place.Currency, ref draw);
        WriteNullable(writer, "paymentMethod"u8, draw.Pick(PaymentMethods), ref draw);
        if (draw.Chance(50)) writer.WriteNumber("installments"u8, 1 + draw.Below(12));
        else writer.WriteNull("installments"u8);
        WriteNullable(writer, "status"u8, draw.Pick(Statuses), ref draw);
        writer.WriteEndObject();
    }

    private static void WriteLines(Utf8JsonWriter writer, Currency currency, ref Draw draw)
    {
        var lines = LineCount(ref draw);
        writer.WriteString("currency"u8, currency.EncodedCode);
        writer.WriteStartArray("items"u8);
        long subtotal = 0;
        for (var index = 0; index < lines; index++) subtotal += WriteLine(writer, index, currency, ref draw);
        writer.WriteEndArray();

        var shipping = draw.Chance(60) ? 490L * currency.Rate : (long?)null;
        var discount = draw.Chance(30) ? subtotal / 10 : (long?)null;
        var taxes = draw.Chance(50) ? subtotal * 19 / 100 : (long?)null;
        var costs = draw.Chance(20) ? 150L * currency.Rate : (long?)null;
        WriteMoney(writer, "subtotal"u8, draw.Chance(80) ? subtotal : null);
        WriteMoney(writer, "shippingPrice"u8, shipping);
        WriteMoney(writer, "discount"u8, discount);
        WriteAmounts(writer, "taxes"u8, "vat"u8, taxes);
        WriteAmounts(writer, "costs"u8, "handling"u8, costs);
        WriteMoney(writer, "total"u8, subtotal + (shipping ?? 0) + (taxes ?? 0) + (costs ?? 0) - (discount ?? 0));
        WriteNullable(writer, "coupon"u8, draw.Pick(Coupons), ref draw);
    }

    private static int LineCount(ref Draw draw) => 1 + draw.Below(3);

    private static long WriteLine(Utf8JsonWriter writer, int index, Currency currency, ref Draw draw)
    {
        var product = draw.Pick(Product.All);
        var quantity = 1 + draw.Below(3) + (product.IsByWeight ? 0.5m : 0m);
        var full = (long)(product.PriceIn(currency) * quantity);
        var discount = draw.Chance(20) ? full / 20 : (long?)null;
        var total = full - (discount ?? 0);

        writer.WriteStartObject();
        writer.WriteNumber("index"u8, index);
        product.Write(writer, currency, ref draw);
        writer.WriteNumber("quantity"u8, quantity);
        WriteMoney(writer, "total"u8, total);
        WriteMoney(writer, "discount"u8, discount);
        WriteNullable(writer, "coupon"u8, draw.Pick(Coupons), ref draw);
        writer.WriteEndObject();
        return total;
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
