using Microsoft.Extensions.Logging;

namespace Croct.Export.DependencyInjection;

/// <summary>Logs the attempts that failed and will be made again.</summary>
internal static partial class RetryLog
{
    public static void AddTo(ExportClientOptions options, ILogger<ExportClient> logger)
    {
        var onRetry = options.OnRetry;
        options.OnRetry = attempt =>
        {
            Retry(logger, attempt.Number, attempt.Operation, attempt.Delay, attempt.Exception?.Message);
            onRetry?.Invoke(attempt);
        };
    }

    [LoggerMessage(1, LogLevel.Warning, "Attempt {Number} of {Operation} failed and is made again in {Delay}: {Reason}", EventName = "Retry")]
    private static partial void Retry(ILogger logger, int number, string operation, TimeSpan delay, string? reason);
}
