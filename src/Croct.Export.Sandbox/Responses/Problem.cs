using System.Text.Json;

namespace Croct.Export.Sandbox.Responses;

/// <summary>A problem document (RFC 9457).</summary>
internal sealed record Problem(int Status, string Type, string Title, string Detail)
{
    private const string Root = "https://croct.help/api/";
    private const string AskedFor = "This sandbox is configured to return this fault.";
    private const int MaxInstanceLength = 200;

    public static Problem InvalidApiKey { get; } = new(
        401,
        Root + "authentication/invalid-api-key",
        "The API key is invalid.",
        "The X-Api-Key header must be present exactly once and contain a version 4 UUID.");

    public static Problem UnknownApiKey { get; } = new(
        401, Root + "authentication/unknown-api-key", "The API key is unknown.", "There is no such API key.");

    public static Problem QuotaExceeded { get; } = new(
        402, Root + "authentication/quota-exceeded", "The usage quota has been exceeded.", AskedFor);

    public static Problem MissingPermission { get; } = Fault(403, "Forbidden");

    public static Problem NoPermission { get; } = Plain(403, "Forbidden", "The API key lacks the permission data_export for this stream.");

    public static Problem NoSuchPath { get; } = NotFound("There is no such path. Allowed: /events, /session and /user, each with or without an id.");

    public static Problem MethodNotAllowed { get; } = Plain(405, "Method Not Allowed", "All operations of the Export API use GET.");

    public static Problem RequestTimeout { get; } = Fault(408, "Request Timeout");

    public static Problem TooManyRequests { get; } = Fault(429, "Too Many Requests");

    public static Problem InternalError { get; } = Fault(500, "Internal Server Error");

    public static Problem InvalidInput(string detail) => new(400, Root + "invalid-input", "Invalid input", detail);

    public static Problem NotFound(string detail) => Plain(404, "Not Found", detail);

    private static Problem Fault(int status, string title) => Plain(status, title, AskedFor);

    /// <summary>A problem that needs no type of its own: the type is about:blank (RFC 9457, 4.2.1), and the title is that of the status.</summary>
    private static Problem Plain(int status, string title, string detail) => new(status, "about:blank", title, detail);

    public void Write(Utf8JsonWriter writer, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, Type);
        writer.WriteString("title"u8, Title);
        writer.WriteNumber("status"u8, Status);
        writer.WriteString("detail"u8, Detail);
        writer.WriteString("instance"u8, path.Length <= MaxInstanceLength ? path : path[..MaxInstanceLength]);
        writer.WriteEndObject();
    }
}

/// <summary>Ends a request with a problem.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
