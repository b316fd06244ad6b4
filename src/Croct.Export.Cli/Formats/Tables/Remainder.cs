using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// What is left of an item when its columns are filled: fields that the contract does not name, and times that no calendar has. It becomes the
/// JSON of the column <c>extra</c>, in which everything has the name and the place that it had in the item.
/// </summary>
internal static class Remainder
{
    /// <param name="unknown">The unknown fields of the item itself.</param>
    /// <param name="parts">The unknown fields of parts of the item that have no JSON column, by the name of the part.</param>
    /// <param name="times">The times of the item, as received and as understood; one that was not understood is kept as received.</param>
    /// <returns>Null when nothing is left, as is usual.</returns>
    public static JObject? Of(
        IDictionary<string, JToken> unknown,
        ReadOnlySpan<(string Part, IDictionary<string, JToken>? Unknown)> parts,
        params ReadOnlySpan<(string Path, long? Received, DateTimeOffset? Understood)> times)
    {
        JObject? left = null;
        Add(ref left, unknown);
        foreach (var part in parts)
        {
            if (part.Unknown is not { Count: > 0 } fields) continue;
            var inner = new JObject();
            Add(ref inner, fields);
            (left ??= [])[part.Part] = inner;
        }

        foreach (var time in times)
        {
            if (time.Received is null || time.Understood is not null) continue;
            var path = time.Path.Split('.');
            var place = left ??= [];
            foreach (var name in path[..^1]) place = (JObject)(place[name] ??= new JObject());
            place[path[^1]] = time.Received;
        }

        return left;
    }

    private static void Add(ref JObject? target, IDictionary<string, JToken> fields)
    {
        foreach (var field in fields) (target ??= [])[field.Key] = field.Value;
    }
}
