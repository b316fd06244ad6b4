using System.Globalization;
using System.Xml;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Model;

namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>
/// A bucket of Amazon S3 or of a compatible store. Credentials, region and profile are those of the AWS SDK: its environment variables, files and roles.
/// </summary>
/// <remarks>https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html</remarks>
internal sealed class S3Store : RemoteStore
{
    private const string EndpointOption = "--s3-endpoint";

    /// <summary>The region in the signature if none is set: a compatible store has none.</summary>
    private const string DefaultRegion = "us-east-1";

    private static readonly string[] Variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"];
    private static readonly string[] EndpointVariables = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

    private readonly AmazonS3Client _client;

    /// <summary>Makes only one attempt.</summary>
    private readonly AmazonS3Client _clientWithoutRetries;

    /// <exception cref="UsageException">There is no region, or the endpoint is not one.</exception>
    public S3Store(StoreAddress address, StoreOptions options)
        : base(address, options)
    {
        foreach (var name in Variables) Trim(name);
        Endpoint = GetEndpoint(options);
        try
        {
            _client = new AmazonS3Client(CreateConfig(options.Retries));
            _clientWithoutRetries = new AmazonS3Client(CreateConfig(0));
        }
        catch (AmazonClientException exception)
        {
            throw new UsageException($"--output '{Name}': {exception.Message.TrimEnd('.')}. Check the variables and the profile of AWS.");
        }
    }

    public override void Dispose()
    {
        _client.Dispose();
        _clientWithoutRetries.Dispose();
        base.Dispose();
    }

    protected override IEnumerable<string?> Secrets =>
        ((string[])["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"]).Select(Environment.GetEnvironmentVariable);

    protected override Uri? Endpoint { get; }

    protected override string PermissionAdvice =>
        "Check the credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of the machine), " +
        "and that they permit s3:ListBucket, s3:GetObject and s3:PutObject there.";

    protected override async IAsyncEnumerable<string> ListKeysAsync(string prefix)
    {
        var request = new ListObjectsV2Request { BucketName = Address.Container, Prefix = prefix };
        await foreach (var page in _client.Paginators.ListObjectsV2(request).Responses)
        {
            // The SDK takes any XML, such as the page of a proxy, for an empty list.
            if (page.IsTruncated is null) throw new AmazonUnmarshallingException("It is not a list.", lastKnownLocation: "", innerException: null);
            foreach (var item in page.S3Objects ?? []) yield return item.Key;
        }
    }

    protected override async Task DownloadToAsync(string key, Stream destination)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var response = await (attempt == 0 ? _client : _clientWithoutRetries).GetObjectAsync(Address.Container, key);
            try
            {
                await CopyAsync(response.ResponseStream, destination);
                return;
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException && exception is not StoreException && attempt < Options.Retries)
            {
                // The SDK retries only until the body begins.
                destination.SetLength(0);
            }

