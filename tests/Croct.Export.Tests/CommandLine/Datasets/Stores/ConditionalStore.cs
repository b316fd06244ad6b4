using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>
/// As much of S3 as the exporter uses, with conditions, in memory; listings have three names per page. It refuses content that does not have the hashes that
/// were sent with it, and anything but single requests with a signed hash.
/// </summary>
internal sealed class ConditionalStore : TestStore
{
    private const string Bucket = "exports";
    /// <summary>Opaque, but the SDK takes it for an MD5 by its form.</summary>
    private const string ETag = "\"0123456789abcdef0123456789abcdef-1\"";

    private const string HashHeader = "x-amz-meta-sha256";

    private static readonly XNamespace Xml = "http://s3.amazonaws.com/doc/2006-03-01/";

    private readonly WebApplication _application;

    private ConditionalStore(WebApplication application) => _application = application;

    public override string Output => $"s3://{Bucket}/{Prefix}";

    public override (string Name, string Value)[] Environment =>
        [("AWS_ACCESS_KEY_ID", "ID"), ("AWS_SECRET_ACCESS_KEY", "a-secret-that-must-not-appear"), ("AWS_ENDPOINT_URL_S3", Address)];

    public string Address => _application.Urls.Single();

    /// <summary>Chooses another response than the usual one, given a request and its number among those with its method; null for the usual one.</summary>
    public Func<HttpRequest, int, StoreFault?> FindFault { get; set; } = (_, _) => null;

    /// <summary>How many requests there were of each method.</summary>
    public ConcurrentDictionary<string, int> Requests { get; } = [];

    /// <summary>The content and the SHA-256 in the metadata of each object, by its whole name.</summary>
    public ConcurrentDictionary<string, (byte[] Content, string? Sha256)> Objects { get; } = new(StringComparer.Ordinal);

