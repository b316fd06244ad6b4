using System.Globalization;
using System.Text.RegularExpressions;

namespace Croct.Export.Cli.Planning;

/// <summary>A time on the command line: a date, a time, or a time relative to now. It is UTC unless an offset is given.</summary>
/// <param name="Text">A relative time as given; a fixed time in its full ISO 8601 form, whatever its spelling was.</param>
/// <param name="Time">The time that it currently stands for.</param>
/// <param name="IsRelative">Whether it depends on the current time.</param>
internal sealed partial record Moment(string Text, DateTimeOffset Time, bool IsRelative)
{
    /// <summary>The allowed forms, for error messages.</summary>
    public const string Allowed =
        "a date such as 2026-11-01, a time such as 2026-11-01T06:30:00Z, now, today, yesterday, " +
        "or a time relative to these, such as -7d, now-36h, today-2w (m, h, d, w; UTC unless an offset is given)";

    private static readonly string[] Formats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Parses a time. Returns null if the text is not a time.</summary>
    public static Moment? Parse(string text, DateTimeOffset now)
    {
        if (DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return new Moment(time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture), time, IsRelative: false);
        }

        var words = Relative().Match(text);
        if (!words.Success || text.Length == 0) return null;

        // A whole second, at which the next window can start in the API.
        var second = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)).ToUniversalTime();
        var day = new DateTimeOffset(second.UtcDateTime.Date, TimeSpan.Zero);
        var from = words.Groups["day"].Value switch { "today" => day, "yesterday" => day.AddDays(-1), _ => second };
        if (!words.Groups["number"].Success) return new Moment(text, from, IsRelative: true);
        var unit = words.Groups["unit"].Value switch
        {
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            "d" => TimeSpan.FromDays(1),
            _ => TimeSpan.FromDays(7),
        };
        var span = int.Parse(words.Groups["number"].Value, CultureInfo.InvariantCulture) * unit;
        return span > from - DateTimeOffset.UnixEpoch ? null : new Moment(text, from - span, IsRelative: true);
    }

    [GeneratedRegex(@"\A(?<day>now|today|yesterday)?(-(?<number>[0-9]{1,6})(?<unit>[mhdw]))?\z")]
    private static partial Regex Relative();
}
