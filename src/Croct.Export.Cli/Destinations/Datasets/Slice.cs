using System.Globalization;

namespace Croct.Export.Cli.Destinations.Datasets;

/// <summary>A part of a closed window, cut by the calendar in UTC, that is a dataset of its own.</summary>
/// <param name="Start">The start, inclusive.</param>
/// <param name="Length">The length: a day, or hours that divide a day.</param>
internal readonly record struct Slice(DateTimeOffset Start, TimeSpan Length)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>The end, exclusive.</summary>
    public DateTimeOffset End => Start + Length;

    /// <summary>The number of the slice since 1970, by which machines share slices.</summary>
    public long Number => (Start - DateTimeOffset.UnixEpoch).Ticks / Length.Ticks;

    /// <summary>The folder of the slice in that of its stream, as Hive partitions are named.</summary>
    public string Folder => Length == Day
        ? string.Create(CultureInfo.InvariantCulture, $"date={Start.UtcDateTime:yyyy-MM-dd}/")
        : string.Create(CultureInfo.InvariantCulture, $"date={Start.UtcDateTime:yyyy-MM-dd}/hour={Start.UtcDateTime:HH}/");

    /// <summary>The start as shown to people.</summary>
    public string Name => Start.UtcDateTime.ToString(Length == Day ? "yyyy-MM-dd" : "yyyy-MM-dd'T'HH'Z'", CultureInfo.InvariantCulture);

    /// <summary>The slices of a window whose ends are ends of slices.</summary>
    public static IEnumerable<Slice> Cut(DateTimeOffset start, DateTimeOffset end, TimeSpan length)
    {
        for (var slice = new Slice(start, length); slice.Start < end; slice = slice with { Start = slice.End }) yield return slice;
    }

    /// <summary>The start of the slice that a time is in.</summary>
    public static DateTimeOffset Floor(DateTimeOffset time, TimeSpan length) =>
        DateTimeOffset.UnixEpoch.AddTicks((time - DateTimeOffset.UnixEpoch).Ticks / length.Ticks * length.Ticks);

    /// <summary>The slice that a folder name stands for; null if it is not the folder of a slice of this length.</summary>
    public static Slice? Parse(string folder, TimeSpan length)
    {
        var format = length == Day ? "'date='yyyy-MM-dd'/'" : "'date='yyyy-MM-dd'/hour='HH'/'";
        return DateTimeOffset.TryParseExact(folder, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var start)
            && start == Floor(start, length)
            ? new Slice(start, length)
            : null;
    }
}
