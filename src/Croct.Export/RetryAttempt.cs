namespace Croct.Export;

/// <summary>An attempt that failed and will be made again: what <see cref="ExportClientOptions.OnRetry"/> is told of.</summary>
public sealed class RetryAttempt
{
    /// <summary>The operation of the API, such as <c>exportEvents</c>.</summary>
    public string Operation { get; init; } = "";

    /// <summary>Which attempt failed, from 1.</summary>
    public int Number { get; init; }

    /// <summary>How long the client waits before the next attempt.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Why it failed.</summary>
    public ExportException? Exception { get; init; }
}
