using System.Globalization;
using Croct.Export.Models;
using Newtonsoft.Json.Linq;
using static Croct.Export.Cli.Formats.Tables.Column<Croct.Export.Models.Event>;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>One row an event: a column is null for the types of events that do not have it.</summary>
internal sealed class EventTable() : Table<Event>(
    "events",
    [
        Text("id", "The id of the event; null before version 0.6 of the API.", e => e.Id),
        Text("session_id", "The session in which it happened.", e => e.SessionId),
        Text("user_id", "The user to whom it happened.", e => e.UserId),
        Timestamp("timestamp", "When it happened.", e => e.TimestampUtc),
        Text("type", "The type, as `@type` says it, known or not.", e => e.Payload?.Type.Value is { Length: > 0 } type ? type : null),

        Text("context_type", "The kind of context: `web`.", e => e.Context?.Type),
        Text("context_tab_id", "The browser tab in which it happened.", e => (e.Context as WebContext)?.TabId),
        Text("context_url", "The URL at which it happened.", e => (e.Context as WebContext)?.Url),

        Text("external_user_id", "The user in the application's own system: userSignedUp, userSignedIn, userSignedOut.", ExternalUserId),
        Text("tab_id", "The browser tab: tabOpened, tabUrlChanged, tabVisibilityChanged.", TabId),
        Text("tab_visibility", "VISIBLE or HIDDEN: tabVisibilityChanged.", e => (e.Payload as TabVisibilityChanged)?.Visibility?.Value),
        Text("page_url", "The URL of the page: pageOpened, pageLoaded, tabUrlChanged.", PageUrl),
        Text("page_title", "The title of the page: pageLoaded.", e => (e.Payload as PageLoaded)?.Title),
        Timestamp("page_last_modified_time", "When the page was last modified: pageLoaded.", e => (e.Payload as PageLoaded)?.LastModifiedTimeUtc),
        Text("referrer", "Where the user came from: pageOpened.", e => (e.Payload as PageOpened)?.Referrer),
        Text("user_agent", "How the browser named itself: pageOpened.", e => (e.Payload as PageOpened)?.UserAgent),
        Text("preferred_languages", "The languages that the browser asked for: pageOpened.", e => (e.Payload as PageOpened)?.PreferredLanguages),

        Text("country", "The country, as ISO 3166 code: locationDetected.", e => Place(e)?.Country),
        Text("region", "The name of the region: locationDetected.", e => Place(e)?.Region?.Name),
        Text("city", "The name of the city: locationDetected.", e => Place(e)?.City),
        Text("browser_name", "The browser: clientDetected.", e => (e.Payload as ClientDetected)?.Client?.Browser?.Name),
        Text("device_category", "DESKTOP, TABLET, MOBILE, BOT, OTHER, UNKNOWN: clientDetected.", e => (e.Payload as ClientDetected)?.Client?.Device?.Category?.Value),
        Text("operating_system_name", "The operating system: clientDetected.", e => (e.Payload as ClientDetected)?.Client?.Device?.OperatingSystem?.Name),

        Text("product_id", "The product: productViewed, productAbandoned, as all columns `product_*`.", e => Product(e)?.ProductId),
        Text("product_name", "The name of the product.", e => Product(e)?.Name),
        Text("product_sku", "The stock keeping unit of the product.", e => Product(e)?.Sku),
        Text("product_category", "The category of the product.", e => Product(e)?.Category),
        Text("product_brand", "The brand of the product.", e => Product(e)?.Brand),
        Text("product_variant", "The variant of the product.", e => Product(e)?.Variant),
        Text("product_url", "The URL of the product.", e => Product(e)?.Url),
        Decimal("product_display_price", "The price at which the product is offered.", e => Product(e)?.DisplayPrice),
        Decimal("product_original_price", "The price before a reduction.", e => Product(e)?.OriginalPrice),
        Text("product_currency", "The currency of these prices, where the product names one.", e => Product(e)?.Currency),
        Decimal("product_quantity", "How much of the product was in the cart: productAbandoned.", e => (e.Payload as ProductAbandoned)?.CartItem?.Quantity),

        Text("cart_currency", "The currency: cartViewed, cartModified, cartAbandoned, checkoutStarted, productAbandoned, as all columns `cart_*`.", e => CartOf(e)?.Currency),
        Decimal("cart_total", "What is to pay.", e => CartOf(e)?.Total),
        Decimal("cart_subtotal", "The sum before shipping, taxes and discounts.", e => CartOf(e)?.Subtotal),
        Decimal("cart_shipping_price", "What shipping costs.", e => CartOf(e)?.ShippingPrice),
        Decimal("cart_discount", "The discount.", e => CartOf(e)?.Discount),
        Text("cart_coupon", "The coupon.", e => CartOf(e)?.Coupon),
        Int32("cart_items", "How many entries the cart has.", e => CartOf(e)?.Items.Count),
        Timestamp("cart_last_update_time", "When the cart last changed.", e => CartOf(e)?.LastUpdateTimeUtc),

        Text("order_id", "The order: orderPlaced, checkoutStarted.", e => OrderOf(e)?.OrderId ?? (e.Payload as CheckoutStarted)?.OrderId),
        Text("order_currency", "The currency: orderPlaced, as all columns `order_*` that follow.", e => OrderOf(e)?.Currency),
        Decimal("order_total", "What was paid or is to pay.", e => OrderOf(e)?.Total),
        Decimal("order_subtotal", "The sum before shipping, taxes and discounts.", e => OrderOf(e)?.Subtotal),
        Decimal("order_shipping_price", "What shipping costs.", e => OrderOf(e)?.ShippingPrice),
        Decimal("order_discount", "The discount.", e => OrderOf(e)?.Discount),
        Text("order_coupon", "The coupon.", e => OrderOf(e)?.Coupon),
        Int32("order_items", "How many entries the order has.", e => OrderOf(e)?.Items.Count),
        Text("order_payment_method", "How it is paid.", e => OrderOf(e)?.PaymentMethod),
        Int32("order_installments", "In how many installments it is paid.", e => OrderOf(e)?.Installments),
        Text("order_status", "PLACED, PAID or COMPLETED.", e => OrderOf(e)?.Status?.Value),

        Text("goal_id", "The goal: goalCompleted, as all columns `goal_*`.", e => (e.Payload as GoalCompleted)?.GoalId),
        Decimal("goal_value", "What the goal is worth; null where the value is no number.", e => Number((e.Payload as GoalCompleted)?.Value)),
        Text("goal_currency", "The currency of the value.", e => (e.Payload as GoalCompleted)?.Currency),
        Text("lead_id", "The lead: leadGenerated, as all columns `lead_*`.", e => (e.Payload as LeadGenerated)?.LeadId),
        Decimal("lead_value", "What the lead is worth; null where the value is no number.", e => Number((e.Payload as LeadGenerated)?.Value)),
        Text("lead_currency", "The currency of the value.", e => (e.Payload as LeadGenerated)?.Currency),
        Text("event_name", "The name that the application gave it: eventOccurred.", e => (e.Payload as EventOccurred)?.Name),
        JsonOf("event_details", "The details that the application gave: eventOccurred.", e => (e.Payload as EventOccurred)?.Details),
        Text("test_id", "The test: testGroupAssigned.", e => (e.Payload as TestGroupAssigned)?.TestId),
        Text("test_group_id", "The group of the test: testGroupAssigned.", e => (e.Payload as TestGroupAssigned)?.GroupId),

        Text("slot_id", "The slot that was filled: slotPersonalized, as all columns down to `content_locale`.", e => Choice(e)?.SlotId),
        Text("slot_name", "The name of the slot.", e => ChoiceNames(e)?.SlotName),
        Text("slot_custom_id", "The id that the application gave to the slot.", e => ChoiceNames(e)?.SlotCustomId),
        Text("experience_id", "The experience that was shown.", e => Choice(e)?.ExperienceId),
        Text("experience_name", "The name of the experience.", e => ChoiceNames(e)?.ExperienceName),
        Text("audience_id", "The audience that the user belongs to.", e => Choice(e)?.AudienceId),
        Text("audience_name", "The name of the audience.", e => ChoiceNames(e)?.AudienceName),
        Text("audience_custom_id", "The id that the application gave to the audience.", e => ChoiceNames(e)?.AudienceCustomId),
        Text("experiment_id", "The experiment, if there was one.", e => Choice(e)?.AssignedVariant?.ExperimentId),
        Text("experiment_name", "The name of the experiment.", e => ChoiceNames(e)?.ExperimentName),
        Text("variant_id", "The variant of the experiment that the user was given.", e => Choice(e)?.AssignedVariant?.VariantId),
        Text("variant_name", "The name of the variant.", e => ChoiceNames(e)?.VariantName),
        Text("content_id", "The content that was shown.", e => Choice(e)?.ContentId),
        Text("content_locale", "The locale of the content.", e => Choice(e)?.Locale),

        Double("point_x", "Pixels from the left: userClicked, and the end of userScrolled.", e => PointOf(e)?.X),
        Double("point_y", "Pixels from the top: userClicked, and the end of userScrolled.", e => PointOf(e)?.Y),
        Timestamp("since_time", "Since when nothing has happened: nothingChanged.", e => (e.Payload as NothingChanged)?.SinceTimeUtc),

        JsonOf("context", "The whole context, its metadata too.", e => e.Context),
        JsonOf("payload", "The whole payload, whatever its type.", e => e.Payload),
        JsonOf("extra", "Fields of the event that have no other place; null when there are none.", Extra),
    ])
{
    private static string? ExternalUserId(Event e) => e.Payload switch
    {
        UserSignedUp payload => payload.ExternalUserId,
        UserSignedIn payload => payload.ExternalUserId,
        UserSignedOut payload => payload.ExternalUserId,
        _ => null,
    };

    private static Guid? TabId(Event e) => e.Payload switch
    {
        TabOpened payload => payload.TabId,
        TabUrlChanged payload => payload.TabId,
        TabVisibilityChanged payload => payload.TabId,
        _ => null,
    };

    private static string? PageUrl(Event e) => e.Payload switch
    {
        PageOpened payload => payload.Url,
        PageLoaded payload => payload.Url,
        TabUrlChanged payload => payload.Url,
        _ => null,
    };

    private static ProductDetails? Product(Event e) => e.Payload switch
    {
        ProductViewed payload => payload.Product,
        ProductAbandoned payload => payload.CartItem?.Product,
        _ => null,
    };

    private static Cart? CartOf(Event e) => e.Payload switch
    {
        CartViewed payload => payload.Cart,
        CartModified payload => payload.Cart,
        CartAbandoned payload => payload.Cart,
        CheckoutStarted payload => payload.Cart,
        ProductAbandoned payload => payload.Cart,
        _ => null,
    };

    private static Point? PointOf(Event e) => e.Payload switch
    {
        UserClicked payload => payload.Point,
        UserScrolled payload => payload.End,
        _ => null,
    };

    private static Order? OrderOf(Event e) => (e.Payload as OrderPlaced)?.Order;

    private static Location? Place(Event e) => (e.Payload as LocationDetected)?.Location;

    private static Personalization? Choice(Event e) => (e.Payload as SlotPersonalized)?.Personalization;

    private static PersonalizationMetadata? ChoiceNames(Event e) => (e.Payload as SlotPersonalized)?.Metadata;

    /// <summary>A number that came in a string; what is none stays in the payload alone.</summary>
    private static decimal? Number(string? text) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static JObject? Extra(Event e) => Remainder.Of(e.AdditionalProperties, [], ("timestamp", e.Timestamp, e.TimestampUtc));
}
