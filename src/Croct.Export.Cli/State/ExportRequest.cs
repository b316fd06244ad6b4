namespace Croct.Export.Cli.State;

/// <summary>What is exported from where into what: the fingerprint of a state. A state of one request is of no use to another. There is no key in it.</summary>
internal sealed record ExportRequest
{
    /// <summary>The address of the API, or the seed and the size of a sandbox, whose port is another one each time.</summary>
    public required string Source { get; init; }

    public required ExportStream Stream { get; init; }

    /// <summary>The types of events, sorted; empty for all.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    public required DateTimeOffset? Start { get; init; }

    public required DateTimeOffset? End { get; init; }

    /// <summary>How far the window of a run goes back into that of the run before; null where runs go on from a cursor. <see cref="End"/> is then null.</summary>
    public required TimeSpan? Lookback { get; init; }

    public required TimeUnit TimeUnit { get; init; }

    /// <summary>The <c>--output</c> as a full path, placeholders included: the same name in another folder is another file.</summary>
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
        ("--start", Start is { } start ? $"{start.ToUniversalTime():O}" : "(none)"),
        ("--end", End is { } end ? $"{end.ToUniversalTime():O}" : "(none)"),
        ("--lookback", Lookback is { } lookback ? $"{lookback:g}" : "(none)"),
        ("--time-unit", TimeUnit.ToString().ToLowerInvariant()),
        ("--output", Output),
        ("the format", Format),
    ];
}
