using System.Net;

namespace Croct.Export.Cli;

/// <summary>The exit codes of the tool. They are documented for scripts and schedulers.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;

    /// <summary>The API or the store refused the key, the quota or the permission. Retrying does not help.</summary>
    public const int Refused = 3;

    /// <summary>The network, the API or the store failed temporarily. A later run may succeed.</summary>
    public const int GaveUp = 4;

    /// <summary>A local file could not be read or written.</summary>
    public const int Disk = 5;

    public const int Interrupted = 130;
    public const int Terminated = 143;

    /// <summary>The order in which the codes of several failures take precedence: failures to fix by hand come before temporary ones.</summary>
    private static readonly int[] Precedence = [WrongUsage, Refused, Disk, Failed, GaveUp];

    /// <summary>The exit code of a run, given those of its failures; <see cref="Done"/> if there are none.</summary>
    public static int Of(IReadOnlyCollection<int> codes) => Precedence.FirstOrDefault(codes.Contains, Done);

    /// <summary>The exit code of a failure.</summary>
    public static int Of(Exception failure) => failure switch
    {
        UsageException or ArgumentException => WrongUsage,
        ExportApiException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.PaymentRequired or HttpStatusCode.Forbidden } => Refused,
        ExportApiException { StatusCode: >= HttpStatusCode.InternalServerError } or ExportException { IsTransient: true } => GaveUp,
        ExportException { InnerException: HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } } => GaveUp,
        StoreException { Failure: StoreFailure.Temporary } => GaveUp,
        StoreException { Failure: StoreFailure.Refused } => Refused,
        StoreException { Failure: StoreFailure.Other } => Failed,
        IOException gone when IsReaderGone(gone) => Failed,

        // The sandbox's port is in use.
        IOException { InnerException: InvalidOperationException } => Failed,
        IOException or UnauthorizedAccessException => Disk,
        _ => Failed,
    };

    /// <summary>The <c>kind</c> of a failure in the report.</summary>
    public static string GetKind(Exception failure) => Of(failure) switch
    {
        WrongUsage => "usage",
        Refused => "refused",
        GaveUp => "gave-up",
        Disk => "disk",
        _ => "failed",
    };

    /// <summary>Whether the reader has closed the pipe, which is not a disk error.</summary>
    private static bool IsReaderGone(IOException exception)
    {
        const int BrokenPipe = 32;
        const int BrokenPipeOfWindows = unchecked((int)0x8007006D);
        return exception.HResult == (OperatingSystem.IsWindows() ? BrokenPipeOfWindows : BrokenPipe);
    }
}
