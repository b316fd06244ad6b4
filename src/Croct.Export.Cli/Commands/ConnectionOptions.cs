using System.CommandLine;
using Croct.Export.Cli.Planning;
using Croct.Export.Sandbox;

namespace Croct.Export.Cli.Commands;

/// <summary>The options for the data source, timeouts and retries; the same for every command that calls the API.</summary>
internal sealed class ConnectionOptions
{
    private const string KeyVariable = "CROCT_API_KEY";
    private const string KeyFileVariable = "CROCT_API_KEY_FILE";
    private static readonly ExportClientOptions Defaults = new();

    private readonly Option<string?> _apiKey = new("--api-key")
    {
        Description = $"The API key. Other users of the machine can see it on the command line; prefer {KeyVariable} or --api-key-file.",
        HelpName = "KEY",
    };

    private readonly Option<string?> _apiKeyFile = new("--api-key-file")
    {
        Description = "A file that contains the API key and nothing else, such as a mounted secret. " +
            $"It is read for each request, so keys can be rotated. By default, the file named by {KeyFileVariable}.",
        HelpName = "FILE",
    };

    private readonly Option<Uri?> _baseAddress = new("--base-address")
    {
        Description = $"The address of the API: https, or http on a loopback host. [default: {ExportClientOptions.ProductionAddress}]",
        CustomParser = Parse.Address,
        HelpName = "URL",
    };

    private readonly Option<TimeUnit> _timeUnit = new("--time-unit")
    {
        Description = "The unit in which time windows are sent. By default it is detected: one item is requested before the first window.",
        CustomParser = result => Parse.TimeUnit(result, canDetect: true),
        HelpName = "detect|seconds|milliseconds",
    };

    private readonly Option<TimeSpan?> _timeout = new("--timeout")
    {
        Description = "The maximum time for one attempt to get a page, including its body, for a pause in a transfer to or from object storage, and for " +
            "opening a connection to a database: 1s to 1d. [default: 100s]",
        CustomParser = result => Parse.Duration(result, max: TimeSpan.FromDays(1)),
        HelpName = "100s|5m",
    };

    private readonly Option<int> _retries = new("--retries")
    {
        Description = "The maximum number of retries after a temporary failure of the API, of object storage or of a database: 0 to 20.",
        CustomParser = result => (int)Parse.Number(result, 0, 20),
        DefaultValueFactory = _ => Defaults.MaxRetries,
        HelpName = "N",
    };

    private readonly Option<TimeSpan?> _maxRetryDelay = new("--max-retry-delay")
    {
        Description = "The maximum wait that the server may request with Retry-After: 1s to 1d. If it requests more, the export stops. [default: 2m]",
        CustomParser = result => Parse.Duration(result, max: TimeSpan.FromDays(1)),
        HelpName = "2m|1h",
    };

    private readonly Option<int?> _maxResponseSize = new("--max-response-size")
    {
        Description = "The maximum size of a response, after decompression: 1KiB to 1GiB. [default: 64MiB]",
        CustomParser = Parse.Size,
        HelpName = "64MiB|1GiB",
    };

    private readonly Option<bool> _sandbox = new("--sandbox")
    {
        Description = "Use a sandbox inside this process, which needs no key and no network.",
    };

    private readonly Option<long> _sandboxItems = SandboxItems();

    private readonly Option<int> _seed = Seed();

    private readonly Option<SandboxFault[]> _faults = Faults();

    public ConnectionOptions()
    {
        // The default completions of an enum are its names in C#.
        _timeUnit.CompletionSources.Clear();
        _timeUnit.CompletionSources.Add("detect", "seconds", "milliseconds");
    }

    public static Option<long> SandboxItems() => new("--sandbox-items")
    {
        Description = "The number of items in the sandbox.",
        CustomParser = result => Parse.Number(result, 0, 1_000_000_000),
        DefaultValueFactory = _ => 10_000,
        HelpName = "N",
    };

    public static Option<int> Seed() => new("--seed")
    {
        Description = "The seed from which the sandbox generates its data.",
        CustomParser = result => (int)Parse.Number(result, 0, int.MaxValue),
        DefaultValueFactory = _ => 1,
        HelpName = "N",
    };

