namespace Croct.Export.Sandbox.Data;

/// <summary>
/// Assigns types to events. Each deal contains every type that is written by hand, as often as its weight says and in its own order, so that even a
/// rare type is never far away. The further types of the contract then take events from the deals: from every block of 64 events, as many as the
/// weight of the type.
/// </summary>
/// <param name="seed">The seed of the order.</param>
/// <param name="further">The types that are not written by hand.</param>
internal sealed class EventDeal(int seed, EventKind[] further)
{
    private const int BlockSize = 64;

    private static readonly int[] Strides = CreateStrides(EventKind.Weighted.Length);

    public EventKind GetKind(long number) => GetKind(number, EventKind.Weighted[GetSlot(number).Slot]);

    /// <summary>Returns the type of an event that was dealt a type: that type, or a further type that takes the event.</summary>
    public EventKind GetKind(long number, EventKind dealt)
    {
        if (!dealt.GivesWay) return dealt;
        foreach (var kind in further)
        {
            if (Takes(kind, number)) return kind;
        }

        return dealt;
    }

    /// <summary>
    /// Returns the index in <see cref="EventKind.Weighted"/> of the type that an event is dealt, and the distance to that of the next event in the
    /// same deal.
    /// </summary>
    public (int Slot, int Stride) GetSlot(long number)
    {
        var slots = EventKind.Weighted.Length;
        var (deal, place) = Math.DivRem(number, slots);
        var draw = Draw.Of(seed, Purpose.EventKind, deal);
        var stride = Strides[draw.Below(slots - 1)];
        return ((int)(((place * stride) + draw.Below(slots)) % slots), stride);
    }

    /// <summary>
    /// Returns the strides to draw from. A stride reaches every slot if it is coprime to the number of slots. Any other is replaced by the next one
    /// that is.
    /// </summary>
    private static int[] CreateStrides(int slots)
    {
        return
        [
            .. Enumerable.Range(1, Math.Max(1, slots - 1))
                .Select(length => Enumerable.Range(length, slots).First(stride => Divisor(stride, slots) == 1)),
        ];

        static int Divisor(int a, int b) => b == 0 ? a : Divisor(b, a % b);
    }

    /// <summary>Returns whether a further type takes an event. This does not depend on other further types, so that adding one changes nothing.</summary>
    private bool Takes(EventKind kind, long number)
    {
        var (block, wanted) = Math.DivRem(number, BlockSize);
        var draw = Draw.Of(seed, Purpose.FurtherKind, block ^ (long)Draw.Hash(kind.Name));
        var (place, stride, left) = (draw.Below(BlockSize), 1 + (2 * draw.Below(BlockSize / 2)), kind.Weight);
        for (var seen = 0; seen < BlockSize && left > 0; seen++)
        {
            var givesWay = EventKind.Weighted[GetSlot((block * BlockSize) + place).Slot].GivesWay;
            if (givesWay && place == wanted) return true;
            if (givesWay) left--;
            place = (place + stride) % BlockSize;
        }

        return false;
    }
}
