using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Croct.Export.Http;

/// <summary>Explains why no response was received, and whether another attempt may succeed.</summary>
internal static class ConnectionFailure
{
    /// <param name="exception">The exception of the HTTP client.</param>
    /// <param name="address">The address of the request.</param>
    public static ExportException Of(Exception exception, Uri address)
    {
        var causes = new List<Exception>();
        for (var cause = exception; cause is not null; cause = cause.InnerException) causes.Add(cause);
        var reason = causes[causes.Count - 1].Message;

        if (causes.OfType<AuthenticationException>().Any())
        {
            return reason.IndexOf("remote certificate", StringComparison.OrdinalIgnoreCase) >= 0
                ? Failure($"its certificate is untrusted. {reason}")
                : Failure(
                    IsPlainText(reason)
                        ? "the server does not speak TLS there, or something in between breaks it"
                        : $"the secure connection failed. {reason}",
                    isTransient: true);
        }

        if (NeedsProxyPassword(causes)) return Failure("the proxy requires a user name and a password (407). Add them to the address of the proxy");
        if (causes.OfType<SocketException>().FirstOrDefault() is { } socket)
        {
            return IsUnknownHost(socket)
                ? Failure($"there is no host of that name. {reason}", isRetriedOnce: true)
                : Failure($"the connection failed. {reason}", isTransient: true);
        }

        return HasEnded(causes)
            ? new ExportException(
                $"The response of the Export API at {Authority(address)} is incomplete: the connection was closed before its end.", exception)
            {
                IsTransient = true,
            }
            : Failure($"the connection failed. {reason}", isTransient: true);

        ExportException Failure(string why, bool isTransient = false, bool isRetriedOnce = false) =>
            new($"The Export API at {Authority(address)} could not be reached: {why.TrimEnd('.')}.", exception)
            {
                IsTransient = isTransient,
                IsRetriedOnce = isRetriedOnce,
            };
    }

    private static string Authority(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>Whether the reason is that of .NET for a response to a handshake that is not TLS.</summary>
    private static bool IsPlainText(string reason) => reason.IndexOf("frame", StringComparison.OrdinalIgnoreCase) >= 0;

    private static bool IsUnknownHost(SocketException exception) => exception.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData;

#if NET
    private static bool NeedsProxyPassword(List<Exception> causes) =>
        causes.OfType<HttpRequestException>().Any(cause =>
            cause.StatusCode == HttpStatusCode.ProxyAuthenticationRequired
            || (cause.HttpRequestError == HttpRequestError.ProxyTunnelError && cause.Message.Contains("407", StringComparison.Ordinal)));

    private static bool HasEnded(List<Exception> causes) =>
        causes.OfType<HttpIOException>().Any(cause => cause.HttpRequestError == HttpRequestError.ResponseEnded)
        || causes.OfType<HttpRequestException>().Any(cause => cause.HttpRequestError == HttpRequestError.ResponseEnded);
#else
    private static bool NeedsProxyPassword(List<Exception> causes) => causes.Exists(cause => cause.Message.Contains("407"));

    private static bool HasEnded(List<Exception> causes) => causes.Exists(cause => cause.GetType().Name == "HttpIOException");
#endif
}
