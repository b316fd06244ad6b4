namespace Croct.Export.Sandbox.Data;

/// <summary>
/// Which type an event is of. Each deal hands out every type as often as it weighs, in an order of its own, so that even a rare type is never far away.
/// </summary>
internal sealed class EventDeal(int seed)
{
    public EventKind KindOf(long number) => EventKind.Weighted[SlotOf(number).Slot];

    /// <summary>Where in <see cref="EventKind.Weighted"/> the type of an event is, and how far from it that of the next one of the same deal.</summary>
    public (int Slot, int Stride) SlotOf(long number)
    {
        var slots = EventKind.Weighted.Length;
        var (deal, place) = Math.DivRem(number, slots);
        var draw = Draw.Of(seed, Purpose.EventKind, deal);
        var stride = 1 + draw.Below(slots - 1);
        return ((int)(((place * stride) + draw.Below(slots)) % slots), stride);
    }
}
