using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;

namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>Azurite, the emulator of Azure Storage by its vendor.</summary>
internal sealed class AzuriteStore : TestStore
{
    public const string Container = "exports";

    /// <summary>The account of every emulator.</summary>
    private const string Account = "devstoreaccount1";

    /// <summary>https://learn.microsoft.com/azure/storage/common/storage-use-azurite</summary>
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly NodeServer _server;
    private readonly BlobContainerClient _container;

    private AzuriteStore(NodeServer server)
    {
        _server = server;
        _container = new BlobContainerClient(
            CreateConnectionString(server.Port), Container, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2024_11_04));
    }

    public int Port => _server.Port;

    public override string Output => $"az://{Container}/{Prefix}";

    public override (string Name, string Value)[] Environment => [("AZURE_STORAGE_CONNECTION_STRING", CreateConnectionString(Port))];

    public static async Task<AzuriteStore> StartAsync()
    {
        var store = new AzuriteStore(await NodeServer.StartAsync(
            "azurite-blob", "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--disableTelemetry", "--silent"));
        await store._container.CreateAsync();
        return store;
    }

    /// <summary>The credentials for a port, which may be that of a proxy.</summary>
    public static string CreateConnectionString(int port, string key = Key) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>Credentials that permit only some actions, for some time.</summary>
    public string CreateConnectionString(BlobContainerSasPermissions permissions, DateTimeOffset start, DateTimeOffset end)
    {
        var address = _container.GenerateSasUri(new BlobSasBuilder(permissions, end) { StartsOn = start, BlobContainerName = Container, Resource = "c" });
        return $"BlobEndpoint=http://127.0.0.1:{Port}/{Account};SharedAccessSignature={address.Query.TrimStart('?')}";
    }

    public override async Task<IReadOnlyDictionary<string, string?>> ListAsync()
    {
        var objects = new Dictionary<string, string?>(StringComparer.Ordinal);
        await foreach (var blob in _container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = Prefix }))
        {
            objects[blob.Name[Prefix.Length..]] = blob.Metadata.TryGetValue("sha256", out var hash) ? hash : null;
        }

        return objects;
    }

    public override async Task<byte[]> ReadAsync(string name) => (await _container.GetBlobClient(Prefix + name).DownloadContentAsync()).Value.Content.ToArray();

    public override Task DeleteAsync(string name) => _container.DeleteBlobAsync(Prefix + name);

    public override ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }
}
