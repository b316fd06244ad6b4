using System.Collections;
using System.Reflection;
using Croct.Export.Sandbox;

namespace Croct.Export.Tests.Sandbox;

/// <summary>The set of the types of events that an export asks for. The contract has fewer than a set is made for; that one of more works is only seen from inside.</summary>
public class EventFilterTests
{
    private static readonly Type Kind = typeof(SandboxServer).Assembly.GetType("Croct.Export.Sandbox.Data.EventKind", throwOnError: true)!;
    private static readonly Type Filter = typeof(SandboxServer).Assembly.GetType("Croct.Export.Sandbox.Data.EventFilter", throwOnError: true)!;

    [TestCase(32, 0)]
    [TestCase(64, 0)]
    [TestCase(128, 64)]
    [TestCase(0, 32)]
    public void Distinguishes_types_however_many_there_are(int asked, int other)
    {
        var filter = FilterOf(asked);

        Assert.That((Matches(filter, asked), Matches(filter, other)), Is.EqualTo((true, false)));
        Assert.That(filter.ToString(), Is.Not.EqualTo(FilterOf(other).ToString()), "A cursor of one is not a cursor of the other.");
        Assert.That(filter, Is.Not.EqualTo(FilterOf(other)).And.EqualTo(FilterOf(asked)));
    }

    [Test]
    public void Is_the_same_in_whatever_order_types_are_requested() => Assert.That(FilterOf(3, 70), Is.EqualTo(FilterOf(70, 3, 3)));

    private static object FilterOf(params int[] numbers)
    {
        IList kinds = Array.CreateInstance(Kind, numbers.Length);
        for (var place = 0; place < numbers.Length; place++) kinds[place] = KindOf(numbers[place]);
        return Activator.CreateInstance(Filter, kinds)!;
    }

    private static bool Matches(object filter, int number) => (bool)Filter.GetMethod("Matches")!.Invoke(filter, [KindOf(number)])!;

    private static object KindOf(int number)
    {
        var kind = Activator.CreateInstance(Kind, BindingFlags.NonPublic | BindingFlags.Instance, binder: null, [$"type{number}", 1, null], culture: null)!;
        Kind.GetProperty("Number")!.SetValue(kind, number);
        return kind;
    }
}
