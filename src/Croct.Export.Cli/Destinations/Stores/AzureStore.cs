using System.Xml;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>A container of Azure Blob Storage. The credentials are in the environment variables that Azure's own tools use.</summary>
/// <remarks>https://learn.microsoft.com/rest/api/storageservices/put-blob</remarks>
internal sealed class AzureStore : RemoteStore
{
    private const string ConnectionString = "AZURE_STORAGE_CONNECTION_STRING";
    private const string Account = "AZURE_STORAGE_ACCOUNT";
    private const string Key = "AZURE_STORAGE_KEY";
    private const string SasToken = "AZURE_STORAGE_SAS_TOKEN";

    /// <summary>All that is needed has been in the service for years, and emulators support the newest version only later.</summary>
    private const BlobClientOptions.ServiceVersion Version = BlobClientOptions.ServiceVersion.V2024_11_04;

    private readonly BlobContainerClient _container;

    /// <exception cref="UsageException">There are no credentials, or they are not of their form.</exception>
    public AzureStore(StoreAddress address, StoreOptions options)
        : base(address, options)
    {
        var client = new BlobClientOptions(Version)
        {
            Transport = new HttpClientTransport(Http),
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = options.Retries,
                Delay = TimeSpan.FromSeconds(0.5),
                MaxDelay = TimeSpan.FromSeconds(30),

                // Of the whole request, and not of its progress.
                NetworkTimeout = TimeSpan.FromDays(1),
            },
        };
        _container = CreateService(client).GetBlobContainerClient(address.Container);
    }

    protected override IEnumerable<string?> Secrets =>
    [
        Get(Key),
        .. SplitSas(Get(SasToken)),
        .. (Get(ConnectionString) ?? "").Split(';')
            .SelectMany(setting => SplitSas(setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]).Append(GetSecret(setting))),
    ];

    protected override Uri Endpoint => _container.Uri;

    protected override string PermissionAdvice =>
        $"Check {ConnectionString}, or {Account} and {Key} or {SasToken}, and that they permit listing, reading and creating blobs there.";

    protected override async IAsyncEnumerable<string> ListKeysAsync(string prefix)
    {
        await foreach (var blob in _container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix })) yield return blob.Name;
    }

    protected override async Task DownloadToAsync(string key, Stream destination)
    {
        using var response = (await _container.GetBlobClient(key).DownloadStreamingAsync()).Value;
        await CopyAsync(response.Content, destination);
    }

    protected override async Task<string?> FindSha256Async(string key) =>
        (await _container.GetBlobClient(key).GetPropertiesAsync()).Value.Metadata.TryGetValue(HashName, out var hash) ? hash : null;

    protected override async Task<bool> ExistsAsync(string key) => await _container.GetBlobClient(key).ExistsAsync();

    protected override async Task<UploadOutcome> UploadOnceAsync(string key, Stream content, string sha256, bool ifAbsent)
    {
        var options = new BlobUploadOptions
        {
            Conditions = ifAbsent ? new BlobRequestConditions { IfNoneMatch = ETag.All } : null,
            Metadata = new Dictionary<string, string> { [HashName] = sha256 },

            // In one request, whatever the length.
            TransferOptions = new StorageTransferOptions { InitialTransferSize = long.MaxValue },

            // The service compares it with the bytes that it received.
            TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
        };
        try
        {
            await _container.GetBlobClient(key).UploadAsync(content, options);
            return UploadOutcome.Created;
        }
        catch (RequestFailedException exception) when (
            ifAbsent && (exception.Status == 412 || exception.ErrorCode is "BlobAlreadyExists" or "BlobImmutableDueToPolicy"))
        {
            return UploadOutcome.Exists;
        }
        catch (RequestFailedException exception) when (ifAbsent && exception.Status == 403)
        {
            // A token that permits creating blobs, but not writing them, may not replace one either.
            if (!await ExistsAsync(key)) throw;
            return UploadOutcome.Exists;
        }
    }

    protected override Exception? Describe(Exception exception, string what) => exception switch
    {
        RequestFailedException { ErrorCode: "ContainerNotFound" } => new UsageException(
            $"--output '{Name}': the container '{Address.Container}' does not exist at {Place}. " +
            "Create it, or correct the name; croct-export does not create it."),
        RequestFailedException { Status: > 0 } error => CreateError(
            what,
            error.Status,
            error.ErrorCode,
            error.Message.StartsWith("Service request failed", StringComparison.Ordinal) ? null : error.Message,
            error.GetRawResponse()?.Headers.Date,
            error),
        XmlException or NullReferenceException or FormatException or NotSupportedException => new UsageException(
            $"--output '{Name}': the endpoint at {Place} does not respond as Azure Blob Storage does. Check {ConnectionString}."),
        _ => null,
    };

    private static BlobServiceClient CreateService(BlobClientOptions options)
    {
        if (Get(ConnectionString) is { } connection)
        {
            try
            {
                return Check(connection, new BlobServiceClient(connection, options));
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException)
            {
                throw new UsageException(
                    $"{ConnectionString} is not a connection string. It must be the one that the portal shows, " +
                    "such as AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net.");
            }
        }

        if (Get(Account) is not { } account)
        {
            throw new UsageException($"There are no credentials for Azure. Set {ConnectionString}, or {Account} and {Key} or {SasToken}.");
        }

        if (account.Length is < 3 or > 24 || !account.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character)))
        {
            throw new UsageException($"{Account} is not the name of a storage account: 3 to 24 lower-case letters and digits.");
        }

        var address = new Uri($"https://{account}.blob.core.windows.net");
        if (Get(Key) is { } key)
        {
            try
            {
                return new BlobServiceClient(address, new StorageSharedKeyCredential(account, key), options);
            }
            catch (FormatException)
            {
                throw new UsageException($"{Key} is not the key of a storage account: it must be in Base64.");
            }
        }

        if (Get(SasToken) is not { } token) throw new UsageException($"{Account} is set, but there are no credentials. Set {Key} or {SasToken} too.");
        return IsSas(token)
            ? new BlobServiceClient(address, new AzureSasCredential(token.TrimStart('?')), options)
            : throw new UsageException($"{SasToken} is not a shared access signature. It must be of the form sv=...&sig=..., without an address.");
    }

    /// <summary>Checks the endpoint, that there are credentials, and that a token, which is part of each address, does not travel in the clear.</summary>
    private static BlobServiceClient Check(string connection, BlobServiceClient client)
    {
        var problem = client switch
        {
            { Uri: { UserInfo.Length: > 0 } or { Scheme: not ("http" or "https") } } =>
                "has an endpoint that is not the address of a store. It must be of the form https://host, without a user name.",
            { CanGenerateAccountSasUri: false } when !connection.Contains("sig=", StringComparison.Ordinal) =>
                "has no credentials. Add AccountKey=... or SharedAccessSignature=....",
            { CanGenerateAccountSasUri: false, Uri: { Scheme: "http", IsLoopback: false } } =>
                "has an http: endpoint and a shared access signature, which anyone on the way could read. Use https:.",
            _ => null,
        };
        return problem is null ? client : throw new UsageException($"{ConnectionString} {problem}");
    }

    private static string? Get(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value.Trim() : null;

    private static bool IsSas(string token) =>
        token.Contains("sig=", StringComparison.Ordinal) && !token.Contains("://", StringComparison.Ordinal) && !token.Any(char.IsWhiteSpace);

    private static string? GetSecret(string setting) =>
        setting.StartsWith("AccountKey=", StringComparison.OrdinalIgnoreCase) ? setting["AccountKey=".Length..] : null;

    /// <summary>The signature in a token, as it is and as part of an address.</summary>
    private static IEnumerable<string?> SplitSas(string? token)
    {
        var signature = token?.Split('?', '&').FirstOrDefault(part => part.StartsWith("sig=", StringComparison.Ordinal))?["sig=".Length..];
        return signature is null ? [] : [signature, Uri.UnescapeDataString(signature)];
    }
}
