using System.Globalization;
using System.Text.RegularExpressions;
using Azure.Storage.Sas;

namespace Croct.Export.Tests.CommandLine.Datasets.Stores;

/// <summary>What stops an export to object storage is said in one line, which never has a credential in it, and leaves nothing half written.</summary>
public class StoreErrorTests
{
    private const string Secret = "c2VjcmV0";

    [TestCase(
        "s3://bucket/prefix",
        "--output 's3://bucket/prefix' does not end with a slash: object storage has only datasets of parts. Pass 's3://bucket/prefix/'.")]
    [TestCase("s3://bucket", "--output 's3://bucket' does not end with a slash: object storage has only datasets of parts. Pass 's3://bucket/'.")]
    [TestCase("s3:/bucket/x/", "--output 's3:/bucket/x/' is not of the form s3://bucket/prefix/.")]
    [TestCase("az:container/x/", "--output 'az:container/x/' is not of the form az://container/prefix/.")]
    [TestCase("s3:///x/", "--output 's3:///x/' is not of the form s3://bucket/prefix/: '' cannot be the name of a bucket.")]
    [TestCase("az://Data/x/", "--output 'az://Data/x/' is not of the form az://container/prefix/: 'Data' cannot be the name of a container.")]
    [TestCase(
        "s3://bucket//x/",
        "--output 's3://bucket//x/' is not of the form s3://bucket/prefix/: no part of the prefix may be empty, '.' or '..', or contain '\\' " +
        "or a control character.")]
    [TestCase(
        "s3://bucket/../x/",
        "--output 's3://bucket/../x/' is not of the form s3://bucket/prefix/: no part of the prefix may be empty, '.' or '..', or contain '\\' " +
        "or a control character.")]
    [TestCase(
        "s3://ID:c2VjcmV0@bucket/x/",
        "--output is not of the form s3://bucket/prefix/: it contains @, :, ? or #. Credentials and endpoints come from the environment.")]
    [TestCase(
        "az://container/x/?sig=c2VjcmV0",
        "--output is not of the form az://container/prefix/: it contains @, :, ? or #. Credentials and endpoints come from the environment.")]
    [TestCase(
        "gs://me:c2VjcmV0@bucket/x/",
        "--output is an address that begins with gs://. It may be a file, a folder with a slash at the end, s3://bucket/prefix/, " +
        "az://container/prefix/ or postgres://user@host/database.")]
    public async Task An_output_that_is_not_an_address_is_refused(string output, string message)
    {
        using var exporter = new Exporter();
        string[][] commands = output.Contains(Secret, StringComparison.Ordinal) ? [["events", "--sandbox"], ["all", "--sandbox"], ["verify"]] : [["verify"]];
        foreach (var command in commands)
        {
            var (code, _, errors) = await exporter.TryAsync([.. command, "--output", output]);
            Assert.That((code, errors), Is.EqualTo((2, $"croct-export: {message}\n")), command[0]);
        }
    }

