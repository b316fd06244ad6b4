using System.Net;

namespace Croct.Export.Cli.Commands;

/// <summary>What whoever sees a failure can do about it.</summary>
internal static class Hints
{
    /// <summary>A sentence to put behind the message; nothing where there is none.</summary>
    public static string Of(Exception exception) => exception switch
    {
        ExportApiException { StatusCode: HttpStatusCode.Unauthorized } => $" Check {ConnectionOptions.KeyNames}.",
        ExportException { InnerException: TimeoutException } => " Pass a longer --timeout.",
        ExportException { InnerException: HttpRequestException } => " Check the network and --base-address.",
        _ => "",
    };
}
