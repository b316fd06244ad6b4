using System.Net;
using Croct.Export.Models;

namespace Croct.Export;

/// <summary>The API, or an intermediary such as a proxy, responded with a status other than success.</summary>
public class ExportApiException : ExportException
{
    /// <summary>Creates an exception, for tests of your own error handling.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="statusCode">The HTTP status.</param>
    /// <param name="problem">The problem document, if there was one.</param>
    public ExportApiException(string message, HttpStatusCode statusCode, ApiProblem? problem = null)
        : base(message)
    {
        StatusCode = statusCode;
        Problem = problem;
    }

    /// <summary>The HTTP status of the response.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>The problem document (RFC 9457) of the response, or null if the body was not one.</summary>
    /// <remarks>Older servers send <c>details</c> instead of <c>detail</c>: <see cref="ApiProblem.Detail"/> is set either way.</remarks>
    public ApiProblem? Problem { get; }

    /// <summary>How long the server asked the client to wait (<c>Retry-After</c>, in seconds or as a date); null if it did not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The <c>X-Request-Id</c> of the response, to quote in a support request; null if it had none.</summary>
    public string? RequestId { get; init; }

    /// <summary>The first 4 KiB of the body as text, whatever its format, including HTML from a proxy.</summary>
    public string Body { get; init; } = "";

    /// <inheritdoc/>
    /// <remarks>True for the statuses 408, 425, 429, and 500 to 599 except 501 and 505.</remarks>
    public override bool IsTransient => IsTransientStatus(StatusCode);

    internal static bool IsTransientStatus(HttpStatusCode status) => (int)status is 408 or 425 or 429 or (>= 500 and <= 599 and not (501 or 505));
}
