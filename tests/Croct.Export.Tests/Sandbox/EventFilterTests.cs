using System.Collections;
using System.Reflection;
using Croct.Export.Sandbox;

namespace Croct.Export.Tests.Sandbox;

/// <summary>
/// The set of event types that an export asks for. A set supports more types than the contract has, which can only be tested through internals.
/// </summary>
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
        var filter = CreateFilter(asked);

        Assert.That((Matches(filter, asked), Matches(filter, other)), Is.EqualTo((true, false)));
        Assert.That(filter.ToString(), Is.Not.EqualTo(CreateFilter(other).ToString()), "A cursor of one is not a cursor of the other.");
        Assert.That(filter, Is.Not.EqualTo(CreateFilter(other)).And.EqualTo(CreateFilter(asked)));
    }

    [Test]
    public void Is_the_same_in_whatever_order_types_are_requested() => Assert.That(CreateFilter(3, 70), Is.EqualTo(CreateFilter(70, 3, 3)));

    private static object CreateFilter(params int[] numbers)
    {
        IList kinds = Array.CreateInstance(Kind, numbers.Length);
        for (var index = 0; index < numbers.Length; index++) kinds[index] = CreateKind(numbers[index]);
        return Activator.CreateInstance(Filter, kinds)!;
    }

    private static bool Matches(object filter, int number) => (bool)Filter.GetMethod("Matches")!.Invoke(filter, [CreateKind(number)])!;

    private static object CreateKind(int number)
    {
        var kind = Activator.CreateInstance(Kind, BindingFlags.NonPublic | BindingFlags.Instance, binder: null, [$"type{number}", 1, null], culture: null)!;
        Kind.GetProperty("Number")!.SetValue(kind, number);
        return kind;
    }
}
