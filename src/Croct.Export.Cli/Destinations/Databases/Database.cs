using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using Polly;
using Polly.Retry;

namespace Croct.Export.Cli.Destinations.Databases;

/// <summary>How a database is accessed.</summary>
/// <param name="Retries">The number of retries of what fails temporarily.</param>
/// <param name="Timeout">The maximum duration of opening a connection. Statements have no limit: one may have to wait for another export.</param>
internal sealed record DatabaseOptions(int Retries, TimeSpan Timeout);

/// <summary>A schema in a PostgreSQL database. It may be used concurrently.</summary>
internal sealed class Database : IDisposable
{
    /// <summary>The oldest version of PostgreSQL that is accepted.</summary>
    private const int MinVersion = 12;

    private const int BufferSize = 64 * 1024;
    private const int MaxConnections = 100;

    /// <summary>The timeouts of idle and of long transactions.</summary>
    private static readonly string[] TransactionTimeouts = ["25P03", "25P04"];

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    private readonly DatabaseAddress _address;
    private readonly TimeSpan _timeout;
    private readonly NpgsqlDataSource _source;
    private readonly ResiliencePipeline _retry;

    /// <param name="address">The address.</param>
    /// <param name="options">How it is accessed.</param>
    /// <param name="onRetry">Called for each failed attempt that will be repeated; null for nothing.</param>
    /// <exception cref="UsageException">The settings contradict each other, or a file in them cannot be read.</exception>
    public Database(DatabaseAddress address, DatabaseOptions options, Action<FailedAttempt>? onRetry)
    {
        _address = address;
        var settings = new NpgsqlConnectionStringBuilder(address.Settings.ConnectionString)
        {
            // Rows are sent as they are in memory, whatever PGCLIENTENCODING says.
            ClientEncoding = "UTF8",
            CommandTimeout = 0,
            Enlist = false,

            // Otherwise the server that was lost would be left out of the next attempts.
            HostRecheckSeconds = 0,
            MaxPoolSize = MaxConnections,
            WriteBufferSize = BufferSize,
        };
        if (!address.IsSocket)
        {
            // Otherwise the loss of a server that is creating an index would not be noticed.
            (settings.TcpKeepAlive, settings.TcpKeepAliveTime, settings.TcpKeepAliveInterval) = (true, 60, 10);
        }

        if (!address.HasTimeout) settings.Timeout = (int)Math.Clamp(Math.Ceiling(options.Timeout.TotalSeconds), 1, DatabaseAddress.MaxConnectTimeout);
        _timeout = TimeSpan.FromSeconds(settings.Timeout);
        try
        {
            var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
            builder.EnableTransportSecurity();

            // All types used here are built in.
            builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
            _source = builder.Build();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new UsageException($"'{address.Name}' cannot be opened: {Terminal.OneLine(exception.Message)}");
        }

        _retry = options.Retries == 0 ? ResiliencePipeline.Empty : new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<StoreException>(exception => exception.Failure == StoreFailure.Temporary),
            MaxRetryAttempts = options.Retries,
            BackoffType = DelayBackoffType.Exponential,
            Delay = FirstDelay,
            MaxDelay = MaxDelay,
            UseJitter = true,
            OnRetry = failed =>
            {
                onRetry?.Invoke(new FailedAttempt(failed.AttemptNumber + 1, failed.RetryDelay, failed.Outcome.Exception!));
                return ValueTask.CompletedTask;
            },
        }).Build();
    }

    /// <summary>The address of the database, for people.</summary>
    public string Name => _address.Name;

    public string Schema => _address.Schema;

    /// <summary>The name of a table in the schema, for a statement.</summary>
    public string GetTable(string name) => $"{SqlTable.Quote(Schema)}.{SqlTable.Quote(name)}";

    /// <summary>Does work in a transaction of its own, with retries.</summary>
    /// <param name="work">The work. If the connection is lost while it is committed, it is done again although it may have been committed.</param>
    /// <exception cref="StoreException">It failed, and is not committed as far as is known.</exception>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        try
        {
            return await _retry.ExecuteAsync(async _ => await AttemptAsync(work));
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Temporary)
        {
            throw new StoreException($"{exception.Message} Nothing is lost: run the command again later.", exception.Failure, exception.InnerException);
        }
    }

    public void Dispose() => _source.Dispose();

    private async Task<T> AttemptAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        var isOpen = false;
        try
        {
            await using var connection = await _source.OpenConnectionAsync(CancellationToken.None);
            isOpen = true;
            Check(connection);
            await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            var result = await work(connection);
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException or TimeoutException or IOException and not StoreException)
        {
            throw isOpen && exception is not PostgresException ? DescribeLoss(exception) : DescribeOpening(exception);
        }
    }

    private void Check(NpgsqlConnection connection)
    {
        var version = connection.PostgreSqlVersion;
        if (version.Major < MinVersion)
        {
            throw Fail($"the server is PostgreSQL {version}, which is too old. Use version {MinVersion} or newer.", StoreFailure.Other);
        }

        if (connection.PostgresParameters.GetValueOrDefault("server_encoding") is { } encoding && encoding != "UTF8")
        {
            throw Fail($"its encoding is {encoding}, which cannot hold all texts. Use a database with the encoding UTF8.", StoreFailure.Other);
        }
    }

    /// <summary>Describes a failure after a connection was opened. As statements have no timeout, it is the network that has timed out.</summary>
    private StoreException DescribeLoss(Exception exception) =>
        Find<SocketException>(exception) is not null || Find<IOException>(exception) is not null || Find<TimeoutException>(exception) is not null
            ? Fail("the connection was lost.", StoreFailure.Temporary, exception)
            : Fail(EndSentence(exception.Message), StoreFailure.Other, exception);

    private StoreException DescribeOpening(Exception exception) => exception switch
    {
        { InnerException: AggregateException servers } => DescribeOpening(servers.InnerExceptions),
        PostgresException refused => Describe(refused),
        _ when exception.Message.StartsWith("No suitable host", StringComparison.Ordinal) =>
            Fail("none of its servers accepts writes.", StoreFailure.Temporary, exception),
        _ when Find<AuthenticationException>(exception) is { } tls =>
            Fail($"{EndSentence(tls.Message)} Check sslmode, sslrootcert and the server's certificate.", StoreFailure.Other, exception),
        _ when exception.Message.StartsWith("SSL connection requested", StringComparison.Ordinal) =>
            Fail("the server does not accept TLS connections. Turn on ssl there, or pass another sslmode.", StoreFailure.Refused, exception),
        _ when exception.Message.StartsWith("No password has been provided", StringComparison.Ordinal) =>
            Fail("the server wants a password. Set PGPASSWORD, or use a passfile (PGPASSFILE, or passfile= in --output).", StoreFailure.Refused, exception),
        _ when Find<SocketException>(exception) is { } socket =>
            Fail($"{EndSentence(socket.Message)} Check the host and the port.", StoreFailure.Temporary, exception),
        _ when Find<TimeoutException>(exception) is not null =>
            Fail($"it did not respond within {Durations.Format(_timeout)}; --timeout allows more.", StoreFailure.Temporary, exception),
        _ when Find<IOException>(exception) is not null => Fail("the connection was lost.", StoreFailure.Temporary, exception),
        _ => Fail(EndSentence(exception.Message), StoreFailure.Other, exception),
    };

    /// <summary>Describes why none of several servers could be used. If one may be there soon, that one counts.</summary>
    private StoreException DescribeOpening(IEnumerable<Exception> servers)
    {
        var failures = servers.Select(DescribeOpening).ToList();
        return failures.Find(failure => failure.Failure == StoreFailure.Temporary) ?? failures[0];
    }

    /// <summary>Describes an error by its code (https://www.postgresql.org/docs/current/errcodes-appendix.html).</summary>
    private StoreException Describe(PostgresException exception)
    {
        var (advice, failure) = exception.SqlState switch
        {
            PostgresErrorCodes.InvalidCatalogName => ("Create the database first (createdb), or correct its name.", StoreFailure.Refused),
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                ("Check the role, PGPASSWORD or the passfile, and pg_hba.conf on the server.", StoreFailure.Refused),
            PostgresErrorCodes.InsufficientPrivilege =>
                ($"Grant the role CREATE and TEMPORARY on the database, or let the owner run the command once and grant it USAGE on the schema {Schema}, " +
                    "SELECT, INSERT and UPDATE on its tables, and TEMPORARY on the database.",
                StoreFailure.Refused),
            PostgresErrorCodes.ReadOnlySqlTransaction =>
                ("Connect to a server that accepts writes; of several hosts in --output, target_session_attrs=read-write finds it.", StoreFailure.Refused),
            PostgresErrorCodes.QueryCanceled =>
                ("If it was by a timeout of the server, lift that: options=-c%20statement_timeout=0 in --output. Nothing is half stored.", StoreFailure.Other),
            PostgresErrorCodes.DiskFull =>
                ("The disk of the server is full. Nothing is half stored: make room there, and run the command again.", StoreFailure.Other),
            _ when IsTemporary(exception.SqlState) => ("", StoreFailure.Temporary),
            _ => ("", StoreFailure.Other),
        };
        var message = $"{EndSentence(exception.MessageText)} {advice}".TrimEnd();
        return Fail($"{message} ({exception.SqlState})", failure, exception);
    }

    private static bool IsTemporary(string state) => state[..2] is "08" or "40" or "53" or "57" || TransactionTimeouts.Contains(state) || state is
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ObjectInUse;

    private StoreException Fail(string reason, StoreFailure failure, Exception? inner = null) =>
        new(Terminal.OneLine($"'{Name}' cannot be used: {reason}"), failure, inner);

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is T found) return found;
        }

        return null;
    }

    private static string EndSentence(string message) => $"{message.TrimEnd('.', ' ')}.";
}
