using System.Diagnostics;
using NUnit.Framework.Internal;

namespace Croct.Export.Tests.Limits;

/// <summary>No test can hang: tests that would run forever are ended.</summary>
public class LimitEachTestAttributeTests
{
    [Test]
    public async Task A_test_that_awaits_forever_fails() =>
        Assert.That(await GetFailureAsync(nameof(Hanging.Awaits)), Is.EqualTo("It did not end within its limit of 0.1 s. No command was running."));

    [Test]
    public async Task A_test_that_computes_forever_fails()
    {
        Assert.That(await GetFailureAsync(nameof(Hanging.Computes)), Is.EqualTo("It did not end within its limit of 0.1 s. No command was running."));
        Hanging.IsOver = true;
    }

    [Test]
    [Platform("Unix")]
    public async Task A_test_that_waits_forever_for_a_command_fails_and_names_it() =>
        Assert.That(
            await GetFailureAsync(nameof(Hanging.Runs)),
            Does.StartWith("It did not end within its limit of 0.1 s. Still running, and killed: sleep 600 in "));

    private static async Task<string> GetFailureAsync(string name)
    {
        var test = new TestMethod(new MethodWrapper(typeof(Hanging), name));
        test.Properties.Set("Timeout", 100);
        new LimitEachTestAttribute().ApplyToTest(test);

        return (await Assert.ThrowsAsync<AssertionException>(() => (Task)test.Method!.Invoke(null, null)!))!.Message;
    }

    /// <summary>Methods with the shapes of test methods.</summary>
    private static class Hanging
    {
        public static volatile bool IsOver;

        public static Task Awaits() => new TaskCompletionSource().Task;

        public static async Task Computes()
        {
            while (!IsOver) Thread.SpinWait(100);
            await Task.CompletedTask;
        }

        public static async Task Runs() =>
            await Command.RunAsync(new ProcessStartInfo("sleep", ["600"]) { RedirectStandardOutput = true, RedirectStandardError = true });
    }
}
