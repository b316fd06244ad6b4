namespace Croct.Export.Cli.Destinations.State;

/// <summary>What is exported, from where and to which file. A state can only be used with the request that it was created for. Holds no API key.</summary>
internal sealed record ExportRequest
{
    /// <summary>The normalized address of the API, or the seed and size of a sandbox, whose port is different each time.</summary>
    public required string Source { get; init; }

    public required ExportStream Stream { get; init; }

    /// <summary>The types of events, sorted; empty for all.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>The start of the window: a time, or the text of a relative one; null for unbounded.</summary>
    public required string? Start { get; init; }

    /// <summary>Like <see cref="Start"/>; null also if each run has its own end.</summary>
    public required string? End { get; init; }

    /// <summary>By how much the window of a run overlaps that of the previous run; null if runs continue from a cursor.</summary>
    public required TimeSpan? Lookback { get; init; }

    public required TimeUnit TimeUnit { get; init; }

    /// <summary>The <c>--cursor</c> that the first run started at; null for none.</summary>
    public required string? Cursor { get; init; }

    /// <summary>The <c>--output</c> with its placeholders, relative to the folder of the state, so that both can be moved together.</summary>
    public required string Output { get; init; }

    /// <summary>Format and compression.</summary>
    public required string Format { get; init; }

    /// <summary>The first difference from another request, with both values; null if there is none.</summary>
    public string? FindDifference(ExportRequest other) => RequestDifference.Find(Parts(), other.Parts());

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
        ("--output, relative to the folder of the state,", Output),
        ("the format", Format),
    ];
}
