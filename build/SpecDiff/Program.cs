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
    var comparison = Comparison.Of(ours, theirs);
    Console.Write(comparison.Report());
    return comparison.Differences().Any() ? 1 : 0;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
{
    await Console.Error.WriteLineAsync($"spec-diff: {exception.Message}");
    return 2;
}
