using System.CommandLine.Parsing;
using System.Globalization;
using Croct.Export.Models;
using Croct.Export.Sandbox;

namespace Croct.Export.Cli.Commands;

/// <summary>Reads the values of options; a value that is not valid is an error that says what is allowed.</summary>
internal static class Parse
{
    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    public static long Number(ArgumentResult result, long least, long most)
    {
        var text = result.Tokens.Single().Value;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        result.AddError($"{Name(result)} was '{text}'; it must be a whole number from {least} to {most}.");
        return default;
    }

    public static string OneOf(ArgumentResult result, params string[] allowed)
    {
        var text = result.Tokens.Single().Value;
        if (!allowed.Contains(text)) result.AddError($"{Name(result)} was '{text}'; it must be {string.Join(" or ", allowed)}.");
        return text;
    }

    public static DateTimeOffset? Time(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (!DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            result.AddError($"{Name(result)} was '{text}'; it must be a date such as 2026-11-01 or a time such as 2026-11-01T06:30:00Z (UTC where no offset is given).");
        }
        else if (time < DateTimeOffset.UnixEpoch)
        {
            result.AddError($"{Name(result)} was '{text}'; it must not be before 1970-01-01T00:00:00Z.");
        }

        return time;
    }

    public static TimeSpan? Duration(ArgumentResult result, TimeSpan most)
    {
        var text = result.Tokens.Single().Value;
        var unit = text.Length < 2 ? null : text[^1] switch { 's' => "00:00:01", 'm' => "00:01:00", 'h' => "01:00:00", 'd' => "1.00:00:00", _ => null };
        if (unit is not null && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 100_000)
        {
            var duration = TimeSpan.Parse(unit, CultureInfo.InvariantCulture) * number;
            if (duration <= most) return duration;
        }

        result.AddError($"{Name(result)} was '{text}'; it must be a number and a unit, s, m, h or d, such as 30m or 1d, and at most {most.TotalDays}d.");
        return null;
    }

    public static TimeUnit TimeUnit(ArgumentResult result, bool canDetect)
    {
        switch (result.Tokens.Single().Value)
        {
            case "seconds":
                return Export.TimeUnit.Seconds;
            case "milliseconds":
                return Export.TimeUnit.Milliseconds;
            case "detect" when canDetect:
                return Export.TimeUnit.Detect;
            case var text:
                result.AddError($"{Name(result)} was '{text}'; it must be {(canDetect ? "detect, " : "")}seconds or milliseconds.");
                return Export.TimeUnit.Detect;
        }
    }

    public static IReadOnlyList<EventType> EventTypes(ArgumentResult result)
    {
        var types = result.Tokens
            .SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries))
            .Select(name => new EventType(name))
            .Distinct()
            .ToList();
        if (types.FirstOrDefault(type => !EventType.KnownValues.Contains(type), EventType.OrderPlaced) is var unknown && !EventType.KnownValues.Contains(unknown))
        {
            result.AddError($"{Name(result)} holds '{unknown}'; known types: {string.Join(", ", EventType.KnownValues)}.");
        }

        return types;
    }

    public static SandboxFault[] Faults(ArgumentResult result)
    {
        var faults = new List<SandboxFault>();
        foreach (var token in result.Tokens)
        {
            try
            {
                faults.Add(SandboxFault.Parse(token.Value));
            }
            catch (FormatException exception)
            {
                result.AddError($"{Name(result)}: {exception.Message}");
            }
        }

        return [.. faults];
    }

    public static SandboxEndOfData EndOfData(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (text is "empty-page") return SandboxEndOfData.EmptyPage;
        if (text is not "null-cursor") result.AddError($"{Name(result)} was '{text}'; it must be empty-page or null-cursor.");
        return SandboxEndOfData.NullCursor;
    }

    private static string Name(ArgumentResult result) => ((OptionResult)result.Parent!).Option.Name;
}
