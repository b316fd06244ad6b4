namespace Croct.Export.Tests.Proof;

/// <summary>The exceptions of tasks that nobody looked at, from when it is made.</summary>
internal sealed class UnobservedExceptions : IDisposable
{
    private readonly List<Exception> _exceptions = [];

    public UnobservedExceptions()
    {
        // What earlier tests left behind is not of interest here.
        Collect();
        TaskScheduler.UnobservedTaskException += Keep;
    }

    /// <summary>All so far: tasks tell when they are collected, which happens here.</summary>
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
