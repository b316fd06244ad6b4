using System.Globalization;

namespace Croct.Export.Tests.Database;

/// <summary>The server of all tests here that need only a database of their own.</summary>
[SetUpFixture]
public class SharedServer
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(() => PostgresServer.StartAsync());

    private static int _databases;

    internal static Task<PostgresServer> Instance => Server.Value;

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Server.IsValueCreated && Server.Value.IsCompletedSuccessfully) await (await Server.Value).DisposeAsync();
    }

    /// <summary>Creates a database for a test.</summary>
    /// <param name="options">Options of CREATE DATABASE.</param>
    internal static async Task<TestDatabase> CreateAsync(string options = "") =>
        await (await Instance).CreateAsync(string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}"), options);
}
