using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>A type of event: its name, how common it is, and how the fields of its payload are written.</summary>
internal sealed class EventKind
{
    private delegate void FieldWriter(Utf8JsonWriter writer, EventDetails details, ref Draw draw);

    private readonly FieldWriter _writeFields;

    private EventKind(string name, int weight, FieldWriter writeFields)
    {
        Name = name;
        EncodedName = JsonEncodedText.Encode(name);
        Weight = weight;
        _writeFields = writeFields;
    }

    /// <summary>The types of the contract, in its order.</summary>
    public static IReadOnlyList<EventKind> All { get; } =
    [
        new("userSignedUp", 1, WriteExternalUser),
        new("userSignedIn", 3, WriteExternalUser),
        new("userSignedOut", 1, WriteExternalUser),
        new("tabOpened", 4, (writer, details, ref _) => writer.WriteString("tabId"u8, details.TabId)),
        new("tabUrlChanged", 12, WriteTabUrl),
        new("tabVisibilityChanged", 10, WriteTabVisibility),
        new("locationDetected", 3, (writer, details, ref draw) => details.Place.Write(writer, "location"u8, ref draw)),
        new("clientDetected", 3, (writer, details, ref draw) => details.Visitor.Write(writer, "client"u8, ref draw)),
        new("pageOpened", 18, WritePageOpened),
        new("pageLoaded", 16, WritePageLoaded),
        new("productViewed", 14, (writer, _, ref draw) => Shop.WriteProduct(writer, "product"u8, ref draw)),
        new("productAbandoned", 1, WriteProductAbandoned),
        new("cartViewed", 4, WriteCart),
        new("cartModified", 5, WriteCart),
        new("cartAbandoned", 1, WriteCart),
        new("checkoutStarted", 2, WriteCheckout),
        new("orderPlaced", 2, (writer, details, ref draw) => Shop.WriteOrder(writer, details, ref draw)),
        new("testGroupAssigned", 1, WriteTestGroup),
        new("nothingChanged", 6, (writer, details, ref draw) => writer.WriteNumber("sinceTime"u8, details.Time - 30_000 - draw.Below(30_000))),
        new("goalCompleted", 2, WriteGoal),
        new("eventOccurred", 4, WriteCustomEvent),
        new("slotPersonalized", 6, WriteSlotPersonalized),
        new("leadGenerated", 1, WriteLead),
        new("audienceMatched", 2, WriteAudiences),
        new("userClicked", 6, WriteClick),
        new("userScrolled", 8, WriteScroll),
    ];

    /// <summary>Every type as often as it weighs.</summary>
    public static EventKind[] Weighted { get; } = [.. All.SelectMany(kind => Enumerable.Repeat(kind, kind.Weight))];

    public string Name { get; }

    public JsonEncodedText EncodedName { get; }

    private int Weight { get; }

    public void WriteFields(Utf8JsonWriter writer, EventDetails details, ref Draw draw) => _writeFields(writer, details, ref draw);

    private static void WriteExternalUser(Utf8JsonWriter writer, EventDetails details, ref Draw draw) =>
        writer.WriteString("externalUserId"u8, details.ExternalUserId);

    private static void WriteTabUrl(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteString("tabId"u8, details.TabId);
        writer.WriteString("url"u8, draw.Pick(Vocabulary.Pages));
    }

    private static void WriteTabVisibility(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteString("tabId"u8, details.TabId);
        writer.WriteString("visibility"u8, draw.Chance(50) ? "VISIBLE"u8 : "HIDDEN"u8);
    }

    private static void WritePageOpened(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteString("url"u8, draw.Pick(Vocabulary.Pages));
        Vocabulary.WriteMaybe(writer, "userAgent"u8, details.Visitor.UserAgent, ref draw);
        Vocabulary.WriteMaybe(writer, "preferredLanguages"u8, draw.Pick(Vocabulary.Languages), ref draw);
        Vocabulary.WriteMaybe(writer, "referrer"u8, draw.Pick(Vocabulary.Referrers), ref draw);
    }

    private static void WritePageLoaded(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteString("url"u8, draw.Pick(Vocabulary.Pages));
        writer.WriteString("title"u8, draw.Pick(Vocabulary.Titles));
        writer.WriteNumber("lastModifiedTime"u8, details.Time - (draw.Below(30) * 86_400_000L));
    }

    private static void WriteProductAbandoned(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        Shop.WriteCartItem(writer, ref draw);
        Shop.WriteCart(writer, details, ref draw);
    }

    private static void WriteCart(Utf8JsonWriter writer, EventDetails details, ref Draw draw) => Shop.WriteCart(writer, details, ref draw);

