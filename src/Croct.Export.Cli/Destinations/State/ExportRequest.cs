namespace Croct.Export.Cli.Destinations.State;

/// <summary>What is exported from where into what: the fingerprint of a state. A state of one request is of no use to another. There is no key in it.</summary>
internal sealed record ExportRequest
{
    /// <summary>The address of the API in one spelling, or the seed and the size of a sandbox, whose port is another one each time.</summary>
    public required string Source { get; init; }

    public required ExportStream Stream { get; init; }

    /// <summary>The types of events, sorted; empty for all.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>The start of the window: a time, or the words of a relative one; null for unbounded.</summary>
    public required string? Start { get; init; }

    /// <summary>Like <see cref="Start"/>; null also if each run has an end of its own.</summary>
    public required string? End { get; init; }

    /// <summary>How far the window of a run goes back into that of the run before; null where runs continue from a cursor.</summary>
    public required TimeSpan? Lookback { get; init; }

    public required TimeUnit TimeUnit { get; init; }

    /// <summary>The <c>--cursor</c> that the first run began at; null for none.</summary>
    public required string? Cursor { get; init; }

    /// <summary>The <c>--output</c>, placeholders included, as it is found from the folder of the state: both can move together.</summary>
    public required string Output { get; init; }

    /// <summary>Format and compression.</summary>
    public required string Format { get; init; }

    /// <summary>The first thing in which another request differs, with both values; null when they are the same.</summary>
    public string? DifferenceTo(ExportRequest other) => Parts().Zip(other.Parts())
        .Where(pair => pair.First.Value != pair.Second.Value)
        .Select(pair => $"{pair.First.Name} is {pair.Second.Value} now and was {pair.First.Value}")
        .FirstOrDefault();

    private IEnumerable<(string Name, string Value)> Parts() =>
    [
        ("the source", Source),
        ("the command", Stream.ToString().ToLowerInvariant()),
        ("--events", Events.Count == 0 ? "(all)" : string.Join(',', Events)),
        ("--start", Start ?? "(none)"),
        ("--end", End ?? "(none)"),
        ("--lookback", Lookback is { } lookback ? $"{lookback:g}" : "(none)"),
        ("--time-unit", TimeUnit.ToString().ToLowerInvariant()),
        ("--cursor", Cursor ?? "(none)"),
        ("--output, from the folder of the state,", Output),
        ("the format", Format),
    ];
}
