using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Faults;

/// <summary>Ways in which the sending of an answer goes wrong.</summary>
internal static class Deliveries
{
    public static readonly FaultSetting PieceBytes = new("bytes", "bytes of a piece", 1024, 1, 1024 * 1024);
    public static readonly FaultSetting PauseMilliseconds = new("ms", "milliseconds between two pieces", 10, 0, 60_000);

    public static Task WrongContentTypeAsync(FaultHit hit, ReadOnlyMemory<byte> body)
    {
        hit.Context.Response.ContentType = "text/html";
        return SendAsync(hit.Context, body);
    }

    /// <summary>Less than Content-Length says: the server closes the connection behind it.</summary>
    public static Task CutAsync(FaultHit hit, ReadOnlyMemory<byte> beginning) => SendAsync(hit.Context, beginning);

    /// <summary>Always holds something back: behind a whole answer the client would wait for nothing, and Kestrel would not tell that it has left.</summary>
    public static async Task StallAsync(FaultHit hit, ReadOnlyMemory<byte> body, int at)
    {
        if (!body.IsEmpty) await SendAsync(hit.Context, body[..Math.Min(at, body.Length - 1)]).ConfigureAwait(false);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = hit.Context.RequestAborted.Register(left.SetResult).ConfigureAwait(false);
        await left.Task.ConfigureAwait(false);
    }

    /// <summary>Closes the socket without the lingering that a proper end has: the other side gets a reset.</summary>
    public static async Task ResetAsync(FaultHit hit, ReadOnlyMemory<byte> beginning)
    {
        if (!beginning.IsEmpty) await SendAsync(hit.Context, beginning).ConfigureAwait(false);
        if (hit.Context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket) socket.LingerState = new LingerOption(enable: true, seconds: 0);
        hit.Context.Abort();
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

    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
