using System.CommandLine;
using Croct.Export.Cli.Planning;

namespace Croct.Export.Cli.Commands;

/// <summary>The options for where datasets are; the same for exports and for verifying.</summary>
internal sealed class StoreSettings
{
    private readonly Option<bool> _singleWriter = new("--single-writer")
    {
        Description = "For a dataset: accept a file system or store that cannot create an object only if none has its name. No other process may write there.",
    };

    private readonly Option<string?> _s3Endpoint = new("--s3-endpoint")
    {
        Description = "With s3://: the address of a store that is compatible with S3. [default: AWS_ENDPOINT_URL_S3, or Amazon]",
        HelpName = "URL",
    };

    /// <summary>The options, none of which has a meaning without a dataset.</summary>
    public IReadOnlyList<Option> Options => [_singleWriter, _s3Endpoint];

    /// <param name="parsed">The command line.</param>
    /// <param name="output">The folder or address.</param>
    /// <param name="connection">The options for retries and timeouts.</param>
    public StorePlan CreatePlan(ParseResult parsed, string output, ConnectionOptions connection) => new()
    {
        Output = output,
        IsSingleWriter = parsed.GetValue(_singleWriter),
        Options = new()
        {
            S3Endpoint = parsed.GetValue(_s3Endpoint),
            Retries = connection.GetRetries(parsed),
            Timeout = connection.GetTimeout(parsed),
        },
    };
}
