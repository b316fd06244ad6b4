using System.Globalization;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Responses;
using Microsoft.AspNetCore.WebUtilities;

namespace Croct.Export.Sandbox.Http;

/// <summary>The validated query of a request for a page.</summary>
/// <param name="PageSize">The maximum number of items of the page.</param>
/// <param name="Window">The endpoint, time window and filter.</param>
/// <param name="Cursor">The cursor as sent; null if there is none.</param>
internal sealed record ExportQuery(int PageSize, Window Window, string? Cursor)
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;

    /// <summary>Short enough that a key sent in the wrong parameter is not returned in full.</summary>
    private const int MaxShownLength = 32;

    private static readonly string[] PageParameters = ["start", "end", "pageSize", "cursor"];
    private static readonly string[] EventPageParameters = [.. PageParameters, "events"];

    /// <summary>Parses and validates the query of a request for a page.</summary>
    /// <exception cref="ProblemException">A parameter is not valid.</exception>
    public static ExportQuery ForPage(string? query, ItemSource source, SandboxOptions options)
    {
        var values = Parse(query, source is EventSource ? EventPageParameters : PageParameters);
        var pageSize = Number(values, "pageSize", 1, MaxPageSize) ?? DefaultPageSize;
        var start = Number(values, "start", 0, long.MaxValue);
        var end = Number(values, "end", 0, long.MaxValue);
        if (start >= end) throw Invalid("start", $"is '{start}'", $"a time before end, which is '{end}'");
        var window = new Window(
            source.Path,
            options.IgnoreWindows ? null : ToMilliseconds(start, options.TimeUnit),
            options.IgnoreWindows ? null : ToMilliseconds(end, options.TimeUnit),
            EventTypes(values));
        return new ExportQuery((int)pageSize, window, Single(values, "cursor", "the nextCursor of an earlier response, or no cursor parameter"));
    }

    /// <summary>Checks that the query of a lookup has no parameters.</summary>
    /// <exception cref="ProblemException">There is a parameter.</exception>
    public static void ForLookUp(string? query) => Parse(query, []);

    /// <summary>The problem of a cursor that does not belong to the window.</summary>
    public static ProblemException ForeignCursor(string cursor) =>
        Invalid("cursor", $"is '{Shorten(cursor)}'", "the nextCursor of an earlier response to the same request: the same path, start, end and events");

    private static Dictionary<string, List<string>> Parse(string? query, string[] allowed)
    {
        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var parameter in new QueryStringEnumerable(query))
        {
            var name = parameter.DecodeName().ToString();
            if (!allowed.Contains(name, StringComparer.Ordinal))
            {
                throw Invalid(Shorten(name), "is unknown", allowed is [] ? "no parameters" : string.Join(", ", allowed));
            }

            if (!values.TryGetValue(name, out var list)) values[name] = list = [];
            list.Add(parameter.DecodeValue().ToString());
        }

        return values;
    }

    private static long? Number(Dictionary<string, List<string>> values, string name, long min, long max)
    {
        var allowed = max == long.MaxValue ? "a whole number that is not negative" : $"a whole number from {min} to {max}";
        if (Single(values, name, allowed) is not { } text) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Invalid(name, $"is '{Shorten(text)}'", allowed);
    }

    private static string? Single(Dictionary<string, List<string>> values, string name, string allowed)
    {
        if (!values.TryGetValue(name, out var list)) return null;
        if (list.Count > 1) throw Invalid(name, $"is given {list.Count} times", "one value");
        return list[0].Length > 0 ? list[0] : throw Invalid(name, "is empty", allowed);
    }

    private static EventFilter EventTypes(Dictionary<string, List<string>> values)
    {
        if (!values.TryGetValue("events", out var names)) return default;
        return new EventFilter(names.Select(name => EventKind.All.FirstOrDefault(kind => kind.Name == name)
            ?? throw Invalid("events", $"contains '{Shorten(name)}'", string.Join(", ", EventKind.All.Select(kind => kind.Name)))));
    }

    private static long? ToMilliseconds(long? time, SandboxTimeUnit unit) =>
        unit == SandboxTimeUnit.Milliseconds ? time : time > long.MaxValue / 1000 ? long.MaxValue : time * 1000;

    private static ProblemException Invalid(string name, string fault, string allowed) =>
        new(Problem.InvalidInput($"The parameter {name} {fault}. Allowed: {allowed}."));

    private static string Shorten(string text) => text.Length <= MaxShownLength ? text : text[..MaxShownLength] + "...";
}
