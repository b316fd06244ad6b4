using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Http;

/// <summary>A problem document (RFC 9457).</summary>
internal sealed record Problem(int Status, string Type, string Title, string Detail)
{
    private const string Root = "https://croct.help/api/";

    public static Problem InvalidApiKey { get; } = new(
        401, Root + "authentication/invalid-api-key", "Invalid API key", "The header X-Api-Key must hold a version 4 UUID.");

    public static Problem UnknownApiKey { get; } = new(
        401, Root + "authentication/unknown-api-key", "Unknown API key", "There is no such API key.");

    public static Problem InvalidInput(string detail) => new(400, Root + "invalid-input", "Invalid input", detail);

    public static Problem NotFound(string detail) => new(404, Root + "not-found", "Not found", detail);

    public static Problem MethodNotAllowed { get; } = new(
        405, Root + "method-not-allowed", "Method not allowed", "Every operation of the Export API is a GET.");

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/problem+json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        writer.WriteString("title", Title);
        writer.WriteNumber("status", Status);
        writer.WriteString("detail", Detail);
        writer.WriteString("instance", context.Request.Path.ToUriComponent());
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}

/// <summary>Ends a request with a problem.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
