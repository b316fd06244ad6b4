using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Croct.Export.Tests.Wire;

/// <summary>A server on a real socket that sends the same response to every request, byte for byte as given.</summary>
internal sealed class OneResponseServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Stream, Task> _respond;
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;
    private int _requests;

    /// <param name="respond">Writes the response. It may run forever, and ends with the connection.</param>
    public OneResponseServer(Func<Stream, Task> respond)
        : this(respond, certificate: null)
    {
    }

    private OneResponseServer(Func<Stream, Task> respond, X509Certificate2? certificate)
    {
        (_respond, _certificate) = (respond, certificate);
        _listener.Start();
        _serving = ServeAsync();
    }

    public OneResponseServer(string response)
        : this(stream => stream.WriteAsync(Encoding.ASCII.GetBytes(response)).AsTask())
    {
    }

    /// <summary>Starts a server for HTTPS whose certificate no client trusts.</summary>
    public static OneResponseServer StartWithUntrustedCertificate()
    {
        using var rsa = RSA.Create(2048);
        using var made = new CertificateRequest("CN=127.0.0.1", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new OneResponseServer(_ => Task.CompletedTask, X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), password: null));
    }

    public Uri Address => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/export");

    public int RequestCount => _requests;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
        _certificate?.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var connection = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var stream = await OpenAsync(connection);
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                if (await reader.ReadLineAsync() is null) continue;
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                }

                Interlocked.Increment(ref _requests);
                await _respond(stream);
            }
            catch (Exception exception) when (exception is IOException or AuthenticationException)
            {
                // The client closed the connection, or does not trust the certificate.
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }

    private async Task<Stream> OpenAsync(TcpClient connection)
    {
        if (_certificate is null) return connection.GetStream();
        var stream = new SslStream(connection.GetStream());
        try
        {
            await stream.AuthenticateAsServerAsync(_certificate);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