    public static async Task<ConditionalStore> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = null);
        var store = new ConditionalStore(builder.Build());
        store._application.Run(store.RespondAsync);
        await store._application.StartAsync();
        return store;
    }

    /// <summary>Gives temporary credentials, without which it refuses everything from now on, to those who have the token of a pod.</summary>
    /// <returns>The environment of such a pod.</returns>
    public (string Name, string Value)[] GrantRole()
    {
        const string Token = "temporary-session-token";
        FindFault = (request, _) => request.Method == "POST"
            ? new StoreFault(200)
            {
                Body = $"""
                    <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
                    <AccessKeyId>TEMPORARY</AccessKeyId><SecretAccessKey>temporary-secret</SecretAccessKey><SessionToken>{Token}</SessionToken>
                    <Expiration>{DateTime.UtcNow.AddHours(1):yyyy-MM-dd'T'HH:mm:ss'Z'}</Expiration>
                    </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                    """,
            }
            : request.Headers["x-amz-security-token"] == Token ? null : new StoreFault(403, "AccessDenied", "Access Denied");
        return
        [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", typeof(ConditionalStore).Assembly.Location), ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/croct-export"),
            ("AWS_ENDPOINT_URL_STS", Address), ("AWS_ENDPOINT_URL_S3", Address), ("AWS_REGION", "eu-west-1"),
        ];
    }

    public override Task<IReadOnlyDictionary<string, string?>> ListAsync() => Task.FromResult<IReadOnlyDictionary<string, string?>>(
        Objects.Where(pair => pair.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[Prefix.Length..], pair => pair.Value.Sha256));

    public override Task<byte[]> ReadAsync(string name) => Task.FromResult(Objects[Prefix + name].Content);

    public override Task DeleteAsync(string name)
    {
        Objects.TryRemove(Prefix + name, out _);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => _application.DisposeAsync();

    private static async Task FailAsync(HttpContext context, StoreFault fault)
    {
        context.Response.StatusCode = fault.Status;
        if (fault.IsCutOff)
        {
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync(new byte[500]);

            // The server closes the connection, since the other half is missing.
            return;
        }

        if (fault.Time is { } time) context.Response.Headers.Date = time.ToString("R", CultureInfo.InvariantCulture);
        if (HttpMethods.IsHead(context.Request.Method)) return;
        context.Response.ContentType = fault.Body?.StartsWith("<html>", StringComparison.Ordinal) == true ? "text/html" : "application/xml";
        await context.Response.WriteAsync(fault.Body ?? $"<Error><Code>{fault.Code}</Code><Message>{fault.Message}</Message></Error>");
    }

    private async Task RespondAsync(HttpContext context)
    {
        var request = context.Request;
        var number = Requests.AddOrUpdate(request.Method, 1, (_, count) => count + 1);
        var fault = FindFault(request, number);
        if (fault is { Status: 0, IsApplied: false })
        {
            // The client gives up.
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        if (fault is { IsApplied: false })
        {
            await FailAsync(context, fault);
            return;
        }

        var (bucket, key) = request.Path.Value!.TrimStart('/').Split('/', 2) is [var first, var rest] ? (first, rest) : (request.Path.Value.Trim('/'), "");
        if (bucket != Bucket) await FailAsync(context, new StoreFault(404, "NoSuchBucket", "The specified bucket does not exist"));
        else if (request.Query.ContainsKey("list-type")) await ListAsync(context);
        else if (HttpMethods.IsPut(request.Method)) await PutAsync(context, key, fault);
        else await GetAsync(context, key);
    }

    private async Task PutAsync(HttpContext context, string key, StoreFault? fault)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var content = body.ToArray();
        var headers = context.Request.Headers;
        var hash = SHA256.HashData(content);
        if (headers["x-amz-content-sha256"] != Convert.ToHexStringLower(hash) || headers["x-amz-checksum-sha256"] != Convert.ToBase64String(hash))
        {
            await FailAsync(context, new StoreFault(400, "XAmzContentSHA256Mismatch", "The content does not have the hash that was sent with it."));
            return;
        }

        var value = (content, headers[HashHeader].FirstOrDefault());
        if (headers.IfNoneMatch == "*" ? !Objects.TryAdd(key, value) : headers.IfNoneMatch.Count > 0)
        {
            await FailAsync(context, new StoreFault(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"));
            return;
        }

        Objects[key] = value;
        if (fault is not null) await FailAsync(context, fault);
        else context.Response.Headers.ETag = ETag;
    }

    private async Task GetAsync(HttpContext context, string key)
    {
        if (!Objects.TryGetValue(key, out var value))
        {
            await FailAsync(context, new StoreFault(404, "NoSuchKey", "The specified key does not exist."));
            return;
        }

        context.Response.ContentLength = value.Content.Length;
        context.Response.Headers.ETag = ETag;
        context.Response.Headers.LastModified = DateTimeOffset.UnixEpoch.ToString("R", CultureInfo.InvariantCulture);
        if (value.Sha256 is not null) context.Response.Headers[HashHeader] = value.Sha256;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(value.Content);
    }

    private async Task ListAsync(HttpContext context)
    {
        const int PageSize = 3;
        var (prefix, token) = (context.Request.Query["prefix"].ToString(), context.Request.Query["continuation-token"].ToString());
        var keys = Objects.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(key, token) > 0)
            .Order(StringComparer.Ordinal).Take(PageSize + 1).ToList();
        var isTruncated = keys.Count > PageSize;
        var page = keys.Take(PageSize).ToList();
        var result = new XElement(
            Xml + "ListBucketResult",
            new XElement(Xml + "IsTruncated", isTruncated),
            isTruncated ? new XElement(Xml + "NextContinuationToken", page[^1]) : null,
            page.Select(key => new XElement(Xml + "Contents", new XElement(Xml + "Key", key), new XElement(Xml + "Size", Objects[key].Content.Length))));
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync(result.ToString(SaveOptions.DisableFormatting), Encoding.UTF8);
    }
}

/// <summary>A response that is not the usual one.</summary>
/// <param name="Status">The status; 0 for no response at all.</param>
/// <param name="Code">The code of the error.</param>
/// <param name="Message">Its message.</param>
internal sealed record StoreFault(int Status, string Code = "", string Message = "")
{
    /// <summary>Whether an upload has succeeded all the same.</summary>
    public bool IsApplied { get; init; }

    /// <summary>The whole body; null for an error of S3.</summary>
    public string? Body { get; init; }

    /// <summary>Whether the connection fails in the middle of the body.</summary>
    public bool IsCutOff { get; init; }

    /// <summary>The clock of the store; null for the right time.</summary>
    public DateTimeOffset? Time { get; init; }
}
