using System.Globalization;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Faults;

namespace Croct.Export.Sandbox;

/// <summary>
/// A fault to inject, and when to inject it: <c>NAME:key=value,key=value</c>, such as <c>429:every=10,retry-after=1</c>. <see cref="Kinds"/> lists
/// the names and their own keys. Every fault also has the following keys. If several are given, all must match; without any, every request is hit:
/// <list type="bullet">
/// <item><c>request=3</c> or <c>request=3+7</c>: the third (and the seventh) request that this sandbox receives, counted from 1;</item>
/// <item><c>every=10</c>: every tenth request;</item>
/// <item><c>rate=0.05</c>: this share of the requests, drawn from <see cref="SandboxOptions.Seed"/> and the request number;</item>
/// <item><c>times=2</c>: at most this many hits;</item>
/// <item><c>stream=events</c>, <c>sessions</c> or <c>users</c>: only requests for this stream, including look-ups of its items by id.</item>
/// </list>
/// Several faults can hit one request. If several replace the response, only the first one takes effect, and likewise if several disrupt its
/// delivery. A fault that has no effect, for this reason or because the response is not a page with items, is not a hit: it does not count towards
/// <c>times</c>, and <see cref="SandboxRequest.Faults"/> does not name it.
/// </summary>
public sealed class SandboxFault
{
    private const string CommonKeys = "request, every, rate, times, stream";
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

    /// <summary>All kinds of faults.</summary>
    public static IReadOnlyList<SandboxFaultKind> Kinds { get; } = [.. FaultKind.All.Select(kind => new SandboxFaultKind(kind))];

    /// <summary>The name of the kind of fault, such as <c>429</c>.</summary>
    public string Name => Kind.Name;

    internal FaultKind Kind { get; }

    internal long Times => _times;

    /// <summary>Parses a fault.</summary>
    /// <param name="text">The name of the kind of fault, followed by a colon and the settings that differ from the defaults.</param>
    /// <exception cref="FormatException">The text is not a fault; the message says what is wrong and what is allowed.</exception>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public static SandboxFault Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (name, settings) = text.Split(':', 2) is [var before, var after] ? (before.Trim(), after) : (text.Trim(), null);
        var kind = FaultKind.All.FirstOrDefault(kind => kind.Name == name)
            ?? throw new FormatException($"Unknown fault '{name}'; it must be one of {string.Join(", ", FaultKind.All.Select(kind => kind.Name))}.");
        var fault = new SandboxFault(text, kind);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var setting in settings?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (setting.Split('=', 2, StringSplitOptions.TrimEntries) is not [var key, var value])
            {
                throw new FormatException($"The fault '{text}' contains '{setting}'; it must be key=value.");
            }

            if (!seen.Add(key)) throw new FormatException($"The fault '{text}' sets {key} twice; set it once.");
            fault.Set(key, value);
        }

        return fault;
    }

    /// <summary>Parses a fault, like <see cref="Parse"/>.</summary>
    /// <param name="text">The text of the fault.</param>
    /// <exception cref="FormatException">The text is not a fault.</exception>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public static implicit operator SandboxFault(string text) => Parse(text);

    /// <summary>Returns the text that the fault was parsed from.</summary>
    public override string ToString() => _text;

    internal int GetValue(FaultSetting setting) => _settings.GetValueOrDefault(setting, setting.Default);

    /// <summary>Returns whether the fault applies to a request, regardless of <see cref="Times"/>.</summary>
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
                    ?? throw new FormatException(
                        $"The fault '{_text}' has no setting {key}; its settings are " +
                        $"{string.Join(", ", [.. Kind.Settings.Select(setting => setting.Key), CommonKeys])}.");
                _settings[setting] = (int)Whole(key, value, setting.Min, setting.Max);
                break;
        }
    }

    private long Whole(string key, string value, long min, long max) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Invalid(key, value, $"a whole number {(max == long.MaxValue ? $"of at least {min}" : $"from {min} to {max}")}");

    private FormatException Invalid(string key, string value, string allowed) => new($"The fault '{_text}' has {key}={value}; it must be {allowed}.");
}

/// <summary>A kind of <see cref="SandboxFault"/>.</summary>
public sealed class SandboxFaultKind
{
    internal SandboxFaultKind(FaultKind kind)
    {
        Name = kind.Name;
        Summary = kind.Summary;
        Settings = string.Join(
            ", ",
            kind.Settings.Select(setting => $"{setting.Key}={setting.Default} ({setting.Meaning}, {setting.Min} to {setting.Max})"));
    }

    /// <summary>The name, with which the text of a fault begins.</summary>
    public string Name { get; }

    /// <summary>What the fault does to a response, in one line.</summary>
    public string Summary { get; }

    /// <summary>The keys specific to this kind of fault, with default, meaning and range; empty if there are none.</summary>
    public string Settings { get; }
}
