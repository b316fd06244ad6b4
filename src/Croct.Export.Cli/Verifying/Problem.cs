using System.Globalization;

namespace Croct.Export.Cli.Verifying;

/// <summary>Why a dataset is not complete.</summary>
/// <param name="Kind">A word for programs.</param>
/// <param name="Part">The file name of the part that it is about; null for none.</param>
/// <param name="Text">What is wrong and what to do.</param>
internal sealed record Problem(string Kind, string? Part, string Text)
{
    public static Problem UnconfirmedEnd { get; } =
        new("unconfirmed-end", Part: null, "The API did not confirm the end of its data, so there may be more. Verify it again.");

    public static Problem CreateMissingRows(long count) => new(
        "missing-rows",
        Part: null,
        string.Create(
            CultureInfo.InvariantCulture,
            $"Items that the API has and that are missing, or there in an earlier version: {count:N0}. Pass --repair to add them."));

    /// <summary>The number of the part that is missing; null if this is another problem.</summary>
    public int? MissingPart { get; init; }
}
