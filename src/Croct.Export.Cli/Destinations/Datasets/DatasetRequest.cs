using System.Globalization;

namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>What a dataset contains, from where and in which format. All parts of a dataset have the same request. Holds no API key.</summary>
internal sealed record DatasetRequest
{
    /// <summary>The normalized address of the API, or the seed and size of a sandbox, whose port is different each time.</summary>
    public required string Source { get; init; }

    public required ExportStream Stream { get; init; }

    /// <summary>The types of events, sorted; empty for all.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>The start of the window, of that of the slice if there are slices; null for unbounded.</summary>
    public required DateTimeOffset? Start { get; init; }

    /// <summary>Like <see cref="Start"/>.</summary>
    public required DateTimeOffset? End { get; init; }

    /// <summary>The length of a slice; null if there are none.</summary>
    public required TimeSpan? SliceBy { get; init; }

    /// <summary>Format and compression.</summary>
    public required string Format { get; init; }

    /// <summary>The first difference from another request, with both values; null if there is none.</summary>
    /// <param name="other">The other request.</param>
    /// <param name="isSameSlice">Whether the windows must be the same too.</param>
    public string? FindDifference(DatasetRequest other, bool isSameSlice) => RequestDifference.Find(Parts(isSameSlice), other.Parts(isSameSlice));

    /// <summary>The difference between the unit of existing data and the requested one; null if there is none.</summary>
    public static string? FindDifference(TimeUnit? used, TimeUnit requested) => requested != TimeUnit.Detect && used is { } other && other != requested
        ? $"--time-unit was {other.ToString().ToLowerInvariant()} but is {requested.ToString().ToLowerInvariant()} this time"
        : null;

    private IEnumerable<(string Name, string Value)> Parts(bool isSameSlice) =>
    [
        ("the source", Source),
        ("the command", Stream.ToString().ToLowerInvariant()),
        ("--events", Events.Count == 0 ? "(all)" : string.Join(',', Events)),
        ("--slice-by", SliceBy is { } length ? Durations.Format(length) : "(none)"),
        ("--start", isSameSlice ? Text(Start) : ""),
        ("--end", isSameSlice ? Text(End) : ""),
        ("the format", Format),
    ];

    private static string Text(DateTimeOffset? time) =>
        time is { } some ? some.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) : "(none)";
}
