using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Croct.Export.Http;
using Croct.Export.Json;
using Croct.Export.Models;

namespace Croct.Export;

/// <summary>The API, or something on the way to it, answered with another status than success.</summary>
public class ExportApiException : ExportException
{
    private const int ExcerptLength = 4 * 1024;

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

    /// <summary>The HTTP status of the answer.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>The problem document (RFC 9457) of the answer, or null when the body was none.</summary>
    /// <remarks>Older servers write <c>details</c> for <c>detail</c>: <see cref="ApiProblem.Detail"/> is set in both cases.</remarks>
    public ApiProblem? Problem { get; }

    /// <summary>How long the server asked to wait (<c>Retry-After</c>, in seconds or as a date), or null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The <c>X-Request-Id</c> of the answer, to be named when asking for help, or null.</summary>
    public string? RequestId { get; init; }

    /// <summary>The first 4 KiB of the body as text, whatever it was, HTML of a proxy included.</summary>
    public string Body { get; init; } = "";

    internal override bool IsTransient => (int)StatusCode is 408 or 429 or 500 or 502 or 503 or 504;

    internal static ExportApiException From(HttpResponseMessage response, ResponseBody body, string key, DateTimeOffset now)
    {
        // A server may quote the key in its answer: it ends here.
        string Redacted(string text) => Redaction.Redact(text, key);

        var problem = ReadProblem(body.Bytes.Span);

        // Written again, escapes that may have hidden the key are gone.
        if (problem is not null) problem = ReadProblem(Encoding.UTF8.GetBytes(Redacted(problem.ToJson())));
        var text = Redacted(body.Excerpt(body.Length));
        return new ExportApiException(Redacted(Describe(response, problem)), response.StatusCode, problem)
        {
            RetryAfter = Http.RetryAfter.From(response.Headers.RetryAfter, response.Headers.Date, now),
            RequestId = response.Headers.TryGetValues("X-Request-Id", out var ids) ? ForeignText.Excerpt(Redacted(string.Join(", ", ids))) : null,
            Body = text.Length <= ExcerptLength ? text : text.Substring(0, ExcerptLength),
        };
    }

    private static ApiProblem? ReadProblem(ReadOnlySpan<byte> body)
    {
        try
        {
            var problem = ModelReader.ReadDocument(body, ApiProblem.Read).Root;
            problem.Detail ??= problem.Details;
            return problem.Type is null && problem.Title is null && problem.Detail is null ? null : problem;
        }
        catch (JsonException)
        {
            // Not a problem document: the body as text says what it was.
            return null;
        }
    }

    private static string Describe(HttpResponseMessage response, ApiProblem? problem)
    {
        var status = string.Format(CultureInfo.InvariantCulture, "{0} {1}", (int)response.StatusCode, ForeignText.Excerpt(response.ReasonPhrase ?? "")).TrimEnd();
        if ((int)response.StatusCode is >= 300 and < 400)
        {
            var target = response.Headers.Location?.ToString() ?? "nowhere";
            return $"The Export API redirects to {target} ({status}); redirects are not followed, so that the API key stays with the configured address.";
        }

        if (problem is null) return $"The Export API answered {status}.";
        var message = $"The Export API answered {status}: {problem.Title ?? problem.Detail ?? "no title"}";
        if (problem.Title is not null && problem.Detail is not null) message += $" - {problem.Detail}";
        return problem.Type is null ? message : $"{message} ({problem.Type})";
    }
}
