using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Croct.Export.DependencyInjection;

/// <summary>Logs failed attempts that will be retried.</summary>
internal sealed partial class RetryLogger(ILogger<ExportClient> logger) : IPostConfigureOptions<ExportClientOptions>
{
    public void PostConfigure(string? name, ExportClientOptions options)
    {
        var onRetry = options.OnRetry;
        options.OnRetry = attempt =>
        {
            Retry(logger, attempt.Number, attempt.Operation, attempt.Delay, attempt.Exception?.Message);
            onRetry?.Invoke(attempt);
        };
    }

    [LoggerMessage(1, LogLevel.Warning, "Attempt {Number} of {Operation} failed and will be retried in {Delay}: {Reason}", EventName = "Retry")]
    private static partial void Retry(ILogger logger, int number, string operation, TimeSpan delay, string? reason);
}