    public static Option<SandboxFault[]> Faults() => new("--fault")
    {
        Description = "A fault of the sandbox, such as 429:every=10,retry-after=1. Can be repeated. croct-export sandbox faults lists them.",
        CustomParser = Parse.Faults,
        DefaultValueFactory = _ => [],
        Arity = ArgumentArity.OneOrMore,
        HelpName = "FAULT",
        CompletionSources = { _ => SandboxFault.Kinds.Select(kind => new System.CommandLine.Completions.CompletionItem(kind.Name)) },
    };

    /// <summary>Options for a sandbox with the given number of items in the stream, or in events if the stream is null.</summary>
    public static SandboxOptions CreateSandboxOptions(ExportStream? stream, long items, int seed, TimeUnit unit) => new()
    {
        Events = stream is null or ExportStream.Events ? items : 10_000,
        Sessions = stream == ExportStream.Sessions ? items : null,
        Users = stream == ExportStream.Users ? items : null,
        Seed = seed,
        TimeUnit = unit == TimeUnit.Milliseconds ? SandboxTimeUnit.Milliseconds : SandboxTimeUnit.Seconds,
    };

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _apiKey, _apiKeyFile, _baseAddress, _timeUnit, _timeout, _retries, _maxRetryDelay, _maxResponseSize, _sandbox, _sandboxItems, _seed, _faults,
        ];
        foreach (var option in options) command.Options.Add(option);

        command.Validators.Add(result =>
        {
            if (IsGiven(_apiKey) && IsGiven(_apiKeyFile)) result.AddError($"{_apiKey.Name} and {_apiKeyFile.Name} cannot be used together.");
            if (result.GetValue(_sandbox))
            {
                foreach (var option in new Option[] { _apiKey, _apiKeyFile, _baseAddress }.Where(IsGiven))
                {
                    result.AddError($"{option.Name} cannot be used with --sandbox, which has its own.");
                }
            }
            else
            {
                foreach (var option in new Option[] { _sandboxItems, _seed, _faults }.Where(IsGiven)) result.AddError($"{option.Name} requires --sandbox.");
            }

            bool IsGiven(Option option) => result.GetResult(option) is { Implicit: false };
        });
    }

    public TimeSpan GetTimeout(ParseResult parsed) => parsed.GetValue(_timeout) ?? Defaults.AttemptTimeout;

    public int GetRetries(ParseResult parsed) => parsed.GetValue(_retries);

    /// <param name="parsed">The command line.</param>
    /// <param name="stream">The stream to which --sandbox-items applies; null for events.</param>
    public SourcePlan CreatePlan(ParseResult parsed, ExportStream? stream)
    {
        var (isSandbox, unit) = (parsed.GetValue(_sandbox), parsed.GetValue(_timeUnit));
        var (key, file) = (parsed.GetValue(_apiKey), parsed.GetValue(_apiKeyFile));
        if (key is null && file is null) (key, file) = (ReadVariable(KeyVariable), ReadVariable(KeyFileVariable));
        return new SourcePlan
        {
            ApiKey = key,
            ApiKeyFile = key is null ? file : null,
            BaseAddress = isSandbox ? null : parsed.GetValue(_baseAddress) ?? ExportClientOptions.ProductionAddress,
            Sandbox = isSandbox ? CreateSandboxOptions() : null,
            TimeUnit = unit,
            Timeout = GetTimeout(parsed),
            Retries = GetRetries(parsed),
            MaxRetryDelay = parsed.GetValue(_maxRetryDelay) ?? Defaults.MaxRetryDelay,
            MaxResponseBytes = parsed.GetValue(_maxResponseSize) ?? Defaults.MaxResponseBytes,
        };

        SandboxOptions CreateSandboxOptions()
        {
            var options = ConnectionOptions.CreateSandboxOptions(stream, parsed.GetValue(_sandboxItems), parsed.GetValue(_seed), unit);
            options.Faults = parsed.GetValue(_faults)!;
            return options;
        }

        static string? ReadVariable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
    }
}
