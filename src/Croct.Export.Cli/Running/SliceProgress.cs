using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Destinations.Datasets;

namespace Croct.Export.Cli.Running;

/// <summary>The state of a slice in a run.</summary>
internal enum SliceState
{
    Waiting,
    Running,

    /// <summary>Completed by an earlier run.</summary>
    Skipped,

    /// <summary>Completed by this run.</summary>
    Complete,

    /// <summary>Exported, but the API did not confirm the end of the data.</summary>
    Unconfirmed,

    /// <summary>Left for the next run, since its data may still change.</summary>
    Unsettled,
    Failed,
    Stopped,
}

/// <summary>The progress and the result of one slice. The export updates it while other threads may read it.</summary>
/// <param name="slice">The slice.</param>
internal sealed class SliceProgress(Slice slice)
{
    public Slice Slice => slice;

    public SliceState State { get; set; }

    public bool IsComplete => State is SliceState.Skipped or SliceState.Complete;

    /// <summary>The number of rows that this run added.</summary>
    public long Rows { get; set; }

    /// <summary>The number of parts that this run added.</summary>
    public int Parts { get; set; }

    /// <summary>Why the slice is not complete; null if it is, or is not finished.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Where the export continued if it failed before its first page; otherwise null.</summary>
    public ResumePoint? Resume { get; set; }
}
