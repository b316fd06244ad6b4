namespace Croct.Export.Cli.Formats;

/// <summary>Times in milliseconds since 1970.</summary>
internal static class Timestamps
{
    private const long Min = -62_135_596_800_000;
    private const long End = 253_402_300_800_000;

    /// <summary>Whether a time is in the years 1 to 9999, the range of a timestamp.</summary>
    public static bool IsInCalendar(long time) => time is >= Min and < End;

    public static DateTimeOffset? ToDate(long? time) => time is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}
