using System.Reflection;
using Croct.Export.SpecDiff;

// Compares openapi/croct-export.yaml with another OpenAPI document of the API: what was added, removed or changed on the wire.
if (args is not [var theirPath])
{
    await Console.Error.WriteLineAsync("Usage: dotnet run --project build/SpecDiff -- FILE, where FILE is another OpenAPI document of the API, as YAML or JSON.");
    return 2;
}

var root = typeof(Wire).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;
try
{
    var ours = await Wire.ReadAsync(Path.Combine(root, "openapi", "croct-export.yaml"));
    var theirs = await Wire.ReadAsync(theirPath);
    var differences = Differences(ours, theirs).ToList();
    foreach (var difference in differences) Console.WriteLine(difference);
    Console.WriteLine(differences.Count == 0 ? "The two are the same on the wire." : $"{differences.Count} differences.");
    return differences.Count == 0 ? 0 : 1;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
{
    await Console.Error.WriteLineAsync($"spec-diff: {exception.Message}");
    return 2;
}

static IEnumerable<string> Differences(SortedDictionary<string, string> ours, SortedDictionary<string, string> theirs)
{
    // What is below something that is new or gone as a whole goes without saying.
    var told = new List<string>();
    foreach (var place in ours.Keys.Union(theirs.Keys).Order(StringComparer.Ordinal))
    {
        if (told.Exists(above => place.StartsWith(above, StringComparison.Ordinal) && place.Length > above.Length && place[above.Length] is '.' or '[' or '(' or '=' or ' ')) continue;
        var (before, after) = (ours.GetValueOrDefault(place), theirs.GetValueOrDefault(place));
        if (before == after) continue;
        if (before is null || after is null) told.Add(place);
        yield return before is null ? $"added    {place}: {after}"
            : after is null ? $"removed  {place}: {before}"
            : $"changed  {place}: {before} -> {after}";
    }
}
