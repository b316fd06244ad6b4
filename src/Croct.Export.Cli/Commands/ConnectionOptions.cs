using System.CommandLine;
using Croct.Export.Sandbox;

namespace Croct.Export.Cli.Commands;

/// <summary>The options that say where the data come from; the same for every command that asks the API.</summary>
internal sealed class ConnectionOptions
{
    /// <summary>The option that has the key and the variable that has it else.</summary>
    public const string KeyNames = $"--api-key (or {KeyVariable})";

    private const string KeyVariable = "CROCT_API_KEY";
    private static readonly ExportClientOptions Defaults = new();

    private readonly Option<string?> _apiKey = new("--api-key")
    {
        Description = $"The API key; by default that of the environment variable {KeyVariable}, where other users of the machine do not see it.",
    };

    private readonly Option<string?> _baseAddress = new("--base-address")
    {
        Description = $"The address of the API: https, or http on a loopback host. [default: {ExportClientOptions.ProductionAddress}]",
    };

    private readonly Option<TimeUnit> _timeUnit = new("--time-unit")
    {
        Description = "The unit in which time windows are sent. By default it is found out: before the first window, one item is asked for.",
        CustomParser = result => Parse.TimeUnit(result, canDetect: true),
        HelpName = "detect|seconds|milliseconds",
    };

    private readonly Option<TimeSpan?> _timeout = new("--timeout")
    {
        Description = "The longest time that one attempt at a page may take, its body included: 1s to 1d. [default: 100s]",
        CustomParser = result => Parse.Duration(result, most: TimeSpan.FromDays(1)),
        HelpName = "100s|5m",
    };

    private readonly Option<int> _retries = new("--retries")
    {
        Description = "How often an attempt that failed for the moment is made again: 0 to 20.",
        CustomParser = result => (int)Parse.Number(result, 0, 20),
        DefaultValueFactory = _ => Defaults.MaxRetries,
        HelpName = "N",
    };

    private readonly Option<bool> _sandbox = new("--sandbox")
    {
        Description = "Export from a sandbox inside this process, which needs no key and no network.",
    };

    private readonly Option<long> _sandboxItems = SandboxItems();

    private readonly Option<int> _seed = Seed();

    private readonly Option<SandboxFault[]> _faults = Faults();

    public static Option<long> SandboxItems() => new("--sandbox-items")
    {
        Description = "How many items the sandbox has.",
        CustomParser = result => Parse.Number(result, 0, 1_000_000_000),
        DefaultValueFactory = _ => 10_000,
        HelpName = "N",
    };

    public static Option<int> Seed() => new("--seed")
    {
        Description = "The number that the sandbox's data follow from.",
        CustomParser = result => (int)Parse.Number(result, 0, int.MaxValue),
        DefaultValueFactory = _ => 1,
        HelpName = "N",
    };

    public static Option<SandboxFault[]> Faults() => new("--fault")
    {
        Description = "Something that goes wrong in the sandbox, such as 429:every=10,retry-after=1; may be given several times. croct-export sandbox faults lists them.",
        CustomParser = Parse.Faults,
        DefaultValueFactory = _ => [],
        Arity = ArgumentArity.OneOrMore,
        HelpName = "FAULT",
    };

    /// <summary>A sandbox in which the given stream, or without one that of the events, has the given number of items.</summary>
    public static SandboxOptions SandboxOf(ExportStream? stream, long items, int seed, TimeUnit unit) => new()
    {
        Events = stream is null or ExportStream.Events ? items : 10_000,
        Sessions = stream == ExportStream.Sessions ? items : null,
        Users = stream == ExportStream.Users ? items : null,
        Seed = seed,
        TimeUnit = unit == TimeUnit.Milliseconds ? SandboxTimeUnit.Milliseconds : SandboxTimeUnit.Seconds,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_apiKey);
        command.Options.Add(_baseAddress);
        command.Options.Add(_timeUnit);
        command.Options.Add(_timeout);
        command.Options.Add(_retries);
        command.Options.Add(_sandbox);
        command.Options.Add(_sandboxItems);
        command.Options.Add(_seed);
        command.Options.Add(_faults);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_sandbox))
            {
                foreach (var option in new Option[] { _apiKey, _baseAddress })
                {
                    if (result.GetResult(option) is { Implicit: false }) result.AddError($"{option.Name} cannot go with --sandbox, which has its own.");
                }
            }
            else
            {
                foreach (var option in new Option[] { _sandboxItems, _seed, _faults })
                {
                    if (result.GetResult(option) is { Implicit: false }) result.AddError($"{option.Name} goes with --sandbox only.");
                }
            }
        });
    }

    public TimeUnit TimeUnitOf(ParseResult parsed) => parsed.GetValue(_timeUnit);

    /// <summary>Where the data come from, in words that stay the same: those of a sandbox follow from its seed and its size.</summary>
    public string SourceOf(ParseResult parsed) =>
        parsed.GetValue(_sandbox) ? $"a sandbox of {parsed.GetValue(_sandboxItems)} items with the seed {parsed.GetValue(_seed)}"
        : parsed.GetValue(_baseAddress) ?? ExportClientOptions.ProductionAddress.AbsoluteUri;

    /// <summary>Makes the client, and the sandbox if one is asked for.</summary>
    public async Task<Connection> OpenAsync(ParseResult parsed, ExportStream? stream, CancellationToken cancellationToken)
    {
        var client = new ExportClientOptions
        {
            TimeUnit = parsed.GetValue(_timeUnit),
            AttemptTimeout = parsed.GetValue(_timeout) ?? Defaults.AttemptTimeout,
            MaxRetries = parsed.GetValue(_retries),
            ApplicationName = "croct-export",
        };
        if (parsed.GetValue(_sandbox))
        {
            var options = SandboxOf(stream, parsed.GetValue(_sandboxItems), parsed.GetValue(_seed), client.TimeUnit);
            options.Faults = parsed.GetValue(_faults)!;
            var sandbox = await SandboxServer.StartAsync(options, cancellationToken);
            (client.ApiKey, client.BaseAddress) = (sandbox.ApiKey, sandbox.BaseAddress);
            return new Connection(new ExportClient(client), sandbox);
        }

        client.ApiKey = parsed.GetValue(_apiKey) ?? Environment.GetEnvironmentVariable(KeyVariable)
            ?? throw new UsageException($"There is no API key. Set {KeyVariable} or pass --api-key; to try without one, pass --sandbox.");
        client.BaseAddress = parsed.GetValue(_baseAddress) is not { } text ? ExportClientOptions.ProductionAddress
            : Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri
            : throw new UsageException($"--base-address was '{text}'; it must be an absolute URL, such as {ExportClientOptions.ProductionAddress}.");
        try
        {
            return new Connection(new ExportClient(client), sandbox: null);
        }
        catch (ArgumentException exception) when (exception.ParamName is nameof(ExportClientOptions.ApiKey) or nameof(ExportClientOptions.BaseAddress))
        {
            var option = exception.ParamName == nameof(ExportClientOptions.ApiKey) ? KeyNames : "--base-address";
            throw new UsageException(UsageException.MessageOf(exception).Replace(exception.ParamName, option, StringComparison.Ordinal));
        }
    }
}

/// <summary>A client, with the sandbox that it talks to if there is one.</summary>
internal sealed class Connection(ExportClient client, SandboxServer? sandbox) : IAsyncDisposable
{
    public ExportClient Client => client;

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (sandbox is not null) await sandbox.DisposeAsync();
    }
}
