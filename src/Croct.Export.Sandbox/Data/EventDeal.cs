namespace Croct.Export.Sandbox.Data;

/// <summary>
/// Which type an event is of. Each deal hands out every type that is written by hand as often as it weighs, in an order of its own, so that even a
/// rare type is never far away. The further types of the contract then take their events from it, each from every block of 64 as many as it weighs.
/// </summary>
/// <param name="seed">What the order follows from.</param>
/// <param name="further">The types that are not written by hand.</param>
internal sealed class EventDeal(int seed, EventKind[] further)
{
    private const int BlockSize = 64;

    private static readonly int[] Strides = StridesThrough(EventKind.Weighted.Length);

    public EventKind KindOf(long number) => KindOf(number, EventKind.Weighted[SlotOf(number).Slot]);

    /// <summary>The type of an event that was dealt a type: that one, or a further one that takes the event.</summary>
    public EventKind KindOf(long number, EventKind dealt)
    {
        if (!dealt.GivesWay) return dealt;
        foreach (var kind in further)
        {
            if (Takes(kind, number)) return kind;
        }

        return dealt;
    }

    /// <summary>Where in <see cref="EventKind.Weighted"/> the type that an event is dealt is, and how far from it that of the next one of the same deal.</summary>
    public (int Slot, int Stride) SlotOf(long number)
    {
        var slots = EventKind.Weighted.Length;
        var (deal, place) = Math.DivRem(number, slots);
        var draw = Draw.Of(seed, Purpose.EventKind, deal);
        var stride = Strides[draw.Below(slots - 1)];
        return ((int)(((place * stride) + draw.Below(slots)) % slots), stride);
    }

    /// <summary>The strides to draw from. One reaches every slot if it has no divisor in common with their number; for others, the next that has none stands.</summary>
    private static int[] StridesThrough(int slots)
    {
        return [.. Enumerable.Range(1, Math.Max(1, slots - 1)).Select(length => Enumerable.Range(length, slots).First(stride => Divisor(stride, slots) == 1))];

        static int Divisor(int a, int b) => b == 0 ? a : Divisor(b, a % b);
    }

    /// <summary>Whether a further type takes an event. What it takes does not depend on the other further types, so that one more leaves it alone.</summary>
    private bool Takes(EventKind kind, long number)
    {
        var (block, wanted) = Math.DivRem(number, BlockSize);
        var draw = Draw.Of(seed, Purpose.FurtherKind, block ^ (long)Draw.Hash(kind.Name));
        var (place, stride, left) = (draw.Below(BlockSize), 1 + (2 * draw.Below(BlockSize / 2)), kind.Weight);
        for (var seen = 0; seen < BlockSize && left > 0; seen++)
        {
            var givesWay = EventKind.Weighted[SlotOf((block * BlockSize) + place).Slot].GivesWay;
            if (givesWay && place == wanted) return true;
            if (givesWay) left--;
            place = (place + stride) % BlockSize;
        }

        return false;
    }
}
