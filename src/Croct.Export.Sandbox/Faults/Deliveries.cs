using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Faults;

/// <summary>Faults in the delivery of a response.</summary>
internal static class Deliveries
{
    public static readonly FaultSetting BytesSent = new("byte", "bytes of the body sent first, at most all but one", 200, 0, int.MaxValue);
    public static readonly FaultSetting PieceBytes = new("bytes", "bytes per piece", 1024, 1, 1024 * 1024);
    public static readonly FaultSetting PauseMilliseconds = new("ms", "milliseconds between pieces", 10, 0, 60_000);

    public static Task WrongContentTypeAsync(FaultHit hit, ReadOnlyMemory<byte> body)
    {
        hit.Context.Response.ContentType = "text/html";
        return SendAsync(hit.Context, body);
    }

    /// <summary>
    /// Sends less than Content-Length says, after which the server closes the connection. Without a body, it is closed before the response.
    /// </summary>
    public static async Task CutAsync(FaultHit hit, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty) hit.Context.Abort();
        else await SendBeginningAsync(hit, body).ConfigureAwait(false);
    }

    public static async Task StallAsync(FaultHit hit, ReadOnlyMemory<byte> body)
    {
        await SendBeginningAsync(hit, body).ConfigureAwait(false);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = hit.Context.RequestAborted.Register(left.SetResult).ConfigureAwait(false);
        await left.Task.ConfigureAwait(false);
    }

    public static async Task ResetBodyAsync(FaultHit hit, ReadOnlyMemory<byte> body)
    {
        await SendBeginningAsync(hit, body).ConfigureAwait(false);
        await ResetAsync(hit).ConfigureAwait(false);
    }

    /// <summary>Closes the socket without lingering, so that the client receives a reset instead of an orderly close.</summary>
    public static Task ResetAsync(FaultHit hit)
    {
        if (hit.Context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket) socket.LingerState = new LingerOption(enable: true, seconds: 0);
        hit.Context.Abort();
        return Task.CompletedTask;
    }

    public static async Task TrickleAsync(FaultHit hit, ReadOnlyMemory<byte> body)
    {
        var (size, pause) = (hit[PieceBytes], TimeSpan.FromMilliseconds(hit[PauseMilliseconds]));
        for (var sent = 0; sent < body.Length; sent += size)
        {
            if (sent > 0) await Task.Delay(pause, hit.Time, hit.Context.RequestAborted).ConfigureAwait(false);
            await SendAsync(hit.Context, body.Slice(sent, Math.Min(size, body.Length - sent))).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Always holds something back: once a client has the whole response, nothing after it matters. If there is no body, nothing is sent at all.
    /// </summary>
    private static Task SendBeginningAsync(FaultHit hit, ReadOnlyMemory<byte> body) =>
        body.IsEmpty ? Task.CompletedTask : SendAsync(hit.Context, body[..Math.Min(hit[BytesSent], body.Length - 1)]);

    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
