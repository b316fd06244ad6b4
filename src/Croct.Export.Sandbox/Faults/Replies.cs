using System.IO.Compression;
using Croct.Export.Sandbox.Responses;

namespace Croct.Export.Sandbox.Faults;

/// <summary>Delays of responses.</summary>
internal static class Delays
{
    public static readonly FaultSetting Milliseconds = new("ms", "delay in milliseconds", 100, 0, 3_600_000);
    public static readonly FaultSetting Jitter = new("jitter", "maximum random extra delay in milliseconds", 0, 0, 3_600_000);

    public static TimeSpan Latency(FaultHit hit)
    {
        var draw = hit.Draw;
        return TimeSpan.FromMilliseconds(hit[Milliseconds] + draw.Below(hit[Jitter] + 1));
    }
}

/// <summary>Responses that faults send instead of the API.</summary>
internal static class Replies
{
    public static readonly FaultSetting Mebibytes = new("mib", "mebibytes of the decompressed body", 256, 1, 16_384);

    private const int Mebibyte = 1024 * 1024;

    public static void RateLimit(Response response, FaultHit hit, string retryAfter)
    {
        response.Fail(Problem.TooManyRequests, hit.Context.Request.Path);
        response.RetryAfter = retryAfter;
    }

    public static void ProxyError(Response response, int status, string title) => response.Reply(
        status,
        "text/html",
        System.Text.Encoding.UTF8.GetBytes(
            $"<html><head><title>{status} {title}</title></head><body><center><h1>{status} {title}</h1></center></body></html>"));

    /// <summary>The other origin is reachable and points back here, so that the request log shows whether a client follows the redirect.</summary>
    public static void Redirect(Response response, FaultHit hit)
    {
        var request = hit.Context.Request;
        response.Reply(307, contentType: null, []);
        var other = request.Host.Host == "localhost" ? "127.0.0.1" : "localhost";
        response.Location = $"http://{other}:{hit.Context.Connection.LocalPort}{request.Path}{request.QueryString}";
    }

    /// <summary>A valid page that contains whitespace: the same gzip member repeated, each of which is one kilobyte for one mebibyte.</summary>
    public static void Bomb(Response response, FaultHit hit)
    {
        using var body = new MemoryStream();
        Append(body, """{"items":[],"""u8);
        var blank = new byte[Mebibyte];
        blank.AsSpan().Fill((byte)' ');
        using (var member = new MemoryStream())
        {
            Append(member, blank);
            for (var i = 0; i < hit[Mebibytes]; i++) body.Write(member.GetBuffer().AsSpan(0, (int)member.Length));
        }

        Append(body, "\"nextCursor\":null}"u8);
        response.Reply(200, "application/json", body.GetBuffer().AsSpan(0, (int)body.Length));
        response.ContentEncoding = "gzip";
    }

    private static void Append(MemoryStream body, ReadOnlySpan<byte> text)
    {
        using var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true);
        gzip.Write(text);
    }
}
