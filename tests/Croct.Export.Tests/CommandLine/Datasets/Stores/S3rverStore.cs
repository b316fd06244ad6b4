using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>s3rver, which is compatible with S3 but ignores conditions.</summary>
internal sealed class S3rverStore : TestStore
{
    private const string Bucket = "exports";

    private readonly NodeServer _server;
    private readonly string _folder;
    private readonly AmazonS3Client _client;

    private S3rverStore(NodeServer server, string folder)
    {
        (_server, _folder) = (server, folder);
        _client = new AmazonS3Client(
            new BasicAWSCredentials("S3RVER", "S3RVER"),
            new AmazonS3Config { ServiceURL = $"http://127.0.0.1:{server.Port}", ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
    }

    public override string Output => $"s3://{Bucket}/{Prefix}";

    public override (string Name, string Value)[] Environment =>
    [
        ("AWS_ACCESS_KEY_ID", "S3RVER"),
        ("AWS_SECRET_ACCESS_KEY", "S3RVER"),
        ("AWS_ENDPOINT_URL_S3", _client.Config.ServiceURL),
    ];

    public override string[] Options => ["--single-writer"];

    public static async Task<S3rverStore> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("s3rver-").FullName;
        return new S3rverStore(
            await NodeServer.StartAsync("s3rver", "--directory", folder, "--address", "127.0.0.1", "--port", "0", "--configure-bucket", Bucket), folder);
    }

    public override async Task<IReadOnlyDictionary<string, string?>> ListAsync()
    {
        var objects = new Dictionary<string, string?>(StringComparer.Ordinal);
        await foreach (var item in _client.Paginators.ListObjectsV2(new ListObjectsV2Request { BucketName = Bucket, Prefix = Prefix }).S3Objects)
        {
            objects[item.Key[Prefix.Length..]] = (await _client.GetObjectMetadataAsync(Bucket, item.Key)).Metadata["sha256"];
        }

        return objects;
    }

    public override async Task<byte[]> ReadAsync(string name)
    {
        using var response = await _client.GetObjectAsync(Bucket, Prefix + name);
        using var content = new MemoryStream();
        await response.ResponseStream.CopyToAsync(content);
        return content.ToArray();
    }

    public override Task DeleteAsync(string name) => _client.DeleteObjectAsync(Bucket, Prefix + name);

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
