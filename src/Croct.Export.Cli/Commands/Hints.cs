using System.CommandLine;
using System.Net;
using System.Text.Json;

namespace Croct.Export.Cli.Commands;

/// <summary>What whoever sees a failure can do about it.</summary>
internal static class Hints
{
    /// <summary>A sentence to put behind the message; nothing where there is none.</summary>
    public static string Of(Exception exception, ParseResult parsed) => exception switch
    {
        ExportApiException { StatusCode: HttpStatusCode.Unauthorized } => $" Check {ConnectionOptions.KeyNames}.",
        ExportException { InnerException: TimeoutException } => " Pass a longer --timeout.",
        ExportException { InnerException: HttpRequestException } => " Check the network and --base-address.",
        ExportException { InnerException: JsonException } when CanSetAside(parsed) && exception.Message.Contains("Path 'items[", StringComparison.Ordinal) =>
            " With --reject-file FILE, items that cannot be read are set aside.",
        _ => "",
    };

    private static bool CanSetAside(ParseResult parsed) =>
        parsed.GetResult("--format") is not null && parsed.GetValue<string>("--format") != "ndjson" && parsed.GetValue<string?>("--reject-file") is null;
}
