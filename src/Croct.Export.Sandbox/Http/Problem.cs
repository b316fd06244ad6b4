using System.Text.Json;

namespace Croct.Export.Sandbox.Http;

/// <summary>A problem document (RFC 9457).</summary>
internal sealed record Problem(int Status, string Type, string Title, string Detail)
{
    private const string Root = "https://croct.help/api/";
    private const int LongestInstance = 200;

    public static Problem InvalidApiKey { get; } = new(
        401, Root + "authentication/invalid-api-key", "Invalid API key", "The header X-Api-Key must be there once and hold a version 4 UUID.");

    public static Problem UnknownApiKey { get; } = new(
        401, Root + "authentication/unknown-api-key", "Unknown API key", "There is no such API key.");

    public static Problem QuotaExceeded { get; } = new(
        402, Root + "authentication/quota-exceeded", "Quota exceeded", "A fault that this sandbox was asked for.");

    public static Problem NoSuchPath { get; } = NotFound("There is no such path. Operations: /events, /session, /user, each with an id behind it or without.");

    public static Problem MethodNotAllowed { get; } = new(
        405, Root + "method-not-allowed", "Method not allowed", "Every operation of the Export API is a GET.");

    public static Problem RequestTimeout { get; } = Fault(408, "Request Timeout");

    public static Problem TooManyRequests { get; } = Fault(429, "Too Many Requests");

    public static Problem InternalError { get; } = Fault(500, "Internal Server Error");

    public static Problem InvalidInput(string detail) => new(400, Root + "invalid-input", "Invalid input", detail);

    public static Problem NotFound(string detail) => new(404, Root + "not-found", "Not found", detail);

    /// <summary>A problem that the status says all about, whose type is then about:blank (RFC 9457, 4.2.1).</summary>
    private static Problem Fault(int status, string title) => new(status, "about:blank", title, "A fault that this sandbox was asked for.");

    public void Write(Utf8JsonWriter writer, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, Type);
        writer.WriteString("title"u8, Title);
        writer.WriteNumber("status"u8, Status);
        writer.WriteString("detail"u8, Detail);
        writer.WriteString("instance"u8, path.Length <= LongestInstance ? path : path[..LongestInstance]);
        writer.WriteEndObject();
    }
}

/// <summary>Ends a request with a problem.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