    private static void WriteCheckout(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        Shop.WriteCart(writer, details, ref draw);
        if (draw.Chance(50)) writer.WriteString("orderId"u8, draw.Uuid());
        else writer.WriteNull("orderId"u8);
    }

    private static void WriteTestGroup(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteString("testId"u8, "checkout-button"u8);
        writer.WriteString("groupId"u8, draw.Chance(50) ? "a"u8 : "b"u8);
    }

    private static void WriteGoal(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteString("goalId"u8, draw.Pick(Vocabulary.Goals));
        Vocabulary.WriteMaybe(writer, "value"u8, "19.90", ref draw);
        Vocabulary.WriteMaybe(writer, "currency"u8, details.Place.CurrencyCode, ref draw);
    }

    private static void WriteCustomEvent(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteString("name"u8, draw.Pick(Vocabulary.CustomEvents));
        Vocabulary.WriteAttributes(writer, "details"u8, ref draw);
    }

    private static void WriteSlotPersonalized(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        writer.WriteStartObject("personalization"u8);
        writer.WriteString("audienceId"u8, draw.Uuid());
        writer.WriteString("slotId"u8, draw.Uuid());
        writer.WriteString("experienceId"u8, draw.Uuid());
        writer.WriteString("contentId"u8, draw.Uuid());
        if (draw.Chance(30))
        {
            writer.WriteNull("slotVersion"u8);
        }
        else if (draw.Chance(70))
        {
            writer.WriteStartObject("slotVersion"u8);
            if (draw.Chance(90)) writer.WriteString("majorVersion"u8, "2"u8);
            if (draw.Chance(90)) writer.WriteString("minorVersion"u8, "1"u8);
            writer.WriteEndObject();
        }

        if (draw.Chance(50))
        {
            writer.WriteStartObject("assignedVariant"u8);
            if (draw.Chance(90)) writer.WriteString("experimentId"u8, draw.Uuid());
            if (draw.Chance(90)) writer.WriteString("variantId"u8, draw.Uuid());
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("assignedVariant"u8);
        }

        if (draw.Chance(80)) Vocabulary.WriteMaybe(writer, "locale"u8, "pt-br", ref draw);
        writer.WriteEndObject();

        writer.WriteStartObject("metadata"u8);
        Vocabulary.WriteMaybe(writer, "audienceName"u8, "Runners", ref draw);
        Vocabulary.WriteMaybe(writer, "audienceCustomId"u8, "runners", ref draw);
        Vocabulary.WriteMaybe(writer, "slotName"u8, "Hero", ref draw);
        Vocabulary.WriteMaybe(writer, "slotCustomId"u8, "hero", ref draw);
        Vocabulary.WriteMaybe(writer, "experienceName"u8, "Winter", ref draw);
        Vocabulary.WriteMaybe(writer, "experimentName"u8, "Winter A/B", ref draw);
        Vocabulary.WriteMaybe(writer, "variantName"u8, "B", ref draw);
        writer.WriteEndObject();
    }

    private static void WriteLead(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        if (draw.Chance(80)) writer.WriteString("leadId"u8, $"lead-{draw.Below(1000)}");
        if (draw.Chance(60)) writer.WriteString("currency"u8, details.Place.CurrencyCode);
        if (draw.Chance(60)) writer.WriteString("value"u8, "250.00"u8);
    }

    private static void WriteAudiences(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        if (draw.Chance(10)) return;
        writer.WriteStartArray("audienceIds"u8);
        for (var rest = draw.Below(3); rest >= 0; rest--)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, draw.Uuid());
            Vocabulary.WriteMaybe(writer, "name"u8, "Runners", ref draw);
            Vocabulary.WriteMaybe(writer, "customId"u8, "runners", ref draw);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteClick(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        WritePair(writer, "point"u8, "x"u8, draw.Below(12_800) / 10d, "y"u8, draw.Below(4000));
        if (draw.Chance(70)) WritePair(writer, "surfaceSize"u8, "width"u8, 1280, "height"u8, 4000);
    }

    private static void WriteScroll(Utf8JsonWriter writer, EventDetails details, ref Draw draw)
    {
        if (draw.Chance(70)) WritePair(writer, "start"u8, "x"u8, 0, "y"u8, draw.Below(4000));
        WritePair(writer, "end"u8, "x"u8, 0, "y"u8, draw.Below(40_000) / 8d);
        if (draw.Chance(70)) WritePair(writer, "surfaceSize"u8, "width"u8, 1280, "height"u8, 4000);
        if (draw.Chance(70)) WritePair(writer, "viewportSize"u8, "width"u8, 1280, "height"u8, 720);
    }

    private static void WritePair(
        Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, double firstValue, ReadOnlySpan<byte> second, double secondValue)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber(first, firstValue);
        writer.WriteNumber(second, secondValue);
        writer.WriteEndObject();
    }
}
