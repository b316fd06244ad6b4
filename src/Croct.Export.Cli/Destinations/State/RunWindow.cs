namespace Croct.Export.Cli.Destinations.State;

/// <summary>The window of time that a run asks for, as it was worked out when the run began.</summary>
/// <param name="Start">Its start, inclusive; null for unbounded.</param>
/// <param name="End">Its end, exclusive; null for unbounded.</param>
internal sealed record RunWindow(DateTimeOffset? Start, DateTimeOffset? End);

/// <summary>How the window of a run is worked out.</summary>
/// <param name="Start">The start that was asked for, as it is now; null for unbounded.</param>
/// <param name="End">The end that was asked for, as it is now; null for unbounded.</param>
/// <param name="HasOwnEnd">
/// Whether each run has an end of its own, which moves on: then it begins where the one before ended. If not, all runs have the window of the first one, and continue
/// from its cursor.
/// </param>
/// <param name="IsEndGiven">Whether somebody asked for the end; if not, it is now.</param>
/// <param name="MayBeEmpty">Whether an end that has not moved since the run before means that there is nothing to do; if not, it is a slip.</param>
internal sealed record WindowPlan(DateTimeOffset? Start, DateTimeOffset? End, bool HasOwnEnd, bool IsEndGiven, bool MayBeEmpty);
