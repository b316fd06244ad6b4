namespace Croct.Export.Cli.Destinations;

/// <summary>A failed attempt that will be repeated.</summary>
/// <param name="Number">Its number, starting at 1.</param>
/// <param name="Delay">The wait before the next attempt.</param>
/// <param name="Exception">Why it failed.</param>
internal sealed record FailedAttempt(int Number, TimeSpan Delay, Exception Exception);
