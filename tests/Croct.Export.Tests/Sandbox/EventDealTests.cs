namespace Croct.Export.Tests.Sandbox;

/// <summary>How event types are assigned to events. The effect of types that are not handwritten only shows with a contract that has some.</summary>
public class EventDealTests
{
    private const int Block = 64;
    private const int Numbers = Block * 500;

    private static readonly Type Kind = Inside.TypeOf("Sandbox.Data.EventKind");

    [Test]
    public void Each_deal_contains_each_type_in_proportion_to_its_weight([Values(0, 1, 77)] int seed)
    {
        var weighted = ((Array)Inside.Value(Kind, "Weighted")!).Cast<object>().Select(GetName).Order().ToList();

        foreach (var deal in GetNames(seed).Chunk(weighted.Count).SkipLast(1)) Assert.That(deal.Order(), Is.EqualTo(weighted));
    }

    [Test]
    public void Every_slot_is_visited_whatever_their_number([Values(1, 2, 12, 64, 137, 138, 210)] int slots)
    {
        var strides = (int[])Inside.Call(Inside.TypeOf("Sandbox.Data.EventDeal"), "CreateStrides", slots)!;

        Assert.That(strides, Has.Length.EqualTo(Math.Max(1, slots - 1)).And.All.InRange(1, Math.Max(1, slots - 1)));
        foreach (var stride in strides)
            Assert.That(
                Enumerable.Range(0, slots).Select(index => index * stride % slots).Distinct().Count(), Is.EqualTo(slots), $"{stride}");
    }

    [TestCase(1)]
    [TestCase(5)]
    [TestCase(16)]
    public void An_additional_type_takes_its_weight_of_each_block_and_nothing_else_changes(int weight)
    {
        var (before, after) = (GetNames(3), GetNames(3, CreateKind("further", weight)));

        Assert.That(after.Chunk(Block).Select(block => block.Count(name => name == "further")), Has.All.EqualTo(weight));
        Assert.That(before.Zip(after).Where(pair => pair.First != pair.Second).Select(pair => pair.Second), Has.All.EqualTo("further"));
    }

    [Test]
    public void An_additional_type_replaces_no_event_that_is_counted_named_or_rare()
    {
        var taken = GetNames(3).Zip(GetNames(3, CreateKind("further", 16))).Where(pair => pair.Second == "further").Select(pair => pair.First).ToHashSet();

        Assert.That(taken.Overlaps(["pageOpened", "tabOpened", "orderPlaced", "checkoutStarted", "productAbandoned", "leadGenerated"]), Is.False);
        Assert.That(taken, Has.Count.GreaterThan(10));
    }

    [Test]
    public void Two_additional_types_affect_each_other_only_where_they_coincide()
    {
        var (one, other) = (CreateKind("one", 8), CreateKind("other", 8));
        var (both, withOne, withOther) = (GetNames(3, one, other), GetNames(3, one), GetNames(3, other));

        for (var number = 0; number < Numbers; number++)
        {
            Assert.That(both[number], Is.EqualTo(withOne[number]).Or.EqualTo("other"));
            Assert.That(both[number], Is.EqualTo(withOther[number]).Or.EqualTo("one"));
        }

        Assert.That(both.Count(name => name == "other"), Is.InRange(Numbers / Block * 6, Numbers / Block * 8));
    }

    private static string GetName(object kind) => (string)Inside.Value(kind, "Name")!;

    private static object CreateKind(string name, int weight) => Inside.New("Sandbox.Data.EventKind", name, weight, null);

    private static List<string> GetNames(int seed, params object[] further)
    {
        var deal = Inside.New("Sandbox.Data.EventDeal", seed, Inside.ArrayOf(Kind, further));
        return [.. Enumerable.Range(0, Numbers).Select(number => GetName(Inside.Call(deal, "GetKind", (long)number)!))];
    }
}
