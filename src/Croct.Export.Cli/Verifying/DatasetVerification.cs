using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Verifying;

/// <summary>Verifies one dataset, and repairs it if asked to.</summary>
/// <param name="openExportAsync">Prepares an export that continues it, unless it may still change; null to repair nothing.</param>
/// <param name="result">Receives what is found.</param>
internal abstract class DatasetVerification(
    Func<CancellationToken, Task<(ExportClient Client, StreamExport Export)?>>? openExportAsync, DatasetResult result)
{
    protected const string Unsettled = "unsettled";

    protected bool IsRepair => openExportAsync is not null;

    protected DatasetResult Result => result;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await VerifyAsync(cancellationToken);
            result.IsVerified = true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ExportException or UsageException
            or IOException or UnauthorizedAccessException)
        {
            result.Failure = exception;
        }
    }

    protected abstract Task VerifyAsync(CancellationToken cancellationToken);

    /// <summary>Exports up to the end of the data. Returns why not; null if it did.</summary>
    protected async Task<Problem?> ExportAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await openExportAsync!(cancellationToken) is not { } open)
            {
                return new Problem(Unsettled, Part: null, "The slice has not ended, or ended less than --settle ago: left for later.");
            }

            await using var export = open.Export;
            var failure = await export.RunAsync(open.Client, cancellationToken);
            result.RepairedRows += export.Destination.Kept.Rows;
            return failure is null ? null : throw failure;
        }
        catch (UsageException exception)
        {
            // The data is not as it was written.
            return new Problem("not-exported", Part: null, exception.Message);
        }
    }
}