    [TestCase(
        "events",
        "--output=x",
        "--state=s3://bucket/c2VjcmV0",
        "--state is an address (s3:), but must be a local path. Only --output can be an address.")]
    [TestCase(
        "events",
        "--output=x",
        "--report=s3://bucket/c2VjcmV0",
        "--report is an address (s3:), but must be a local path. Only --output can be an address.")]
    [TestCase(
        "all",
        "--output-dir=s3://bucket/c2VjcmV0",
        "",
        "--output-dir is an address (s3:), but must be a local path. Only --output can be an address.")]
    [TestCase("events", "--output=data/", "--s3-endpoint=http://host", "--s3-endpoint requires an --output that begins with s3://.")]
    [TestCase("events", "--output=az://container/x/", "--s3-endpoint=http://host", "--s3-endpoint requires an --output that begins with s3://.")]
    [TestCase("events", "--output=file", "--s3-endpoint=http://host", "--s3-endpoint requires a dataset: an --output that ends with a slash, such as export/.")]
    public async Task Options_that_do_not_fit_are_refused(string command, string one, string other, string message)
    {
        using var exporter = new Exporter();
        var (code, _, errors) = await exporter.TryAsync([command, "--sandbox", one, .. other.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.That((code, errors), Is.EqualTo((2, $"croct-export: {message}\n")));
    }

    [TestCase(
        "az",
        "There are no credentials for Azure. Set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY or " +
        "AZURE_STORAGE_SAS_TOKEN.")]
    [TestCase(
        "az",
        "AZURE_STORAGE_ACCOUNT is set, but there are no credentials. Set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN too.",
        "AZURE_STORAGE_ACCOUNT=abc")]
    [TestCase("az", "AZURE_STORAGE_ACCOUNT is not the name of a storage account: 3 to 24 lower-case letters and digits.", "AZURE_STORAGE_ACCOUNT=https://abc")]
    [TestCase(
        "az",
        "AZURE_STORAGE_KEY is not the key of a storage account: it must be in Base64.",
        "AZURE_STORAGE_ACCOUNT=abc",
        "AZURE_STORAGE_KEY=c2VjcmV0c2VjcmV0=x")]
    [TestCase(
        "az",
        "AZURE_STORAGE_CONNECTION_STRING is not a connection string. " +
        "It must be the one that the portal shows, such as AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net.",
        "AZURE_STORAGE_CONNECTION_STRING=c2VjcmV0")]
    [TestCase(
        "az",
        "AZURE_STORAGE_CONNECTION_STRING has an http: endpoint and a shared access signature, which anyone on the way could read. Use https:.",
        "AZURE_STORAGE_CONNECTION_STRING=BlobEndpoint=http://example.org/;SharedAccessSignature=sv=2024-11-04&sig=c2VjcmV0")]
    [TestCase(
        "az",
        "AZURE_STORAGE_SAS_TOKEN is not a shared access signature. It must be of the form sv=...&sig=..., without an address.",
        "AZURE_STORAGE_ACCOUNT=abc",
        "AZURE_STORAGE_SAS_TOKEN=https://abc/?sig=c2VjcmV0")]
    [TestCase(
        "az",
        "AZURE_STORAGE_CONNECTION_STRING has no credentials. Add AccountKey=... or SharedAccessSignature=....",
        "AZURE_STORAGE_CONNECTION_STRING=BlobEndpoint=https://example.org/")]
    [TestCase(
        "az",
        "AZURE_STORAGE_CONNECTION_STRING has an endpoint that is not the address of a store. It must be of the form https://host, without a user name.",
        "AZURE_STORAGE_CONNECTION_STRING=BlobEndpoint=https://me:c2VjcmV0@example.org/;SharedAccessSignature=sig=x")]
    [TestCase(
        "s3",
        "--output 's3://place/x/': The specified 'a b' region is not a valid hostname component. Check the variables and the profile of AWS.",
        "AWS_REGION=a b",
        "AWS_ENDPOINT_URL_S3=")]
    [TestCase(
        "s3",
        "--output 's3://place/x/': there is no AWS region. Set AWS_REGION, or region in the profile; for another store, set --s3-endpoint.",
        "AWS_SECRET_ACCESS_KEY=c2VjcmV0")]
    [TestCase(
        "s3",
        "--output 's3://place/x/': there are no AWS credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role.",
        "AWS_REGION=eu-west-1")]
    [TestCase(
        "s3",
        "--output 's3://place/x/': Unable to find the \"other\" profile. Correct AWS_PROFILE, or add the profile.",
        "AWS_REGION=eu-west-1",
        "AWS_PROFILE=other")]
    [TestCase(
        "s3",
        "AWS_ENDPOINT_URL_S3 is not the address of a store. It must be of the form https://host or http://host:9000, without a user name.",
        "AWS_ENDPOINT_URL_S3=http://me:c2VjcmV0@host")]
    public async Task Credentials_that_are_missing_or_malformed_are_refused(string scheme, string message, params string[] variables)
    {
        using var exporter = new Exporter([.. Nothing, .. variables.Select(variable => (variable.Split('=')[0], variable.Split('=', 2)[1]))]);
        var (code, _, errors) = await exporter.TryAsync("events", "--sandbox", "--output", $"{scheme}://place/x/");
        Assert.That((code, errors), Is.EqualTo((2, $"croct-export: {message}\n")));
    }

    [TestCase("host:9000")]
    [TestCase("ftp://host")]
    [TestCase("http://me:c2VjcmV0@host")]
    [TestCase("http://host/?c2VjcmV0")]
    [TestCase("")]
    public async Task An_endpoint_that_is_not_an_address_is_refused(string endpoint)
    {
        using var exporter = new Exporter();
        var (code, _, errors) = await exporter.TryAsync("events", "--sandbox", "--output", "s3://bucket/x/", "--s3-endpoint", endpoint);
        Assert.That((code, errors), Is.EqualTo((
            2, "croct-export: --s3-endpoint is not the address of a store. It must be of the form https://host or http://host:9000, without a user name.\n")));
    }

    [Test]
    public async Task An_endpoint_where_nothing_listens_is_named()
    {
        using var exporter = new Exporter(("AWS_ACCESS_KEY_ID", "ID"), ("AWS_SECRET_ACCESS_KEY", Secret));
        var (code, _, errors) = await exporter.TryAsync(
            "events", "--sandbox", "--output", "s3://bucket/x/", "--s3-endpoint", "http://127.0.0.1:1", "--retries", "0");
        Assert.That((code, errors), Is.EqualTo((
            4, "croct-export: 's3://bucket/x/events/' cannot be listed: Connection refused (http://127.0.0.1:1). Run the command again later.\n")));
    }

    [TestCase(
        200,
        "Welcome",
        2,
        "--output 's3://exports/*/': the endpoint at http://* does not respond as S3 does. Check --s3-endpoint or AWS_ENDPOINT_URL_S3.")]
    [TestCase(
        200,
        "<html>Welcome</html>",
        2,
        "--output 's3://exports/*/': the endpoint at http://* does not respond as S3 does. Check --s3-endpoint or AWS_ENDPOINT_URL_S3.")]
    [TestCase(
        404,
        "<html>Not found</html>",
        1,
        "'s3://exports/*/events/' cannot be listed: the store responded 404 (NotFound). Check that http://* is the right store.")]
    [TestCase(405, "", 1, "'s3://exports/*/events/' cannot be listed: the store responded 405 (MethodNotAllowed). Check that http://* is the right store.")]
    public async Task An_endpoint_that_is_not_a_store_is_named(int status, string body, int exitCode, string message)
    {
        await using var store = await ConditionalStore.StartAsync();
        store.FindFault = (_, _) => new StoreFault(status) { Body = body };
        Assert.That(await ExportAsync(store), Is.EqualTo((exitCode, message)));
    }

    [TestCase(
        StoreKind.Azurite,
        "az://none/x/",
        "the container 'none' does not exist at http://*. Create it, or correct the name; croct-export does not create it.")]
    [TestCase(
        StoreKind.Conditional,
        "s3://none/x/",
        "the bucket 'none' does not exist at http://*. Create it, or correct the name; croct-export does not create it.")]
    [TestCase(
        StoreKind.S3rver,
        "s3://none/x/",
        "the bucket 'none' does not exist at http://*. Create it, or correct the name; croct-export does not create it.")]
    public async Task A_bucket_or_container_is_not_created(StoreKind kind, string output, string message)
    {
        await using var store = await StoreTests.StartAsync(kind);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            Assert.That(await ExportAsync(store, output), Is.EqualTo((2, $"--output '{output}': {message}")));
        }
    }

    [TestCase(
        200,
        "Welcome",
        2,
        "--output 'az://place/x/': the endpoint at http://* does not respond as Azure Blob Storage does. Check AZURE_STORAGE_CONNECTION_STRING.")]
    [TestCase(404, "<html>Not found</html>", 1, "'az://place/x/events/' cannot be listed: the store responded 404. Check that http://* is the right store.")]
    [TestCase(503, "<html>Down</html>", 4, "'az://place/x/events/' cannot be listed: the store responded 503. Run the command again later.")]
    [TestCase(503, null, 4, "'az://place/x/events/' cannot be listed: the store responded 503 (ServerBusy: The server is busy). Run the command again later.")]
    public async Task An_endpoint_that_is_not_azure_is_named(int status, string? body, int exitCode, string message)
    {
        await using var server = await ConditionalStore.StartAsync();
        server.FindFault = (_, _) => new StoreFault(status, "ServerBusy", "The server is busy.") { Body = body };
        var connection = AzuriteStore.CreateConnectionString(new Uri(server.Address).Port);
        Assert.That(await ExportAsync(server, "az://place/x/", ("AZURE_STORAGE_CONNECTION_STRING", connection)), Is.EqualTo((exitCode, message)));
    }

    [Test]
    public async Task A_clock_that_is_wrong_for_azure_is_named()
    {
        await using var server = await ConditionalStore.StartAsync();
        server.FindFault = (_, _) => new StoreFault(403, "AuthenticationFailed") { Time = DateTimeOffset.UtcNow.AddHours(1) };

        var (code, error) = await ExportAsync(
            server, "az://place/x/", ("AZURE_STORAGE_CONNECTION_STRING", AzuriteStore.CreateConnectionString(new Uri(server.Address).Port)));

        Assert.That(code, Is.EqualTo(3));
        Assert.That(error, Does.EndWith("The clock of this machine is 1h slow: set it right."));
    }

    [Test]
    public async Task A_token_that_the_server_of_azure_repeats_is_not_shown([Values("SharedAccessSignature=", "")] string setting)
    {
        await using var server = await ConditionalStore.StartAsync();
        server.FindFault = (request, _) =>
            new StoreFault(403, "AuthenticationFailed", request.QueryString.Value!.Replace("&", "&amp;", StringComparison.Ordinal));
        var connection = $"BlobEndpoint={server.Address}/account" +
            (setting.Length > 0 ? $";{setting}sv=2024-11-04&sig=c2VjcmV0%3D" : "?sig=c2VjcmV0%3D");

        var (_, error) = await ExportAsync(server, "az://place/x/", ("AZURE_STORAGE_CONNECTION_STRING", connection));

        Assert.That(error, Does.Contain("sig=***").And.Not.Contain("c2VjcmV0"));
    }

    [Test]
    [Platform("Linux", Reason = "Elsewhere, a full queue of connections is refused.")]
    public async Task A_host_that_does_not_respond_is_given_up([Values("s3", "az")] string scheme, [Values(0, 1)] int retries)
    {
        using var silent = new SilentListener();
        using var exporter = new Exporter(
            ("AWS_ACCESS_KEY_ID", "ID"),
            ("AWS_SECRET_ACCESS_KEY", Secret),
            ("AWS_ENDPOINT_URL_S3", $"http://127.0.0.1:{silent.Port}"),
            ("AZURE_STORAGE_CONNECTION_STRING", AzuriteStore.CreateConnectionString(silent.Port)));

        var (code, _, errors) = await exporter.TryAsync(
            "events", "--sandbox", "--output", $"{scheme}://place/x/", "--timeout", "1s", "--retries", retries.ToString(CultureInfo.InvariantCulture));

        Assert.That((code, errors), Is.EqualTo((
            4,
            $"croct-export: '{scheme}://place/x/events/' cannot be listed: there was no connection within 1s; --timeout allows more " +
            $"(http://127.0.0.1:{silent.Port}). Run the command again later.\n")));
    }

    [Test]
    public async Task A_role_that_aws_refuses_is_named()
    {
        await using var store = await ConditionalStore.StartAsync();
        var environment = store.GrantRole();
        store.FindFault = (_, _) => new StoreFault(403)
        {
            Body = """
                <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Code>AccessDenied</Code>
                <Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>
                """,
        };
        using var exporter = new Exporter(environment);

        var (code, _, errors) = await exporter.TryAsync("events", "--sandbox", "--output", store.Output, "--retries", "0");

        Assert.That(code, Is.EqualTo(3), errors);
        Assert.That(errors, Does.Contain("Not authorized to perform sts:AssumeRoleWithWebIdentity").And.Contain("or the role of the machine"));
    }

    [Test]
    public async Task A_wrong_key_of_azure_is_refused()
    {
        await using var store = await AzuriteStore.StartAsync();
        var connection = AzuriteStore.CreateConnectionString(store.Port, Secret);
        Assert.That(await ExportAsync(store, environment: ("AZURE_STORAGE_CONNECTION_STRING", connection)), Is.EqualTo((
            3,
            "'az://exports/*/events/' cannot be listed: the store responded 403 (AuthorizationFailure: Server failed to authenticate the request. " +
            "Make sure the value of the Authorization header is formed correctly including the signature). " +
            "Check AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, " +
            "and that they permit listing, reading and creating blobs there.")));
    }

    [TestCase(
        BlobContainerSasPermissions.Read | BlobContainerSasPermissions.Create | BlobContainerSasPermissions.Write,
        0,
        "'az://exports/*/events/' cannot be listed: the store responded 403")]
    [TestCase(BlobContainerSasPermissions.Read | BlobContainerSasPermissions.List, 0, "'az://exports/*/_tmp/probe' cannot be written: the store responded 403")]
    [TestCase(BlobContainerSasPermissions.All, -2, "'az://exports/*/events/' cannot be listed: the store responded 403")]
    public async Task A_token_that_does_not_permit_it_is_refused(BlobContainerSasPermissions permissions, int hours, string message)
    {
        await using var store = await AzuriteStore.StartAsync();
        var now = DateTimeOffset.UtcNow.AddHours(hours);
        var connection = store.CreateConnectionString(permissions, now.AddHours(-1), now.AddHours(1));

        var (code, error) = await ExportAsync(store, environment: ("AZURE_STORAGE_CONNECTION_STRING", connection));

        Assert.That(code, Is.EqualTo(3), error);
        Assert.That(error, Does.StartWith(message));
        Assert.That(error, Does.Not.Contain("sig="));
    }

    [Test]
    public async Task A_token_that_permits_creating_but_not_replacing_is_enough()
    {
        await using var store = await AzuriteStore.StartAsync();
        var connection = store.CreateConnectionString(
            BlobContainerSasPermissions.Read | BlobContainerSasPermissions.List | BlobContainerSasPermissions.Create,
            DateTimeOffset.UtcNow.AddHours(-1),
            DateTimeOffset.UtcNow.AddHours(1));

        for (var run = 0; run < 2; run++)
        {
            Assert.That(await ExportAsync(store, environment: ("AZURE_STORAGE_CONNECTION_STRING", connection)), Is.EqualTo((0, "")));
        }
    }

    [TestCase("GET", "AccessDenied", "'s3://exports/*/events/' cannot be listed: the store responded 403 (AccessDenied: Access Denied). *s3:ListBucket*")]
    [TestCase("PUT", "AccessDenied", "'s3://exports/*/_tmp/probe' cannot be written: the store responded 403 (AccessDenied: Access Denied). *s3:PutObject*")]
    public async Task A_permission_that_is_missing_in_s3_is_named(string method, string code, string message)
    {
        await using var store = await ConditionalStore.StartAsync();
        store.FindFault = (request, _) => request.Method == method ? new StoreFault(403, code, "Access Denied") : null;

        var (exitCode, error) = await ExportAsync(store);

        Assert.That(exitCode, Is.EqualTo(3));
        Assert.That(error, Does.Match($"^{Regex.Escape(message).Replace("\\*", ".*", StringComparison.Ordinal)}$"));
    }

    [Test]
    public async Task A_clock_that_is_wrong_is_named([Values(-20, 20)] int minutes)
    {
        await using var store = await ConditionalStore.StartAsync();
        store.FindFault = (_, _) => new StoreFault(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
        {
            Time = DateTimeOffset.UtcNow.AddMinutes(minutes),
        };

        Assert.That(await ExportAsync(store), Is.EqualTo((
            3,
            "'s3://exports/*/events/' cannot be listed: the store responded 403 (RequestTimeTooSkewed: " +
            "The difference between the request time and the current time is too large). " +
            $"The clock of this machine is 20m {(minutes > 0 ? "slow" : "fast")}: set it right.")));
    }

    [Test]
    public async Task A_store_that_ignores_conditions_is_refused_unless_there_is_a_single_writer()
    {
        await using var store = await S3rverStore.StartAsync();
        using var exporter = new Exporter(store.Environment);

        var (code, _, errors) = await exporter.TryAsync("events", "--sandbox", "--output", store.Output);

        Assert.That((code, errors), Is.EqualTo((
            2,
            $"croct-export: --output '{store.Output}': this store cannot create an object only if none has its name (If-None-Match), " +
            "so two writers could duplicate rows. Use another store, or pass --single-writer if no other process ever writes there.\n")));
        Assert.That((await store.ListAsync()).Keys, Is.EqualTo(new[] { "_tmp/probe" }));
    }

    [Test]
    public async Task A_store_that_does_not_know_conditions_is_refused_unless_there_is_a_single_writer()
    {
        await using var store = await ConditionalStore.StartAsync();
        store.FindFault = (request, _) => request.Headers.IfNoneMatch == "*" ? new StoreFault(501, "NotImplemented", "A header is not implemented") : null;

        Assert.That((await ExportAsync(store)).Code, Is.EqualTo(2));
        Assert.That(await ExportAsync(store, options: "--single-writer"), Is.EqualTo((0, "")));
        Assert.That(store.Objects.Keys.Count(name => name.Contains("/events/part-", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task A_credential_that_the_store_repeats_is_not_shown()
    {
        await using var store = await ConditionalStore.StartAsync();
        var secret = store.Environment.Single(variable => variable.Name == "AWS_SECRET_ACCESS_KEY").Value;
        store.FindFault = (_, _) => new StoreFault(403, "AccessDenied", $"You sent {secret}");

        var (_, error) = await ExportAsync(store);

        Assert.That(error, Does.Contain("You sent ***").And.Not.Contain(secret));
    }

    /// <summary>Variables that hide the credentials of the machine on which the tests run.</summary>
    private static readonly (string, string)[] Nothing =
    [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/does/not/exist"),
        ("AWS_CONFIG_FILE", "/does/not/exist"),
    ];

    /// <summary>The exit code, and the message without numbers of ports, prefix and program.</summary>
    private static async Task<(int Code, string Error)> ExportAsync(
        TestStore store, string? output = null, (string Name, string Value)? environment = null, params string[] options)
    {
        using var exporter = new Exporter([.. store.Environment, .. environment is { } variable ? [variable] : Array.Empty<(string, string)>()]);
        var (code, _, errors) = await exporter.TryAsync(
            ["events", "--sandbox", "--quiet", "--sandbox-items", "500", "--retries", "0", "--output", output ?? store.Output, .. store.Options, .. options]);
        Assert.That(errors.Count(character => character == '\n'), Is.LessThanOrEqualTo(1), errors);
        var message = errors.Replace("croct-export: ", "", StringComparison.Ordinal)
            .Replace($"/{TestStore.Prefix}", "/*/", StringComparison.Ordinal).TrimEnd('\n');
        return (code, Regex.Replace(message, @"http://127\.0\.0\.1:[0-9]+", "http://*"));
    }
}
