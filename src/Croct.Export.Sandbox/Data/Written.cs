using System.Collections.Frozen;

namespace Croct.Export.Sandbox.Data;

/// <summary>
/// The properties that are written by hand, by schema. All other properties of these schemas are generated from the contract, so a property that
/// gets a writer must be listed here; otherwise it would be written twice. A test compares the list with what is served.
/// </summary>
internal static class Written
{
    private const string Lines = """
        Event: id sessionId userId timestamp context payload
        EventContext: type metadata
        WebContext: type metadata tabId url
        EventPayload: @type
        UserSignedUp: @type externalUserId
        UserSignedIn: @type externalUserId
        UserSignedOut: @type externalUserId
        TabOpened: @type tabId
        TabUrlChanged: @type tabId url
        TabVisibilityChanged: @type tabId visibility
        LocationDetected: @type location
        Location: continent country region city district timezone coordinates currency phoneCode population postalCode languages tags source
        Region: name code
        GeoPoint: latitude longitude
        Currency: name code
        ClientDetected: @type client
        WebClient: browser device
        Browser: name version type
        Device: name vendor category operatingSystem
        OperatingSystem: name version
        PageOpened: @type url userAgent preferredLanguages referrer
        PageLoaded: @type url title lastModifiedTime
        ProductViewed: @type product
        ProductDetails: productId name sku category brand variant url imageUrl displayPrice originalPrice currency
        ProductAbandoned: @type cartItem cart
        CartItem: index product quantity total discount coupon
        Cart: currency items subtotal shippingPrice discount taxes costs total coupon lastUpdateTime
        CartViewed: @type cart
        CartModified: @type cart
        CartAbandoned: @type cart
        CheckoutStarted: @type cart orderId
        OrderPlaced: @type order
        Order: orderId currency items subtotal shippingPrice discount taxes costs total coupon paymentMethod installments status
        OrderItem: index product quantity total discount coupon
        TestGroupAssigned: @type testId groupId
        NothingChanged: @type sinceTime
        GoalCompleted: @type goalId value currency
        EventOccurred: @type name details
        SlotPersonalized: @type personalization metadata
        Personalization: audienceId slotId experienceId contentId slotVersion assignedVariant locale
        SlotVersion: majorVersion minorVersion
        AssignedVariant: experimentId variantId
        PersonalizationMetadata: audienceName audienceCustomId slotName slotCustomId experienceName experimentName variantName
        LeadGenerated: @type leadId currency value
        AudienceMatched: @type audienceIds
        Audience: id name customId
        UserClicked: @type point surfaceSize
        Point: x y
        Size: width height
        UserScrolled: @type start end surfaceSize viewportSize
        Session: sessionId userId parentId externalUserId window closeTime referrer landingPageUrl campaign location client attributes statistics
        SessionWindow: start end
        Campaign: name source medium content term
        SessionStatistics: pageViews tabViews orders
        UserAddress: street district city region country postalCode
        UserStatistics: orders sessions
        User: userId externalUserId firstName lastName birthDate gender email alternateEmail phone alternatePhone address avatar
        """ + " company companyUrl jobTitle activities interests customAttributes lastModifiedTime statistics";

    public static FrozenDictionary<string, FrozenSet<string>> Properties { get; } = Lines.Split('\n')
        .Select(line => line.Trim().Split(": "))
        .ToFrozenDictionary(line => line[0], line => line[1].Split(' ').ToFrozenSet(StringComparer.Ordinal), StringComparer.Ordinal);
}
