namespace Croct.Export.SpecTool;

/// <summary>
/// Compares two documents, path by path. Equivalents are matched: <c>2XX</c> of one with <c>200</c> of the other, <c>/events/{id}</c> with
/// <c>/events/{eventId}</c>, and <c>*/*</c> with <c>application/json</c>. If the two have different names for a path, the narrower one is used, or else ours.
/// </summary>
internal sealed class Comparison
{
    private readonly SortedDictionary<string, (Fact? Ours, Fact? Theirs)> _facts = new(StringComparer.Ordinal);

    private Comparison()
    {
    }

    /// <summary>Returns the paths of one document with their facts.</summary>
    public static IEnumerable<(string Label, Fact What)> GetFacts(Wire wire) => Of(wire, wire)._facts.Select(place => (place.Key, place.Value.Ours!));

    public static Comparison Of(Wire ours, Wire theirs)
    {
        var comparison = new Comparison();
        var left = theirs.Operations.ToList();
        foreach (var operation in ours.Operations)
        {
            var other = left.Find(other => other.ShapeWithServer == operation.ShapeWithServer) ?? left.Find(other => other.Shape == operation.Shape);
            if (other is not null) left.Remove(other);
            comparison.Add(operation, other);
        }

        foreach (var operation in left) comparison.Add(null, operation);
        return comparison;
    }

    /// <summary>Reports the differences, one a line, and their number.</summary>
    public string Report()
    {
        var differences = Differences().ToList();
        var sum = differences.Count switch { 0 => "The two are the same on the wire.", 1 => "1 difference.", var count => $"{count} differences." };
        return string.Concat(differences.Append(sum).Select(line => line + "\n"));
    }

    /// <summary>Describes the differences.</summary>
    public IEnumerable<string> Differences()
    {
        // If something was added or removed as a whole, its parts are not reported.
        var reported = new List<string>();
        foreach (var (place, (before, after)) in _facts)
        {
            if (reported.Exists(above => IsBelow(place, above))) continue;
            if (before is null || after is null) reported.Add(place);
            else if (before.IsSameAs(after)) continue;
            yield return before is null ? $"added    {place}: {after}"
                : after is null ? $"removed  {place}: {before}"
                : $"changed  {place}: {before} -> {after}";
        }
    }

    private static bool IsBelow(string place, string above) =>
        place.Length > above.Length && place.StartsWith(above, StringComparison.Ordinal) && place[above.Length] is '.' or '[' or '(' or '=' or ' ';

    private static bool IsRange(string status) => status.Length == 3 && status.EndsWith("XX", StringComparison.Ordinal);

    private static bool HasStatus(string range, string status) => IsRange(range) && status.Length == 3 && !IsRange(status) && range[0] == status[0];

    /// <summary>Whether <c>default</c> applies to a range of errors, which has no entry of its own.</summary>
    private static bool IsDefault(string status, string range) => status == "default" && range is "4XX" or "5XX";

    private static bool HasMediaType(string range, string mediaType) =>
        !mediaType.EndsWith('*')
        && (range == "*/*" || (range.EndsWith("/*", StringComparison.Ordinal) && mediaType.StartsWith(range[..^1], StringComparison.Ordinal)));

    /// <summary>
    /// Pairs the entries of two documents: by the same name, or by a wider name if one document has only that. A wider name that was used for a pair is not
    /// reported on its own.
    /// </summary>
    private static IEnumerable<(string Name, T? Ours, T? Theirs)> Pair<T>(
        Dictionary<string, T> ours, Dictionary<string, T> theirs, params Func<string, string, bool>[] wider)
        where T : class
    {
        var pairs = new Dictionary<string, (T? Ours, T? Theirs)>();
        var (left, right) = (ours.Keys.Except(theirs.Keys).ToList(), theirs.Keys.Except(ours.Keys).ToList());
        foreach (var name in ours.Keys.Intersect(theirs.Keys)) pairs[name] = (ours[name], theirs[name]);
        foreach (var isWider in wider)
        {
            var paired = new HashSet<string>();
            foreach (var name in left)
            {
                if (theirs.Keys.FirstOrDefault(range => isWider(range, name)) is not { } range) continue;
                pairs[name] = (ours[name], theirs[range]);
                paired.UnionWith([name, range]);
            }

            foreach (var name in right)
            {
                if (ours.Keys.FirstOrDefault(range => isWider(range, name)) is not { } range) continue;
                pairs[name] = (ours[range], theirs[name]);
                paired.UnionWith([name, range]);
            }

            left.RemoveAll(paired.Contains);
            right.RemoveAll(paired.Contains);
        }

        foreach (var name in left) pairs[name] = (ours[name], null);
        foreach (var name in right) pairs[name] = (null, theirs[name]);
        return pairs.Select(pair => (pair.Key, pair.Value.Ours, pair.Value.Theirs));
    }

    private void Add(WireOperation? ours, WireOperation? theirs)
    {
        var named = (ours ?? theirs)!;
        Add(named.Label, ours?.Facts, theirs?.Facts, named.Named);
        if (ours is not null && theirs is not null && ours.Path.EndsWith('/') != theirs.Path.EndsWith('/'))
        {
            Set($"{named.Label} address", new Fact(ours.Path), new Fact(theirs.Path));
        }

        AddContent($"{named.Label} body", ours?.Body, theirs?.Body);
        foreach (var (status, before, after) in Pair(ours?.Responses ?? [], theirs?.Responses ?? [], HasStatus, IsDefault))
        {
            AddContent($"{named.Label} {status}", before, after);
        }
    }

    private void AddContent(string place, WireContent? ours, WireContent? theirs)
    {
        if (ours is null && theirs is null) return;
        Set(place, ours?.What, theirs?.What);
        Add(place, ours?.Facts, theirs?.Facts, below => below);

        // If several media types have the same content, it is reported once. Media types of both documents come first.
        var reported = new List<(SortedDictionary<string, Fact>? Ours, SortedDictionary<string, Fact>? Theirs)>();
        var media = Pair(ours?.Media ?? [], theirs?.Media ?? [], HasMediaType)
            .OrderBy(pair => pair.Ours is null || pair.Theirs is null)
            .ThenBy(pair => pair.Name, StringComparer.Ordinal);
        foreach (var (mediaType, before, after) in media)
        {
            Set($"{place} {mediaType}", before is null ? null : What(before), after is null ? null : What(after));
            if (reported.Exists(one => IsSame(one.Ours, before) && IsSame(one.Theirs, after))) continue;
            var isWhole = before is null || after is null;
            var prefix = reported.Count == 0 && !isWhole ? "" : $"{mediaType} ";
            Add(place, before, after, below => below.Length == 0 ? null : $" {prefix}{below.TrimStart('.')}");
            reported.Add((before, after));
        }

        static Fact What(SortedDictionary<string, Fact> body) => body.GetValueOrDefault("") ?? new Fact("anything");

        static bool IsSame(SortedDictionary<string, Fact>? one, SortedDictionary<string, Fact>? other) =>
            one is null ? other is null : other is not null && one.SequenceEqual(other);
    }

    private void Add(string place, SortedDictionary<string, Fact>? ours, SortedDictionary<string, Fact>? theirs, Func<string, string?> rename)
    {
        foreach (var below in (ours?.Keys ?? Enumerable.Empty<string>()).Union(theirs?.Keys ?? Enumerable.Empty<string>()))
        {
            if (rename(below) is { } name) Set(place + name, ours?.GetValueOrDefault(below), theirs?.GetValueOrDefault(below));
        }
    }

    private void Set(string place, Fact? ours, Fact? theirs) => _facts[place] = (ours, theirs);
}
