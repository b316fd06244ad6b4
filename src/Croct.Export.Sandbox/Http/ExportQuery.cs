using System.Globalization;
using Croct.Export.Sandbox.Data;
using Croct.Export.Sandbox.Paging;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Http;

/// <summary>The query of one request for a page, checked.</summary>
/// <param name="PageSize">The most items of the page.</param>
/// <param name="Window">Where and how far to look.</param>
/// <param name="Cursor">The cursor as it was sent, or null.</param>
internal sealed record ExportQuery(int PageSize, Window Window, string? Cursor)
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;

    /// <summary>Reads and checks a query.</summary>
    /// <exception cref="ProblemException">A parameter is not valid.</exception>
    public static ExportQuery Parse(IQueryCollection query, ItemSource source, SandboxTimeUnit unit)
    {
        string[] known = source is EventSource ? ["start", "end", "pageSize", "cursor", "events"] : ["start", "end", "pageSize", "cursor"];
        foreach (var name in query.Keys)
        {
            if (!known.Contains(name)) throw Invalid(name, "is not known", string.Join(", ", known));
        }

        var pageSize = Number(query, "pageSize", 1, MaxPageSize) ?? DefaultPageSize;
        var start = Number(query, "start", 0, long.MaxValue);
        var end = Number(query, "end", 0, long.MaxValue);
        if (start >= end) throw Invalid("start", $"is {start}", $"a time before end, which is {end}");
        return new ExportQuery(
            (int)pageSize,
            new Window(source.Path, ToMilliseconds(start, unit), ToMilliseconds(end, unit), EventTypes(query)),
            Single(query, "cursor"));
    }

    private static long? ToMilliseconds(long? time, SandboxTimeUnit unit) =>
        unit == SandboxTimeUnit.Milliseconds ? time : time > long.MaxValue / 1000 ? long.MaxValue : time * 1000;

    private static long? Number(IQueryCollection query, string name, long least, long most)
    {
        if (Single(query, name) is not { } text) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Invalid(name, $"is '{Shortened(text)}'", most == long.MaxValue ? "a whole number, not negative" : $"a whole number from {least} to {most}");
    }

    private static string? Single(IQueryCollection query, string name)
    {
        var values = query[name];
        if (values.Count > 1) throw Invalid(name, "is there more than once", "one value");
        return values.Count == 0 ? null : values[0] is { Length: > 0 } value ? value : throw Invalid(name, "is empty", "a value, or no parameter at all");
    }

    private static List<EventKind> EventTypes(IQueryCollection query)
    {
        var types = new List<EventKind>();
        foreach (var name in query["events"])
        {
            types.Add(EventKind.All.FirstOrDefault(kind => kind.Name == name)
                ?? throw Invalid("events", $"holds '{Shortened(name ?? "")}'", string.Join(", ", EventKind.All.Select(kind => kind.Name))));
        }

        return types;
    }

    private static ProblemException Invalid(string name, string fault, string allowed) =>
        new(Problem.InvalidInput($"The parameter {name} {fault}. Allowed: {allowed}."));

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
