using System.Text.Json.Nodes;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Responses;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Faults;

/// <summary>A number that a fault can be given.</summary>
internal sealed record FaultSetting(string Key, string Meaning, int Default, int Least, int Most);

/// <summary>What a fault has at hand when it hits a request.</summary>
internal sealed record FaultHit(SandboxFault Fault, int Place, HttpContext Context, Draw Draw, TimeProvider Time)
{
    public int this[FaultSetting setting] => Fault.ValueOf(setting);
}

/// <summary>
/// A kind of fault: a name, a line for the documentation, and one function at the step at which it makes a response go wrong. The table of all
/// of them is the one place to add another.
/// </summary>
internal sealed class FaultKind(string name, string summary, params FaultSetting[] settings)
{
    private static readonly FaultSetting RetryAfter = new("retry-after", "seconds", 1, 0, 86_400);

    public static IReadOnlyList<FaultKind> All { get; } =
    [
        new("latency", "The response comes late.", Delays.Milliseconds, Delays.Jitter) { Delay = Delays.Latency },

        new("402", "402 with a problem document: the quota is exceeded.") { Reply = (response, hit) => response.Fail(Problem.QuotaExceeded, hit.Context.Request.Path) },
        new("403", "403 with a problem document: the key lacks the permission.") { Reply = (response, hit) => response.Fail(Problem.MissingPermission, hit.Context.Request.Path) },
        new("408", "408 with a problem document.") { Reply = (response, hit) => response.Fail(Problem.RequestTimeout, hit.Context.Request.Path) },
        new("429", "429 with Retry-After in seconds.", RetryAfter) { Reply = (response, hit) => Replies.RateLimit(response, hit, hit[RetryAfter].ToString(System.Globalization.CultureInfo.InvariantCulture)) },
        new("429-date", "429 with Retry-After as an HTTP date.", RetryAfter) { Reply = (response, hit) => Replies.RateLimit(response, hit, hit.Time.GetUtcNow().AddSeconds(hit[RetryAfter]).ToString("R")) },
        new("500", "500 with a problem document.") { Reply = (response, hit) => response.Fail(Problem.InternalError, hit.Context.Request.Path) },
        new("502", "502 with the HTML of a proxy.") { Reply = (response, _) => Replies.ProxyError(response, 502, "Bad Gateway") },
        new("503", "503 with an empty body.") { Reply = (response, _) => response.Reply(503, contentType: null, []) },
        new("504", "504 with the HTML of a proxy.") { Reply = (response, _) => Replies.ProxyError(response, 504, "Gateway Time-out") },
        new("empty-body", "200 with an empty body.") { Reply = (response, _) => response.Reply(200, "application/json", []) },
        new("not-json", "200 with a body that is not JSON.") { Reply = (response, _) => response.Reply(200, "application/json", "OK, but this is no JSON."u8) },
        new("redirect", "307 to the same path of another origin: localhost instead of 127.0.0.1, or the other way round.") { Reply = Replies.Redirect },
        new("bomb", "200 with a small gzip body that grows without end when decompressed.", Replies.Mebibytes) { Reply = Replies.Bomb },
        new("reset", "The connection is reset before the response.") { Deliver = (hit, _) => Deliveries.ResetAsync(hit) },

        new("short-page", "A page has fewer items than it could have; its cursor goes on behind them.", Pages.Most) { Shape = Pages.Shorten },
        new("large-page", "A page has more items than were asked for.", Pages.Extra) { Shape = Pages.Lengthen },
        new("empty-page", "A page before the end is empty, which a client takes for the end; its cursor is the place it was asked for.") { Shape = (page, _) => page.Most = 0 },
        new("repeated-cursor", "The nextCursor of a page is the cursor it was asked with.") { Shape = (page, _) => page.RepeatsCursor = true },
        new("duplicate-items", "The first items of a page stand in it twice.", Pages.Duplicates) { Shape = Pages.Duplicate },

        new("unknown-type", "The payload of one event of a page is of a type that nobody knows.") { Change = Changes.UnknownType },
        new("unknown-enum", "One enum value of a page is one that nobody knows; no effect on a page without enums.") { Change = Changes.UnknownEnum },
        new("unknown-field", "A page and each of its items have a field that nobody knows.") { Change = Changes.UnknownField },
        new("missing-field", "One item of a page lacks one of its fields, or one of theirs.") { Change = Changes.MissingField },
        new("wrong-type", "The time of one item of a page is a string instead of a number.") { Change = Changes.WrongType },

        new("content-type", "The right body, but declared as text/html.") { Deliver = Deliveries.WrongContentTypeAsync },
        new("cut", "The body ends early, and the connection with it.", Deliveries.BytesBefore) { Deliver = Deliveries.CutAsync },
        new("stall", "The body stops and nothing more comes, until the client gives up.", Deliveries.BytesBefore) { Deliver = Deliveries.StallAsync },
        new("reset-body", "The connection is reset in the middle of the body.", Deliveries.BytesBefore) { Deliver = Deliveries.ResetBodyAsync },
        new("trickle", "The body comes in small pieces with pauses between them.", Deliveries.PieceBytes, Deliveries.PauseMilliseconds) { Deliver = Deliveries.TrickleAsync },
    ];

    public string Name => name;

    public string Summary => summary;

    public IReadOnlyList<FaultSetting> Settings => settings;

    /// <summary>How long the request waits before anything is done about it.</summary>
    public Func<FaultHit, TimeSpan>? Delay { get; private init; }

    /// <summary>Gives a response of its own, before the API is asked.</summary>
    public Action<Response, FaultHit>? Reply { get; private init; }

    /// <summary>Changes how a page is put together.</summary>
    public Action<PageShape, FaultHit>? Shape { get; private init; }

    /// <summary>Changes the JSON of a page; gives false where there is nothing to change.</summary>
    public Func<JsonObject, FaultHit, bool>? Change { get; private init; }

    /// <summary>Sends the body, which may be compressed; the headers are set, but not sent.</summary>
    public Func<FaultHit, ReadOnlyMemory<byte>, Task>? Deliver { get; private init; }
}
