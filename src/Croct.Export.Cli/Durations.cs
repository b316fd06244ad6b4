using System.Globalization;

namespace Croct.Export.Cli;

/// <summary>Durations as people read and write them.</summary>
internal static class Durations
{
    /// <summary>A duration in the format of an option.</summary>
    public static string Format(TimeSpan span) =>
        span == TimeSpan.Zero ? "0s"
        : span.Ticks % TimeSpan.TicksPerSecond != 0 ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.###}s")
        : span.Seconds != 0 ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0}s")
        : span.Minutes != 0 ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0}m")
        : span.Hours != 0 ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0}h")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0}d");
}