            await Task.Delay(GetDelay(attempt), CancellationToken.None);
        }
    }

    protected override async Task<string?> FindSha256Async(string key) =>
        (await _client.GetObjectMetadataAsync(Address.Container, key)).Metadata[HashName];

    protected override async Task<bool> ExistsAsync(string key)
    {
        try
        {
            await _client.GetObjectMetadataAsync(Address.Container, key);
            return true;
        }
        catch (AmazonS3Exception exception) when (exception.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    protected override async Task<UploadOutcome> UploadOnceAsync(string key, Stream content, string sha256, bool ifAbsent)
    {
        var request = new PutObjectRequest
        {
            BucketName = Address.Container,
            Key = key,
            InputStream = content,
            AutoCloseStream = false,
            ChecksumSHA256 = Convert.ToBase64String(Convert.FromHexString(sha256)),
            IfNoneMatch = ifAbsent ? "*" : null,

            // Compatible stores may take the signatures between the chunks for content.
            UseChunkEncoding = false,
        };
        request.Metadata[HashName] = sha256;
        try
        {
            await _client.PutObjectAsync(request);
            return UploadOutcome.Created;
        }
        catch (AmazonS3Exception exception) when (ifAbsent && (int)exception.StatusCode == 412)
        {
            return UploadOutcome.Exists;
        }
        catch (AmazonS3Exception exception) when (ifAbsent && (int)exception.StatusCode == 409)
        {
            return UploadOutcome.Conflict;
        }
        catch (AmazonS3Exception exception) when (
            ifAbsent && ((int)exception.StatusCode == 501 || exception.ErrorCode is "NotImplemented" or "InvalidArgument"))
        {
            return UploadOutcome.NotSupported;
        }
    }

    protected override Exception? Describe(Exception exception, string what)
    {
        var place = Endpoint is null ? "" : $" at {Place}";
        var causes = GetCauses(exception).ToList();
        return (causes.Find(cause => cause is AmazonServiceException { StatusCode: not 0 }) ?? exception) switch
        {
            AmazonS3Exception { ErrorCode: "NoSuchBucket" } => new UsageException(
                $"--output '{Name}': the bucket '{Address.Container}' does not exist{place}. Create it, or correct the name; croct-export does not create it."),
            AmazonS3Exception { ErrorCode: "PermanentRedirect" or "AuthorizationHeaderMalformed" } => new UsageException(
                $"--output '{Name}': the bucket is not in the region {_client.Config.RegionEndpoint?.SystemName ?? _client.Config.AuthenticationRegion}. " +
                $"Set AWS_REGION to its region{(FindHeader(exception, "x-amz-bucket-region") is { } region ? $", {region}" : "")}."),
            AmazonServiceException { StatusCode: not 0 } error => CreateError(
                what,
                (int)error.StatusCode,
                error.ErrorCode,
                HasMessage(error) ? error.Message : null,
                FindHeader(error, "Date") is { } date && DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, out var time) ? time : null,
                error),
            AmazonUnmarshallingException or XmlException => new UsageException(
                $"--output '{Name}': the endpoint{place} does not respond as S3 does. Check {EndpointOption} or {EndpointVariables[0]}."),
            AmazonClientException when exception.Message.StartsWith("Failed to resolve AWS credentials", StringComparison.Ordinal) => new UsageException(
                $"--output '{Name}': there are no AWS credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE" +
                $"{(Environment.GetEnvironmentVariable("AWS_PROFILE") is { Length: > 0 } profile ? $" (which is '{profile}', and has none)" : "")}, " +
                "or give the machine a role."),
            ProfileNotFoundException => new UsageException($"--output '{Name}': {exception.Message} Correct AWS_PROFILE, or add the profile."),
            AmazonClientException when !causes.Exists(IsConnection) => new StoreException(
                $"{what}: {Terminal.OneLine(causes[^1].Message)} {PermissionAdvice}", StoreFailure.Refused, exception),
            _ => null,
        };

        // An error without a body has a message about .NET's classes.
        static bool HasMessage(AmazonServiceException error) => !error.Message.StartsWith("Error making request", StringComparison.Ordinal);
    }

    /// <exception cref="UsageException">There is no region.</exception>
    private AmazonS3Config CreateConfig(int retries)
    {
        var config = new AmazonS3Config
        {
            MaxErrorRetry = retries,
            RetryMode = RequestRetryMode.Standard,
            HttpClientFactory = new ClientFactory(Http),

            // The SHA-256 is sent in any case, and compatible stores do not know the other checksums.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,

            // The SDK does not accept a variable that is empty.
            IgnoreConfiguredEndpointUrls = Array.Exists(EndpointVariables, name => Environment.GetEnvironmentVariable(name) == ""),
        };
        if (Endpoint is not null)
        {
            // Compatible stores rarely have a name for each bucket.
            (config.ServiceURL, config.ForcePathStyle) = (Endpoint.AbsoluteUri, true);
            config.AuthenticationRegion = FallbackRegionFactory.GetRegionEndpoint(includeInstanceMetadata: false)?.SystemName ?? DefaultRegion;
        }
        else if ((config.RegionEndpoint = FallbackRegionFactory.GetRegionEndpoint()) is null)
        {
            throw new UsageException(
                $"--output '{Name}': there is no AWS region. Set AWS_REGION, or region in the profile; for another store, set {EndpointOption}.");
        }

        return config;
    }

    private static string? FindHeader(Exception exception, string name) =>
        exception.InnerException is HttpErrorResponseException { Response: { } response } && response.IsHeaderPresent(name)
            ? response.GetHeaderValue(name)
            : null;

    /// <summary>Removes the line break that a secret from a file often ends with.</summary>
    private static void Trim(string name)
    {
        if (Environment.GetEnvironmentVariable(name) is { } value && value != value.Trim()) Environment.SetEnvironmentVariable(name, value.Trim());
    }

    private static Uri? GetEndpoint(StoreOptions options)
    {
        var (origin, text) = options.S3Endpoint is { } given
            ? (EndpointOption, given)
            : EndpointVariables.Select(name => (name, Environment.GetEnvironmentVariable(name)))
                .FirstOrDefault(variable => !string.IsNullOrEmpty(variable.Item2));
        if (options.S3Endpoint is null && string.IsNullOrEmpty(text)) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", UserInfo: "", Query: "" }) return uri;
        throw new UsageException($"{origin} is not the address of a store. It must be of the form https://host or http://host:9000, without a user name.");
    }

    private sealed class ClientFactory(HttpClient client) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => client;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
