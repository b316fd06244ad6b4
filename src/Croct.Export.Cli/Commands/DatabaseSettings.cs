using System.CommandLine;
using Croct.Export.Cli.Destinations.Databases;

namespace Croct.Export.Cli.Commands;

/// <summary>What the options mean for a database; the same for exports and for verifying.</summary>
internal static class DatabaseSettings
{
    /// <summary>How the database is accessed.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="connection">The options for retries and timeouts.</param>
    /// <param name="others">The options that have no meaning for a database.</param>
    /// <exception cref="UsageException">One of the other options is on the command line.</exception>
    public static DatabaseOptions CreateOptions(ParseResult parsed, ConnectionOptions connection, IEnumerable<Option> others)
    {
        if (others.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new UsageException($"{given.Name} cannot be used with a database. Leave it out.");
        }

        return new DatabaseOptions(connection.GetRetries(parsed), connection.GetTimeout(parsed));
    }
}
