using System.Net;

namespace Croct.Export.Cli;

/// <summary>What scripts and schedulers see; part of the documented face of the tool.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;

    /// <summary>The API refused the key, the plan or the permission: trying again changes nothing.</summary>
    public const int Refused = 3;

    /// <summary>The network or the API did not work for now: trying again later may do.</summary>
    public const int GaveUp = 4;

    /// <summary>A local file could not be read or written.</summary>
    public const int Disk = 5;

    public const int Interrupted = 130;
    public const int Terminated = 143;

    /// <summary>Of several, the first of these is the one of the run: what has to be mended by hand comes before what passes.</summary>
    private static readonly int[] Precedence = [WrongUsage, Refused, Disk, Failed, GaveUp];

    /// <summary>The exit code of several failures; that of success if there is none.</summary>
    public static int Of(IReadOnlyCollection<int> codes) => Precedence.FirstOrDefault(codes.Contains, Done);

    /// <summary>The exit code of a failure, by its cause.</summary>
    public static int Of(Exception failure) => failure switch
    {
        UsageException or ArgumentException => WrongUsage,
        ExportApiException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.PaymentRequired or HttpStatusCode.Forbidden } => Refused,
        ExportApiException { StatusCode: >= HttpStatusCode.InternalServerError } or ExportException { IsTransient: true } => GaveUp,
        ExportException { InnerException: HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } } => GaveUp,
        IOException gone when IsReaderGone(gone) => Failed,

        // A port of the sandbox that is taken.
        IOException { InnerException: InvalidOperationException } => Failed,
        IOException or UnauthorizedAccessException => Disk,
        _ => Failed,
    };

    /// <summary>The word for a cause in the report.</summary>
    public static string KindOf(Exception failure) => Of(failure) switch
    {
        WrongUsage => "usage",
        Refused => "refused",
        GaveUp => "gave-up",
        Disk => "disk",
        _ => "failed",
    };

    /// <summary>Whether a pipe is closed at its other end, which says nothing about a disk.</summary>
    private static bool IsReaderGone(IOException exception)
    {
        const int BrokenPipe = 32;
        const int BrokenPipeOfWindows = unchecked((int)0x8007006D);
        return exception.HResult == (OperatingSystem.IsWindows() ? BrokenPipeOfWindows : BrokenPipe);
    }
}
