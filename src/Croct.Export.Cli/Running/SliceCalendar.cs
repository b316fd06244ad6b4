using System.Globalization;
using Croct.Export.Cli.Destinations.Datasets;

namespace Croct.Export.Cli.Running;

/// <summary>A calendar of slices, one character for each: a line for a month of days, a week of six-hour slices, or a day of hours.</summary>
internal static class SliceCalendar
{
    private const int SlicesOfADay = 24;

    /// <summary>The characters and what they mean.</summary>
    public const string Legend = "# complete  > running  . waiting  - left for later  x failed";

    /// <summary>The character of a state.</summary>
    public static char GetMark(SliceState state) => state switch
    {
        SliceState.Skipped or SliceState.Complete => '#',
        SliceState.Running => '>',
        SliceState.Waiting or SliceState.Stopped => '.',
        SliceState.Unsettled or SliceState.Unconfirmed => '-',
        _ => 'x',
    };

    /// <summary>Draws slices as lines, each with whether it has a slice that is not complete.</summary>
    /// <param name="slices">The slices in the order of time, all of the same length, with the character of each.</param>
    public static IReadOnlyList<(string Text, bool IsComplete)> Draw(IReadOnlyList<(Slice Slice, char Mark)> slices) =>
    [
        .. slices.GroupBy(slice => GetLine(slice.Slice)).Select(line =>
        {
            var marks = line.ToDictionary(slice => GetColumn(slice.Slice), slice => slice.Mark);
            var text = string.Concat(Enumerable.Range(0, marks.Keys.Max() + 1).Select(column => marks.GetValueOrDefault(column, ' ')));
            return ($"{line.Key}  {text}", marks.Values.All(mark => mark == '#'));
        }),
    ];

    private static string GetLine(Slice slice) => slice.Length.TotalDays >= 1
        ? slice.Start.UtcDateTime.ToString("yyyy-MM   ", CultureInfo.InvariantCulture)
        : GetFirstDay(slice).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The first day of a line of slices shorter than a day.</summary>
    private static DateTime GetFirstDay(Slice slice)
    {
        var day = slice.Start.UtcDateTime.Date;
        return slice.Length.TotalHours > 1 ? day.AddDays(-(((int)day.DayOfWeek + 6) % 7)) : day;
    }

    private static int GetColumn(Slice slice)
    {
        var start = slice.Start.UtcDateTime;
        if (slice.Length.TotalDays >= 1) return start.Day - 1;
        var column = (int)((start - GetFirstDay(slice)).Ticks / slice.Length.Ticks);
        var ofADay = (int)(TimeSpan.TicksPerDay / slice.Length.Ticks);

        // A space between the days.
        return ofADay == SlicesOfADay ? column : column + (column / ofADay);
    }
}
