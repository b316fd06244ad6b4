using System.Globalization;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Faults;

namespace Croct.Export.Sandbox;

/// <summary>
/// Something that goes wrong, and when: <c>NAME:key=value,key=value</c>, such as <c>429:every=10,retry-after=1</c>. <see cref="Kinds"/> has the
/// names and their own keys. Any fault takes these keys too, which narrow each other down; without any, every request is hit:
/// <list type="bullet">
/// <item><c>request=3</c> or <c>request=3+7</c>: the third (and the seventh) request that this sandbox gets, counted from 1;</item>
/// <item><c>every=10</c>: each tenth request;</item>
/// <item><c>rate=0.05</c>: that share of the requests, drawn from <see cref="SandboxOptions.Seed"/> and the number of the request;</item>
/// <item><c>times=2</c>: so many hits, and none after them;</item>
/// <item><c>stream=events</c>, <c>sessions</c> or <c>users</c>: only requests for that stream, and for its items by id.</item>
/// </list>
/// Several faults can hit one request. The first that gives an answer of its own gives it, and the first that spoils the sending spoils it; a
/// fault that has no effect, be it for these or for want of a page with items, is no hit: it does not count for <c>times</c>, nor does
/// <see cref="SandboxRequest.Faults"/> name it.
/// </summary>
public sealed class SandboxFault
{
    private const string WhenKeys = "request, every, rate, times, stream";
    private static readonly (string Name, string Path)[] Streams = [("events", "/events"), ("sessions", "/session"), ("users", "/user")];

    private readonly string _text;
    private readonly Dictionary<FaultSetting, int> _settings = [];
    private long[]? _requests;
    private long _every = 1;
    private double _rate = 1;
    private long _times = long.MaxValue;
    private string? _path;

    private SandboxFault(string text, FaultKind kind)
    {
        _text = text;
        Kind = kind;
    }

    /// <summary>Every kind of fault there is.</summary>
    public static IReadOnlyList<SandboxFaultKind> Kinds { get; } = [.. FaultKind.All.Select(kind => new SandboxFaultKind(kind))];

    /// <summary>The name of its kind.</summary>
    public string Name => Kind.Name;

    internal FaultKind Kind { get; }

    internal long Times => _times;

    /// <summary>Reads a fault from its text.</summary>
    /// <param name="text">The name of its kind, then, behind a colon, what differs from the defaults.</param>
    /// <exception cref="FormatException">It is not a fault; the message names what is wrong and what is allowed.</exception>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public static SandboxFault Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (name, settings) = text.Split(':', 2) is [var before, var after] ? (before.Trim(), after) : (text.Trim(), null);
        var kind = FaultKind.All.FirstOrDefault(kind => kind.Name == name)
            ?? throw new FormatException($"There is no fault '{name}'; there are {string.Join(", ", FaultKind.All.Select(kind => kind.Name))}.");
        var fault = new SandboxFault(text, kind);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var setting in settings?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (setting.Split('=', 2, StringSplitOptions.TrimEntries) is not [var key, var value])
            {
                throw new FormatException($"The fault '{text}' holds '{setting}'; it must be key=value.");
            }

            if (!seen.Add(key)) throw new FormatException($"The fault '{text}' has {key} twice.");
            fault.Set(key, value);
        }

        return fault;
    }

    /// <summary>The same as <see cref="Parse"/>, and throws the same.</summary>
    /// <param name="text">The text of the fault.</param>
    /// <exception cref="FormatException">It is not a fault.</exception>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public static implicit operator SandboxFault(string text) => Parse(text);

    /// <summary>The text it was read from.</summary>
    public override string ToString() => _text;

    internal int ValueOf(FaultSetting setting) => _settings.GetValueOrDefault(setting, setting.Default);

    /// <summary>Whether a request is one of those that it is about, but for <see cref="Times"/>.</summary>
    internal bool IsDue(long request, string path, int seed, int place) =>
        (_requests is null || _requests.Contains(request))
        && request % _every == 0
        && (_path is null || path == _path || path.StartsWith(_path + "/", StringComparison.Ordinal))
        && (_rate >= 1 || Draw.Of(seed + place, Purpose.Fault, request).Next() < _rate * ulong.MaxValue);

    private void Set(string key, string value)
    {
        switch (key)
        {
            case "request":
                _requests = [.. value.Split('+').Select(number => Whole(key, number, 1, long.MaxValue))];
                break;
            case "every":
                _every = Whole(key, value, 1, long.MaxValue);
                break;
            case "times":
                _times = Whole(key, value, 1, long.MaxValue);
                break;
            case "rate":
                if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _rate) || _rate is not (>= 0 and <= 1))
                {
                    throw Invalid(key, value, "a number from 0 to 1");
                }

                break;
            case "stream":
                _path = Streams.FirstOrDefault(stream => stream.Name == value).Path ?? throw Invalid(key, value, "events, sessions or users");
                break;
            default:
                var setting = Kind.Settings.FirstOrDefault(setting => setting.Key == key)
                    ?? throw new FormatException($"The fault '{_text}' has no {key}; it has {string.Join(", ", [.. Kind.Settings.Select(setting => setting.Key), WhenKeys])}.");
                _settings[setting] = (int)Whole(key, value, setting.Least, setting.Most);
                break;
        }
    }

    private long Whole(string key, string value, long least, long most) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Invalid(key, value, $"a whole number {(most == long.MaxValue ? $"of at least {least}" : $"from {least} to {most}")}");

    private FormatException Invalid(string key, string value, string allowed) => new($"The fault '{_text}' has {key}={value}; it must be {allowed}.");
}

/// <summary>A kind of <see cref="SandboxFault"/>.</summary>
public sealed class SandboxFaultKind
{
    internal SandboxFaultKind(FaultKind kind)
    {
        Name = kind.Name;
        Summary = kind.Summary;
        Settings = string.Join(", ", kind.Settings.Select(setting => $"{setting.Key}={setting.Default} ({setting.Meaning}, {setting.Least} to {setting.Most})"));
    }

    /// <summary>Its name, with which the text of a fault begins.</summary>
    public string Name { get; }

    /// <summary>What it does to an answer, in one line.</summary>
    public string Summary { get; }

    /// <summary>The keys of its own, with default, meaning and range; empty where it has none.</summary>
    public string Settings { get; }
}
