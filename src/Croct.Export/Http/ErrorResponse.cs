using System.Globalization;
using System.Text;
using System.Text.Json;
using Croct.Export.Json;
using Croct.Export.Models;

namespace Croct.Export.Http;

/// <summary>Creates the exception for a response whose status is not a success.</summary>
internal static class ErrorResponse
{
    private const int ExcerptLength = 4 * 1024;

    /// <param name="response">The response.</param>
    /// <param name="body">The body of the response, possibly truncated.</param>
    /// <param name="key">The API key, to redact it if the server quotes it.</param>
    /// <param name="now">The current time by the local clock.</param>
    /// <param name="maxRetryDelay">The maximum wait that a server may ask for; null if there are no retries.</param>
    public static ExportApiException Of(HttpResponseMessage response, ResponseBody body, string key, DateTimeOffset now, TimeSpan? maxRetryDelay)
    {
        string Redacted(string text) => Redaction.Redact(text, key);

        var problem = ReadProblem(body.Bytes.Span);

        // Rewriting the problem removes escapes, which may have hidden the key.
        if (problem is not null) problem = ReadProblem(Encoding.UTF8.GetBytes(Redacted(problem.ToJson())));
        var text = Redacted(body.Excerpt(body.Length));
        var wait = RetryAfter.From(response.Headers.RetryAfter, response.Headers.Date, now);
        var message = Describe(response, problem);
        if (wait > maxRetryDelay && ExportApiException.IsTransientStatus(response.StatusCode))
        {
            message += FormattableString.Invariant(
                $" The server asks to wait for {wait}, longer than {nameof(ExportClientOptions.MaxRetryDelay)} ({maxRetryDelay}).");
            message += " Try again later or raise the limit.";
        }

        return new ExportApiException(Redacted(message), response.StatusCode, problem)
        {
            RetryAfter = wait,
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
            // Not a problem document. The exception has the body as text.
            return null;
        }
    }

    private static string Describe(HttpResponseMessage response, ApiProblem? problem)
    {
        var reason = ForeignText.Excerpt(response.ReasonPhrase ?? "");
        var status = string.Format(CultureInfo.InvariantCulture, "{0} {1}", (int)response.StatusCode, reason).TrimEnd();
        if ((int)response.StatusCode is >= 300 and < 400)
        {
            return response.Headers.Location is { } target
                ? $"The Export API redirects to {target} ({status}); redirects are not followed, so that the API key stays with the configured address."
                : $"The Export API responded {status}, without data and without another address. A cache or proxy may have responded in its place.";
        }

        if (problem is null) return $"The Export API responded {status}.";

        // The title of the status and the type about:blank add nothing to the status (RFC 9457, 4.2.1).
        var text = string.Join(" - ", ((string?[])[problem.Title == reason ? null : problem.Title, problem.Detail]).Where(part => part is not null));
        var type = problem.Type is null or "about:blank" ? "" : $" ({problem.Type})";
        if (text.Length > 0) text = ": " + text;
        return text.Length + type.Length == 0 ? $"The Export API responded {status}." : $"The Export API responded {status}{text}{type}";
    }
}
