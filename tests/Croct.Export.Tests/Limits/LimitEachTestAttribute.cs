using System.Diagnostics;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

[assembly: Croct.Export.Tests.Limits.LimitEachTest]

namespace Croct.Export.Tests.Limits;

/// <summary>
/// Fails a test that runs longer than its limit, whether it awaits or computes. The limit is two minutes, fifteen for a long proof, or that of its
/// <see cref="CancelAfterAttribute"/>, next to the reason. On .NET, NUnit itself only cancels a token, and its Timeout is an error.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class LimitEachTestAttribute : Attribute, IApplyToTest
{
    private const string Limit = "Timeout";
    private const int DefaultMilliseconds = 120_000;

    /// <summary>For long proofs, which repeat hundreds or thousands of times what other tests do once.</summary>
    private const int LongMilliseconds = 900_000;

    /// <summary>The time a test has to end once its commands are killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    public void ApplyToTest(Test test)
    {
        foreach (var child in test.Tests.OfType<Test>()) ApplyToTest(child);
        if (test is not TestMethod) return;
        if (!test.Properties.ContainsKey(Limit)) test.Properties.Set(Limit, IsLong(test) ? LongMilliseconds : DefaultMilliseconds);
        test.Properties.Set("UseCancellation", true);
        test.Method = new LimitedMethod(test.Method!, TimeSpan.FromMilliseconds((int)test.Properties.Get(Limit)!));
    }

    private static bool IsLong(ITest? test) => test is not null && (test.Properties["Category"].Contains("Long") || IsLong(test.Parent));

    private sealed class LimitedMethod(IMethodInfo method, TimeSpan limit) : MethodWrapper(method.TypeInfo.Type, method.MethodInfo), IMethodInfo
    {
        object? IMethodInfo.Invoke(object? fixture, params object?[]? args)
        {
            if (Debugger.IsAttached) return Invoke(fixture, args);

            // On its own thread, as a test may loop before it awaits.
            var end = EndAsync(Task.Factory.StartNew(
                () => Invoke(fixture, args), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            if (MethodInfo.ReturnType != typeof(void)) return end;
            end.GetAwaiter().GetResult();
            return null;
        }

        private async Task EndAsync(Task<object?> started)
        {
            var test = TestAsync();
            try
            {
                await test.WaitAsync(limit);
            }
            catch (TimeoutException) when (!test.IsCompleted)
            {
                var killed = Command.KillAll(TestContext.CurrentContext.Test.ID);
                if (killed.Count > 0) await Task.WhenAny(test, Task.Delay(Grace, TestContext.CurrentContext.CancellationToken));
                var commands = killed.Count == 0 ? "No command was running." : $"Still running, and killed: {string.Join("; ", killed)}";
                throw new AssertionException($"It did not end within its limit of {limit.TotalSeconds} s. {commands}");
            }

            async Task TestAsync()
            {
                if (await started is Task task) await task;
            }
        }
    }
}
