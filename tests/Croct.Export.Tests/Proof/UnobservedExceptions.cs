namespace Croct.Export.Tests.Proof;

/// <summary>Collects the unobserved exceptions of tasks from its creation on.</summary>
internal sealed class UnobservedExceptions : IDisposable
{
    private readonly List<Exception> _exceptions = [];

    public UnobservedExceptions()
    {
        // Discards the leftovers of earlier tests.
        Collect();
        TaskScheduler.UnobservedTaskException += Keep;
    }

    /// <summary>All exceptions so far. Tasks report them when they are collected, which this method triggers.</summary>
    public IReadOnlyList<Exception> All()
    {
        Collect();
        lock (_exceptions) return [.. _exceptions];
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= Keep;

    private static void Collect()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private void Keep(object? sender, UnobservedTaskExceptionEventArgs arguments)
    {
        lock (_exceptions) _exceptions.Add(arguments.Exception);
    }
}
