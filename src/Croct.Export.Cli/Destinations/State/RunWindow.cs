namespace Croct.Export.Cli.Destinations.State;

/// <summary>The time window that a run requests, as determined when the run started.</summary>
/// <param name="Start">Its start, inclusive; null for unbounded.</param>
/// <param name="End">Its end, exclusive; null for unbounded.</param>
internal sealed record RunWindow(DateTimeOffset? Start, DateTimeOffset? End);

/// <summary>How the window of a run is determined.</summary>
/// <param name="Start">The requested start, a relative one already resolved; null for unbounded.</param>
/// <param name="End">The requested end, a relative one already resolved; null for unbounded.</param>
/// <param name="HasOwnEnd">
/// Whether each run has its own, later end: its window then begins where the previous one ended. If not, all runs have the window of the first run, and
/// continue from the cursor.
/// </param>
/// <param name="IsEndGiven">Whether the end was requested; if not, it is the current time.</param>
/// <param name="MayBeEmpty">Whether an end that has not moved since the previous run means that there is nothing to do; if not, it is an error.</param>
internal sealed record WindowPlan(DateTimeOffset? Start, DateTimeOffset? End, bool HasOwnEnd, bool IsEndGiven, bool MayBeEmpty);
