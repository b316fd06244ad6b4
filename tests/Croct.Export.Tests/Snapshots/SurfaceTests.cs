using System.Reflection;
using System.Text;
using Croct.Export.Models;
using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Newtonsoft.Json;
using PublicApiGenerator;
using VerifyNUnit;

namespace Croct.Export.Tests.Snapshots;

/// <summary>Everything that others build on. Changing it takes a deliberate change of a snapshot.</summary>
public class SurfaceTests
{
    private static readonly Assembly Library = typeof(ExportClient).Assembly;

    [Test]
    public async Task Public_API_of_the_library() => await Verifier.Verify(Describe(Library, type => type.Namespace != "Croct.Export.Models"));

    [Test]
    public async Task Public_API_of_the_models() => await Verifier.Verify(Describe(Library, type => type.Namespace == "Croct.Export.Models"));

    [Test]
    public async Task Public_API_of_the_sandbox() => await Verifier.Verify(Describe(typeof(SandboxServer).Assembly, _ => true));

    [Test]
    public async Task Public_API_of_the_dependency_injection() =>
        await Verifier.Verify(Describe(typeof(CroctExportServiceCollectionExtensions).Assembly, _ => true));

    [Test]
    public async Task Methods_of_the_generated_client()
    {
        var client = Library.GetType("Croct.Export.Models.RawExportClient", throwOnError: true)!;
        var text = new StringBuilder();
        foreach (var method in client.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .OrderBy(method => method.Name, StringComparer.Ordinal))
        {
            var parameters = method.GetParameters().Select(parameter => $"{TypeName(parameter.ParameterType)} {parameter.Name}");
            text.Append(TypeName(method.ReturnType)).Append(' ').Append(method.Name).Append('(').AppendJoin(", ", parameters).Append(")\n");
        }

        await Verifier.Verify(text.ToString());
    }

#if !NETSTANDARD_LIBRARY
    [Test]
    public async Task The_contract_on_the_wire()
    {
        var facts = SpecTool.Comparison.GetFacts(await SpecTool.Wire.ReadAsync(Repository.PathOf("openapi/croct-export.yaml")));

        await Verifier.Verify(string.Concat(facts.Select(fact => $"{fact.Label}: {fact.What}\n")));
    }

    /// <summary>Loaders of the files rely on the order: new columns may only be appended.</summary>
    [Test]
    public async Task The_columns_of_the_tables() =>
        await Verifier.Verify(string.Concat(
            from stream in (string[])["events", "sessions", "users"]
            from column in CommandLine.Tables.ColumnSources.ColumnsOf(stream)
            select $"{stream}.{column["name"]} {column["type"]}\n"));
#endif

    [Test]
    public async Task A_page_with_every_type_of_event_read_and_written_back()
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var client = sandbox.Client();
        var page = await client.ExportEventsAsync(new EventExportOptions { PageSize = 1000 });

        var events = page.Items.GroupBy(e => e.Payload!.Type).OrderBy(group => group.Key.Value, StringComparer.Ordinal).Select(group => group.First());

        await Verifier.Verify(JsonConvert.SerializeObject(events, Formatting.Indented));
    }

    private static string Describe(Assembly assembly, Func<Type, bool> which) => assembly.GetExportedTypes().Where(which).ToArray().GeneratePublicApi(
        new ApiGeneratorOptions { IncludeAssemblyAttributes = false, DenyNamespacePrefixes = [] });

    private static string TypeName(Type type)
    {
        if (!type.IsGenericType) return type.Name;
        return $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(TypeName))}>";
    }
}
