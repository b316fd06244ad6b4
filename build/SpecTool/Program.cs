using System.Reflection;
using Croct.Export.SpecTool;

// diff FILE          compares openapi/croct-export.yaml with another OpenAPI document of the API: what was added, removed or changed on the wire
// contract IN OUT    converts a contract to the JSON that the exporter and the sandbox embed; used by the build
try
{
    switch (args)
    {
        case ["diff", var theirs]:
            return await CompareAsync(theirs);
        case ["contract", var contract, var output]:
            await File.WriteAllTextAsync(output, ContractJson.Of(await File.ReadAllTextAsync(contract)));
            return 0;
        default:
            await Console.Error.WriteLineAsync(
                "Usage: dotnet run --project build/SpecTool -- COMMAND\n" +
                "  diff FILE        compares openapi/croct-export.yaml with FILE, another OpenAPI document of the API, as YAML or JSON\n" +
                "  contract IN OUT  converts the contract IN to the JSON file OUT, which the exporter and the sandbox embed; used by the build");
            return 2;
    }
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
{
    await Console.Error.WriteLineAsync($"spec-tool: {exception.Message}");
    return 2;
}

static async Task<int> CompareAsync(string theirPath)
{
    var root = typeof(Wire).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;
    var ours = await Wire.ReadAsync(Path.Combine(root, "openapi", "croct-export.yaml"));
    var theirs = await Wire.ReadAsync(theirPath);
    var comparison = Comparison.Of(ours, theirs);
    Console.Write(comparison.Report());
    return comparison.Differences().Any() ? 1 : 0;
}
