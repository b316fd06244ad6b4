using System.Text.Json;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>The data from which the fields of a payload are written.</summary>
internal readonly record struct EventDetails(long Time, long User, Place Place, Device Device, Guid TabId, Page Page, Product Product, string? OrderId);

/// <summary>Writes the fields of payloads, except those about carts and orders, which <see cref="Shop"/> writes.</summary>
internal static class Payloads
{
    public static void WriteExternalUser(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) =>
        UserSource.WriteExternalId(writer, details.User);

    public static void WriteTab(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) => writer.WriteString("tabId"u8, details.TabId);

    public static void WriteTabUrl(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteString("tabId"u8, details.TabId);
        writer.WriteString("url"u8, details.Page.Url);
    }

    public static void WriteTabVisibility(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteString("tabId"u8, details.TabId);
        writer.WriteString("visibility"u8, draw.Pick(Vocabulary.Visibilities));
    }

    public static void WriteLocation(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) =>
        details.Place.Write(writer, "location"u8, ref draw);

    public static void WriteClient(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) =>
        details.Device.Write(writer, "client"u8, ref draw);

    public static void WritePageOpened(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteString("url"u8, details.Page.Url);
        WriteNullable(writer, "userAgent"u8, details.Device.EncodedUserAgent, ref draw);
        WriteNullable(writer, "preferredLanguages"u8, details.Place.EncodedAcceptLanguage, ref draw);
        WriteNullable(writer, "referrer"u8, draw.Pick(Vocabulary.Referrers), ref draw);
    }

    public static void WritePageLoaded(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteString("url"u8, details.Page.Url);
        writer.WriteString("title"u8, details.Page.Title);
        writer.WriteNumber("lastModifiedTime"u8, details.Time - draw.Below(30 * 86_400_000L));
    }

    public static void WriteProduct(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) =>
        details.Product.Write(writer, details.Place.Currency, ref draw);

    public static void WriteCheckout(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        Shop.WriteCart(writer, details, ref draw);
        if (details.OrderId is { } order) writer.WriteString("orderId"u8, order);
        else writer.WriteNull("orderId"u8);
    }

    public static void WriteTestGroup(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteString("testId"u8, draw.Pick(Vocabulary.Tests));
        writer.WriteString("groupId"u8, draw.Pick(Vocabulary.TestGroups));
    }

    public static void WriteNothing(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) =>
        writer.WriteNumber("sinceTime"u8, details.Time - 30_000 - draw.Below(30_000));

    public static void WriteGoal(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteString("goalId"u8, draw.Pick(Vocabulary.Goals));
        if (draw.Chance(60)) WriteAmountText(writer, ref draw);
        else writer.WriteNull("value"u8);
        WriteNullable(writer, "currency"u8, details.Place.Currency.EncodedCode, ref draw);
    }

    public static void WriteCustomEvent(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        writer.WriteString("name"u8, draw.Pick(Vocabulary.CustomEvents));
        WriteAttributes(writer, "details"u8, ref draw);
    }

    public static void WriteSlot(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) =>
        draw.Pick(Experience.All).Write(writer, ref draw);

    public static void WriteLead(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        if (draw.Chance(80)) writer.WriteString("leadId"u8, $"lead-{draw.Below(100_000)}");
        if (draw.Chance(60)) writer.WriteString("currency"u8, details.Place.Currency.EncodedCode);
        if (draw.Chance(60)) WriteAmountText(writer, ref draw);
    }

    public static void WriteAudiences(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        if (draw.Chance(10)) return;
        writer.WriteStartArray("audienceIds"u8);
        foreach (var experience in Experience.All)
        {
            if (draw.Chance(40)) experience.WriteAudience(writer, ref draw);
        }

        writer.WriteEndArray();
    }

    public static void WriteClick(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        WritePoint(writer, "point"u8, draw.Below(details.Device.Width), draw.Below(40_000) / 8d);
        if (draw.Chance(70)) WriteSize(writer, "surfaceSize"u8, details.Device.Width, 5000);
    }

    public static void WriteScroll(Utf8JsonWriter writer, in EventDetails details, ref Draw draw)
    {
        if (draw.Chance(70)) WritePoint(writer, "start"u8, 0, draw.Below(4000));
        WritePoint(writer, "end"u8, 0, draw.Below(40_000) / 8d);
        if (draw.Chance(70)) WriteSize(writer, "surfaceSize"u8, details.Device.Width, 5000);
        if (draw.Chance(70)) WriteSize(writer, "viewportSize"u8, details.Device.Width, details.Device.Height);
    }

    /// <summary>Writes a number as a string, as in goals and leads.</summary>
    private static void WriteAmountText(Utf8JsonWriter writer, ref Draw draw)
    {
        Span<byte> text = stackalloc byte[32];
        Money(draw.Below(100_000)).TryFormat(text, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        writer.WriteString("value"u8, text[..length]);
    }

    private static void WritePoint(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double x, double y)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("x"u8, x);
        writer.WriteNumber("y"u8, y);
        writer.WriteEndObject();
    }

    private static void WriteSize(Utf8JsonWriter writer, ReadOnlySpan<byte> name, int width, int height)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("width"u8, width);
        writer.WriteNumber("height"u8, height);
        writer.WriteEndObject();
    }
}
