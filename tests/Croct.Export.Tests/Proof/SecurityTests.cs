using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Security.Authentication;
using System.Text;
using Croct.Export.Tests.Wire;
using CsCheck;

namespace Croct.Export.Tests.Proof;

/// <summary>What a hostile server or input can do to the key, the address and the memory, over real connections where that matters.</summary>
[NonParallelizable]
[Proof]
public class SecurityTests
{
    private const int Limit = 1024 * 1024;
    private const int Samples = 2000;

#if NETSTANDARD_LIBRARY
    private static readonly string[] Encodings = ["identity", "gzip"];
#else
    private static readonly string[] Encodings = ["identity", "gzip", "br"];
#endif

    private static readonly string[] HostileParts =
    [
        "\r\n", "\n", "\r", "\0", "\t", " ", ":", "/", "(", ")", "\"", ",", ";", "&", "=", "é", "\u2028",
        "X-Api-Key: x", "Host: evil.example",
    ];

    /// <summary>Text that an attacker would put into a header or a URL.</summary>
    private static readonly Gen<string> Hostile = Gen.OneOf(
        [
            Gen.Char.AlphaNumeric.Select(character => character.ToString()),
            .. HostileParts.Select(Gen.Const),
        ])
        .Array[1, 8].Select(string.Concat);

    private static readonly string[] Elsewhere =
    [
        "http://127.0.0.1:{0}/export/events",
        "//127.0.0.1:{0}/export/events",
        "http://user:word@127.0.0.1:{0}/",
        "http://localhost:{0}/export/events",
        "HTTP://127.0.0.1:{0}",
        "http:\\\\127.0.0.1:{0}\\export",
    ];

    [Test]
    public async Task Takes_the_key_to_no_other_port_on_any_redirect(
        [Values(300, 301, 302, 303, 305, 307, 308)] int status, [ValueSource(nameof(Elsewhere))] string target)
    {
        await using var other = new OneResponseServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        await using var server = new OneResponseServer(
            $"HTTP/1.1 {status} Over there\r\nLocation: {string.Format(null, target, other.Address.Port)}\r\n" +
            "Content-Length: 0\r\nConnection: close\r\n\r\n");
        using var client = Client(server);

        var exception = await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync());

