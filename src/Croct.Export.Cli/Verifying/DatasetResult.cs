using Croct.Export.Cli.Destinations.Datasets;

namespace Croct.Export.Cli.Verifying;

/// <summary>What was found about a dataset. The counts may be read while it is filled.</summary>
/// <param name="slice">The slice; null for a dataset without slices.</param>
internal sealed class DatasetResult(Slice? slice)
{
    public Slice? Slice => slice;

    /// <summary>The folder in that of the stream.</summary>
    public string Folder => slice?.Folder ?? "";

    public IReadOnlyList<Problem> Problems { get; set; } = [];

    public long Rows { get; set; }

    public int Parts { get; set; }

    /// <summary>The number of rows that the API does not have in this version any more, such as earlier versions of sessions.</summary>
    public long OtherRows { get; set; }

    /// <summary>The number of rows that were added.</summary>
    public long RepairedRows { get; set; }

    /// <summary>Why it could not be verified; null if it was.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whether it was verified to the end.</summary>
    public bool IsVerified { get; set; }

    public bool IsComplete => IsVerified && Failure is null && Problems.Count == 0;
}
