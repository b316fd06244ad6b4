using System.Text.Json;
using Croct.Export.Contract;

namespace Croct.Export.Sandbox.Data;

/// <summary>A type of event: its name, its weight, and how the fields of its payload are written.</summary>
internal sealed class EventKind
{
    /// <summary>The maximum number of events that a further type takes from each block, so that enough of the others remain.</summary>
    private const int MaxFurtherPerBlock = 16;

    /// <summary>Types up to this weight do not give way to others: they would be hard to find.</summary>
    private const int RareWeight = 2;

    /// <summary>The types that are written by hand. The weights are relative to each other.</summary>
    private static readonly EventKind[] ByHand =
    [
        new("userSignedUp", 2, Payloads.WriteExternalUser),
        new("userSignedIn", 4, Payloads.WriteExternalUser),
        new("userSignedOut", 2, Payloads.WriteExternalUser),
        new("tabOpened", 4, Payloads.WriteTab),
        new("tabUrlChanged", 12, Payloads.WriteTabUrl),
        new("tabVisibilityChanged", 9, Payloads.WriteTabVisibility),
        new("locationDetected", 3, Payloads.WriteLocation),
        new("clientDetected", 3, Payloads.WriteClient),
        new("pageOpened", 18, Payloads.WritePageOpened),
        new("pageLoaded", 16, Payloads.WritePageLoaded),
        new("productViewed", 14, Payloads.WriteProduct),
        new("productAbandoned", 1, Shop.WriteAbandonedLine),
        new("cartViewed", 4, Shop.WriteCart),
        new("cartModified", 5, Shop.WriteCart),
        new("cartAbandoned", 1, Shop.WriteCart),
        new("checkoutStarted", 2, Payloads.WriteCheckout),
        new("orderPlaced", 2, Shop.WriteOrder),
        new("testGroupAssigned", 1, Payloads.WriteTestGroup),
        new("nothingChanged", 5, Payloads.WriteNothing),
        new("goalCompleted", 2, Payloads.WriteGoal),
        new("eventOccurred", 4, Payloads.WriteCustomEvent),
        new("slotPersonalized", 6, Payloads.WriteSlot),
        new("leadGenerated", 1, Payloads.WriteLead),
        new("audienceMatched", 2, Payloads.WriteAudiences),
        new("userClicked", 6, Payloads.WriteClick),
        new("userScrolled", 8, Payloads.WriteScroll),
    ];

    private readonly FieldWriter _writeFields;

    private EventKind(string name, int weight, FieldWriter writeFields)
    {
        Name = name;
        EncodedName = Fields.Text(name);
        Weight = weight;
        _writeFields = writeFields;
        NeedsAccount = writeFields == Payloads.WriteExternalUser;
        GivesWay = weight > RareWeight && name is not ("pageOpened" or "tabOpened" or "checkoutStarted" or "orderPlaced");
    }

    private delegate void FieldWriter(Utf8JsonWriter writer, in EventDetails details, ref Draw draw);

    /// <summary>The types of the contract, in its order.</summary>
    public static IReadOnlyList<EventKind> All { get; } = AssignNumbers(OfContract());

    /// <summary>
    /// The types that are only in the contract. If two would take the same event, the first one does. Their order does not depend on the contract.
    /// </summary>
    public static EventKind[] Further { get; } = [.. All.Except(ByHand).OrderBy(kind => Draw.Hash(kind.Name))];

    public static EventKind NothingChanged { get; } = Named("nothingChanged");

    public static EventKind TabOpened { get; } = Named("tabOpened");

    public static EventKind PageOpened { get; } = Named("pageOpened");

    public static EventKind CheckoutStarted { get; } = Named("checkoutStarted");

    public static EventKind OrderPlaced { get; } = Named("orderPlaced");

    /// <summary>
    /// Every type that is written by hand, repeated according to its weight. A type that is no longer in the contract keeps its slots, which become
    /// <see cref="NothingChanged"/>.
    /// </summary>
    public static EventKind[] Weighted { get; } =
        [.. ByHand.SelectMany(kind => Enumerable.Repeat(All.Contains(kind) ? kind : NothingChanged, kind.Weight))];

    public string Name { get; }

    public JsonEncodedText EncodedName { get; }

    /// <summary>The index in <see cref="All"/>.</summary>
    public int Number { get; private set; }

    /// <summary>How often the type occurs: in each deal if it is written by hand, in each block of events if it is a further type.</summary>
    public int Weight { get; }

    /// <summary>
    /// Whether a further type may take an event that was dealt this type. False for rare types, and if other items count or name such events, because
    /// those items would change.
    /// </summary>
    public bool GivesWay { get; }

    /// <summary>Whether only users with an account cause such events.</summary>
    public bool NeedsAccount { get; }

    public void WriteFields(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) => _writeFields(writer, details, ref draw);

    private static EventKind Named(string name) => ByHand.Single(kind => kind.Name == name);

    private static EventKind[] OfContract()
    {
        var (payload, schemas) = (ContractDocument.Current.Schemas["EventPayload"], ContractDocument.Current.Schemas);
        return
        [
            .. payload.Kinds.Select(kind =>
                ByHand.FirstOrDefault(known => known.Name == kind.Key) ?? FromSchema(kind.Key, schemas[kind.Value], payload.Discriminator!)),
        ];
    }

    private static EventKind FromSchema(string name, ContractSchema schema, string discriminator)
    {
        return new(name, Math.Clamp(schema.Weight ?? 1, 1, MaxFurtherPerBlock), Write);

        void Write(Utf8JsonWriter writer, in EventDetails details, ref Draw draw) =>
            Sample.OfContract.WriteProperties(writer, schema, new SampleOrigin(draw.Next(), details.Time), without: discriminator);
    }

    private static EventKind[] AssignNumbers(EventKind[] kinds)
    {
        for (var number = 0; number < kinds.Length; number++) kinds[number].Number = number;
        return kinds;
    }
}

/// <summary>The types of events that an export requests.</summary>
internal readonly struct EventFilter : IEquatable<EventFilter>
{
    private const int BitsPerWord = 64;

    // As many words as the highest number needs; null for all types.
    private readonly ulong[]? _words;
    private readonly string? _text;

    /// <param name="kinds">The types; empty for all.</param>
    public EventFilter(IEnumerable<EventKind> kinds)
    {
        var numbers = kinds.Select(kind => kind.Number).ToList();
        if (numbers.Count == 0) return;
        _words = new ulong[(numbers.Max() / BitsPerWord) + 1];
        foreach (var number in numbers) _words[number / BitsPerWord] |= 1ul << (number % BitsPerWord);
        _text = string.Concat(
            _words.Reverse().Select((word, place) => word.ToString(place == 0 ? "x" : "x16", System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>Whether all types are requested.</summary>
    public bool IsAll => _words is null;

    public bool Matches(EventKind kind)
    {
        var (word, bit) = (kind.Number / BitsPerWord, kind.Number % BitsPerWord);
        return _words is not null && word < _words.Length && (_words[word] >> bit & 1) != 0;
    }

    public bool Equals(EventFilter other) => string.Equals(_text, other._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is EventFilter other && Equals(other);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>Returns the same text for the same types, in whatever order they were requested.</summary>
    public override string ToString() => _text ?? "0";
}