        Assert.That(((int)exception.StatusCode, server.RequestCount, other.RequestCount), Is.EqualTo((status, 1, 0)));
    }

    [TestCase("Refresh: 0; url=")]
    [TestCase("Content-Location: ")]
    [TestCase("Alt-Svc: h2=")]
    [TestCase("Link: ")]
    public async Task Does_not_follow_an_address_in_any_other_header(string header)
    {
        await using var other = new OneResponseServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        await using var server = new OneResponseServer(
            $"HTTP/1.1 200 OK\r\n{header}{other.Address}\r\nContent-Type: application/json\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{{\"items\":[]}}");
        using var client = Client(server);

        await client.ExportEventsAsync();
        await client.ExportEventsAsync();

        Assert.That((server.RequestCount, other.RequestCount), Is.EqualTo((2, 0)));
    }

    [Test]
    public async Task An_endless_body_ends_at_the_limit_with_memory_bounded([ValueSource(nameof(Encodings))] string encoding, [Values(200, 400)] int status)
    {
        var block = new byte[64 * 1024];
        block.AsSpan().Fill((byte)' ');
        await using var server = new OneResponseServer(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status} Here you are\r\nContent-Type: application/json\r\n" +
                $"Content-Encoding: {encoding}\r\nConnection: close\r\n\r\n"));
            await using Stream body = encoding switch
            {
                "gzip" => new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true),
                "br" => new BrotliStream(stream, CompressionLevel.Fastest, leaveOpen: true),
                _ => new BufferedStream(stream),
            };
            while (true) await body.WriteAsync(block);
        });
        using var client = Client(server);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var exception = await Assert.CatchAsync<ExportException>(() => client.ExportEventsAsync());

        // Of an error, only the status and the beginning of its body matter.
        Assert.That(exception.Message, Does.Contain(status == 200 ? $"larger than MaxResponseBytes ({Limit} bytes)" : "400"));
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(8 * Limit));
    }

    [Test]
    public async Task Does_not_send_the_key_to_a_server_with_an_untrusted_certificate()
    {
        await using var server = OneResponseServer.StartWithUntrustedCertificate();
        using var client = Client(server);

        var exception = await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync());

        Assert.That(exception.InnerException!.InnerException, Is.TypeOf<AuthenticationException>());
        Assert.That(server.RequestCount, Is.Zero);
    }

    [Test]
    public async Task Endless_headers_end_the_attempt()
    {
        await using var server = new OneResponseServer(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray());
            while (true) await stream.WriteAsync("X-More: and more and more and more and more and more\r\n"u8.ToArray());
        });
        using var client = Client(server);

        Assert.That((await Assert.ThrowsAsync<ExportException>(() => client.ExportEventsAsync())).Message, Does.Contain("could not be reached"));
    }

    [Test]
    public Task A_key_is_one_header_or_refused_without_being_revealed() => Hostile.SampleAsync(
        async key =>
        {
            var api = new Api(() => Responses.Page(0, null));
            var options = api.Options();
            options.ApiKey = key;
            var refusal = await RefusalAsync(options);
            if (refusal is null)
                Assert.That(api.Requests.Single().Headers.GetValues("X-Api-Key"), Is.EqualTo((string[])[key]));
            else
                Assert.That(
                    refusal.Message,
                    Does.StartWith("ApiKey ")
                        .And.Matches<string>(message => key.Length < 12 || !message!.Contains(key, StringComparison.Ordinal)));
            Assert.That(refusal is null, Is.EqualTo(key.All(character => character is > ' ' and <= '~')));
        },
        iter: Samples);

    [Test]
    public Task An_application_name_is_one_product_or_refused() => Hostile.SampleAsync(
        async name =>
        {
            var api = new Api(() => Responses.Page(0, null));
            var options = api.Options();
            options.ApplicationName = name;
            if (await RefusalAsync(options) is { } refusal)
            {
                Assert.That(refusal.Message, Does.StartWith("ApplicationName "));
                return;
            }

            var sent = api.Requests.Single();
            Assert.That(sent.Headers.UserAgent.Select(product => product.ToString()), Is.EqualTo((string[])[name, sent.Headers.UserAgent.Last().ToString()]));
            Assert.That(sent.Headers.Select(header => header.Key), Is.EquivalentTo((string[])["X-Api-Key", "Accept", "Accept-Encoding", "User-Agent"]));
        },
        iter: Samples);

    [Test]
    public void Nothing_displayed_reveals_the_key()
    {
        var options = new ExportClientOptions { ApiKey = Api.Key };
        using var client = new ExportClient(options);

        var shown = typeof(ExportClient).Assembly.GetTypes()
            .SelectMany(type => type.GetCustomAttributes<DebuggerDisplayAttribute>())
            .Select(display => display.Value);

        Assert.That($"{options} {client}", Does.Not.Contain(Api.Key));
        Assert.That(shown, Has.None.Contains("Key"));
        Assert.That(
            typeof(ExportClientOptions).GetProperty(nameof(options.ApiKey))!.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State,
            Is.EqualTo(DebuggerBrowsableState.Never));
    }

    private static ExportClient Client(OneResponseServer server) => new(new ExportClientOptions
    {
        ApiKey = Api.Key,
        BaseAddress = server.Address,
        MaxRetries = 0,
        MaxResponseBytes = Limit,
    });

    private static async Task<ArgumentException?> RefusalAsync(ExportClientOptions options)
    {
        try
        {
            using var client = new ExportClient(options);
            await client.ExportEventsAsync();
            return null;
        }
        catch (ArgumentException exception)
        {
            return exception;
        }
    }
}
