using System.IO.Compression;
using Croct.Export.Sandbox;

namespace Croct.Export.Tests.Sandbox;

/// <summary>How bodies are compressed.</summary>
public class ContentCodingTests
{
    [TestCase(null, null)]
    [TestCase("gzip", "gzip")]
    [TestCase("br", "br")]
    [TestCase("gzip, br", "br")]
    [TestCase("*", "br")]
    [TestCase("br;q=0.5, gzip", "gzip")]
    [TestCase("identity;q=1, br;q=0.1", null)]
    [TestCase("gzip;q=0", null)]
    [TestCase("deflate", null)]
    public async Task Is_the_one_the_client_prefers_and_does_not_change_the_body(string? accepted, string? coding)
    {
        await using var sandbox = await SandboxServer.StartAsync();
        var expected = (await GetAsync(sandbox, accepted: null)).Body;

        foreach (var _ in new[] { "fresh", "again" })
        {
            var (encoding, body, sent) = await GetAsync(sandbox, accepted);
            Assert.That(encoding, Is.EqualTo(coding));
            Assert.That(body, Is.EqualTo(expected));
            Assert.That(sent, coding is null ? Is.EqualTo(body.Length) : Is.LessThan(body.Length / 3));
        }
    }

    private static async Task<(string? Encoding, string Body, long Sent)> GetAsync(SandboxServer sandbox, string? accepted)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.None });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(sandbox.BaseAddress, "events?pageSize=100&events=tabUrlChanged"))
        {
            Headers = { { "X-Api-Key", sandbox.ApiKey } },
        };
        if (accepted is not null) request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        using var response = await http.SendAsync(request);
        await using var sent = await response.Content.ReadAsStreamAsync();
        var encoding = response.Content.Headers.ContentEncoding.SingleOrDefault();
        using var reader = new StreamReader(encoding switch
        {
            "br" => new BrotliStream(sent, CompressionMode.Decompress),
            "gzip" => new GZipStream(sent, CompressionMode.Decompress),
            _ => sent,
        });
        return (encoding, await reader.ReadToEndAsync(), response.Content.Headers.ContentLength!.Value);
    }
}
