using System.Text.Json.Nodes;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Responses;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Faults;

/// <summary>A numeric setting of a fault.</summary>
internal sealed record FaultSetting(string Key, string Meaning, int Default, int Min, int Max);

/// <summary>A fault that hits a request, with what it needs to take effect.</summary>
internal sealed record FaultHit(SandboxFault Fault, int Index, HttpContext Context, Draw Draw, TimeProvider Time)
{
    public int this[FaultSetting setting] => Fault.GetValue(setting);
}

/// <summary>
/// A kind of fault: a name, a line for the documentation, and one function for the step at which it takes effect. To add a kind, add it to
/// <see cref="All"/>.
/// </summary>
internal sealed class FaultKind(string name, string summary, params FaultSetting[] settings)
{
    private static readonly FaultSetting RetryAfter = new("retry-after", "seconds", 1, 0, 86_400);

    public static IReadOnlyList<FaultKind> All { get; } =
    [
        new("latency", "The response is delayed.", Delays.Milliseconds, Delays.Jitter) { Delay = Delays.Latency },

        new("402", "402 with a problem document: the quota is exceeded.")
        {
            Reply = (response, hit) => response.Fail(Problem.QuotaExceeded, hit.Context.Request.Path),
        },
        new("403", "403 with a problem document: the key lacks the permission.")
        {
            Reply = (response, hit) => response.Fail(Problem.MissingPermission, hit.Context.Request.Path),
        },
        new("408", "408 with a problem document.") { Reply = (response, hit) => response.Fail(Problem.RequestTimeout, hit.Context.Request.Path) },
        new("429", "429 with Retry-After in seconds.", RetryAfter)
        {
            Reply = (response, hit) => Replies.RateLimit(
                response, hit, hit[RetryAfter].ToString(System.Globalization.CultureInfo.InvariantCulture)),
        },
        new("429-date", "429 with Retry-After as an HTTP date.", RetryAfter)
        {
            Reply = (response, hit) => Replies.RateLimit(response, hit, hit.Time.GetUtcNow().AddSeconds(hit[RetryAfter]).ToString("R")),
        },
        new("500", "500 with a problem document.") { Reply = (response, hit) => response.Fail(Problem.InternalError, hit.Context.Request.Path) },
        new("502", "502 with the HTML error page of a proxy.") { Reply = (response, _) => Replies.ProxyError(response, 502, "Bad Gateway") },
        new("503", "503 with an empty body.") { Reply = (response, _) => response.Reply(503, contentType: null, []) },
        new("504", "504 with the HTML error page of a proxy.") { Reply = (response, _) => Replies.ProxyError(response, 504, "Gateway Time-out") },
        new("empty-body", "200 with an empty body.") { Reply = (response, _) => response.Reply(200, "application/json", []) },
        new("not-json", "200 with a body that is not JSON.")
        {
            Reply = (response, _) => response.Reply(200, "application/json", "OK, but this is not JSON."u8),
        },
        new("redirect", "307 to the same path on another origin: localhost instead of 127.0.0.1, or vice versa.") { Reply = Replies.Redirect },
        new("bomb", "200 with a small gzip body that becomes huge when decompressed.", Replies.Mebibytes) { Reply = Replies.Bomb },
        new("reset", "The connection is reset before the response.") { Deliver = (hit, _) => Deliveries.ResetAsync(hit) },

        new("short-page", "A page has fewer items than it could have; its nextCursor continues after them.", Pages.ItemCount) { Shape = Pages.Shorten },
        new("large-page", "A page has more items than requested.", Pages.Extra) { Shape = Pages.Lengthen },
        new("empty-page", "A page before the end is empty, which a client takes for the end; its nextCursor is the position that was requested.")
        {
            Shape = (page, _) => page.MaxItems = 0,
        },
        new("repeated-cursor", "The nextCursor of a page is the cursor that it was requested with.")
        {
            Shape = (page, _) => page.RepeatsCursor = true,
        },
        new("duplicate-items", "The first items of a page are in it twice.", Pages.Duplicates) { Shape = Pages.Duplicate },

        new("unknown-type", "The payload of one event of a page has an unknown type.") { Change = Changes.UnknownType },
        new("unknown-enum", "One enum value of a page is unknown; no effect on a page without enums.") { Change = Changes.UnknownEnum },
        new("unknown-field", "A page and each of its items have an unknown field.") { Change = Changes.UnknownField },
        new("missing-field", "One item of a page lacks one of its fields, at any depth.") { Change = Changes.MissingField },
        new("wrong-type", "The time of one item of a page is a string instead of a number.") { Change = Changes.WrongType },

        new("content-type", "The correct body, but declared as text/html.") { Deliver = Deliveries.WrongContentTypeAsync },
        new("cut", "The body ends early, and the connection is closed.", Deliveries.BytesSent) { Deliver = Deliveries.CutAsync },
        new("stall", "The body stops, and nothing more is sent until the client gives up.", Deliveries.BytesSent)
        {
            Deliver = Deliveries.StallAsync,
        },
        new("reset-body", "The connection is reset in the middle of the body.", Deliveries.BytesSent) { Deliver = Deliveries.ResetBodyAsync },
        new("trickle", "The body is sent in small pieces with pauses between them.", Deliveries.PieceBytes, Deliveries.PauseMilliseconds)
        {
            Deliver = Deliveries.TrickleAsync,
        },
    ];

    public string Name => name;

    public string Summary => summary;

    public IReadOnlyList<FaultSetting> Settings => settings;

    /// <summary>Returns how long the request waits before it is processed.</summary>
    public Func<FaultHit, TimeSpan>? Delay { get; private init; }

    /// <summary>Sets a response instead of calling the API.</summary>
    public Action<Response, FaultHit>? Reply { get; private init; }

    /// <summary>Changes how a page is composed.</summary>
    public Action<PageShape, FaultHit>? Shape { get; private init; }

    /// <summary>Changes the JSON of a page; returns false if there is nothing to change.</summary>
    public Func<JsonObject, FaultHit, bool>? Change { get; private init; }

    /// <summary>Sends the body, which may be compressed. The headers are set, but not sent yet.</summary>
    public Func<FaultHit, ReadOnlyMemory<byte>, Task>? Deliver { get; private init; }
}
