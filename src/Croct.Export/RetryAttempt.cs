namespace Croct.Export;

/// <summary>A failed attempt that will be retried: the argument of <see cref="ExportClientOptions.OnRetry"/>.</summary>
public sealed class RetryAttempt
{
    /// <summary>The API operation, such as <c>exportEvents</c>.</summary>
    public string Operation { get; init; } = "";

    /// <summary>The number of the failed attempt, starting at 1.</summary>
    public int Number { get; init; }

    /// <summary>How long the client waits before the next attempt.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Why the attempt failed.</summary>
    public ExportException? Exception { get; init; }
}
