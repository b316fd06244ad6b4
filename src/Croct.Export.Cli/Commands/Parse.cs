using System.CommandLine.Parsing;
using System.Globalization;
using Croct.Export.Cli.Planning;
using Croct.Export.Models;
using Croct.Export.Sandbox;

namespace Croct.Export.Cli.Commands;

/// <summary>Parses the values of options. The error for an invalid value says what is allowed.</summary>
internal static class Parse
{
    public static long Number(ArgumentResult result, long min, long max)
    {
        var text = result.Tokens.Single().Value;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max) return number;
        result.AddError($"{Name(result)} was '{text}'; it must be a whole number from {min} to {max}.");
        return default;
    }

    public static string OneOf(ArgumentResult result, params string[] allowed)
    {
        var text = result.Tokens.Single().Value;
        if (!allowed.Contains(text)) result.AddError($"{Name(result)} was '{text}'; it must be {string.Join(", ", allowed[..^1])} or {allowed[^1]}.");
        return text;
    }

    public static Moment? Time(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        var moment = Moment.Parse(text, DateTimeOffset.UtcNow);
        if (moment is null)
        {
            result.AddError($"{Name(result)} was '{text}'; it must be {Moment.Allowed}.");
        }
        else if (moment.Time < DateTimeOffset.UnixEpoch)
        {
            result.AddError($"{Name(result)} was '{text}'; it must not be before 1970-01-01T00:00:00Z.");
        }

        return moment;
    }

    public static Uri? Address(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address))
        {
            result.AddError($"{Name(result)} was '{text}'; it must be an absolute URL, such as {ExportClientOptions.ProductionAddress}.");
        }

        return address;
    }

    public static int? Size(ArgumentResult result)
    {
        const int Min = 1024;
        const int Max = 1 << 30;
        var text = result.Tokens.Single().Value;
        var (unit, length) = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.OrdinalIgnoreCase) => (1L << 10, 3),
            _ when text.EndsWith("MiB", StringComparison.OrdinalIgnoreCase) => (1L << 20, 3),
            _ when text.EndsWith("GiB", StringComparison.OrdinalIgnoreCase) => (1L << 30, 3),
            _ => (1L, 0),
        };
        if (int.TryParse(text[..^length], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number * unit is >= Min and <= Max and var size)
        {
            return (int)size;
        }

        result.AddError($"{Name(result)} was '{text}'; it must be a number of bytes, KiB, MiB or GiB, such as 64MiB, from 1KiB to 1GiB.");
        return null;
    }

    public static TimeSpan? Duration(ArgumentResult result, TimeSpan max, TimeSpan? min = null)
    {
        var text = result.Tokens.Single().Value;
        var unit = text.Length < 2 ? null : text[^1] switch { 's' => "00:00:01", 'm' => "00:01:00", 'h' => "01:00:00", 'd' => "1.00:00:00", _ => null };
        if (unit is not null && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 100_000)
        {
            var duration = TimeSpan.Parse(unit, CultureInfo.InvariantCulture) * number;
            if (duration <= max && (duration > TimeSpan.Zero || min == TimeSpan.Zero)) return duration;
        }

        result.AddError($"{Name(result)} was '{text}'; it must be a number with a unit (s, m, h or d), such as 30m or 1d, and at most {max.TotalDays}d.");
        return null;
    }

    public static SliceShare? Share(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        try
        {
            return text == SliceShare.Auto || text.StartsWith(SliceShare.Auto + "/", StringComparison.Ordinal)
                ? SliceShare.Detect(SliceShare.ParseCount(text), Environment.GetEnvironmentVariable)
                : SliceShare.Parse(text);
        }
        catch (UsageException exception)
        {
            result.AddError($"{Name(result)} was '{text}'; {exception.Message}");
            return null;
        }
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
        foreach (var unknown in types.Where(type => !EventType.KnownValues.Contains(type)))
        {
            var meant = EventType.KnownValues.Where(known => GetEditDistance(known.Value, unknown.Value) <= 2).Select(known => known.Value).ToList();
            result.AddError($"{Name(result)} has {(unknown.Value.Length == 0 ? "an empty name" : $"'{unknown}'")}, {(meant.Count > 0
                ? $"which is not an event type. Did you mean {string.Join(" or ", meant)}?"
                : $"which is not one of the event types: {string.Join(", ", EventType.KnownValues)}.")}");
            break;
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

    /// <summary>The number of letters to add, remove or replace to turn one word into the other, ignoring case.</summary>
    private static int GetEditDistance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(one[i - 1]) == char.ToLowerInvariant(other[j - 1]) ? 0 : 1);
                (diagonal, row[j]) = (row[j], Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1));
            }
        }

        return row[^1];
    }

    private static string Name(ArgumentResult result) => ((OptionResult)result.Parent!).Option.Name;
}
