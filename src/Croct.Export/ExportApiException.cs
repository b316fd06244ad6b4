using System.Net;
using Croct.Export.Models;

namespace Croct.Export;

/// <summary>The API, or something on the way to it, responded with another status than success.</summary>
public class ExportApiException : ExportException
{
    /// <summary>Makes one, as tests of a caller's error handling need it.</summary>
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
    /// <remarks>Older servers write <c>details</c> for <c>detail</c>: <see cref="ApiProblem.Detail"/> is set in both cases.</remarks>
    public ApiProblem? Problem { get; }

    /// <summary>How long the server asked to wait (<c>Retry-After</c>, in seconds or as a date), or null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The <c>X-Request-Id</c> of the response, to be named when asking for help, or null.</summary>
    public string? RequestId { get; init; }

    /// <summary>The first 4 KiB of the body as text, whatever it was, HTML of a proxy included.</summary>
    public string Body { get; init; } = "";

    /// <inheritdoc/>
    /// <remarks>The statuses 408, 425, 429, and all from 500 to 599 but 501 and 505.</remarks>
    public override bool IsTransient => IsTransientStatus(StatusCode);

    internal static bool IsTransientStatus(HttpStatusCode status) => (int)status is 408 or 425 or 429 or (>= 500 and <= 599 and not (501 or 505));
}
