using Croct.Export.Models;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Croct.Export.Tests;

public class ContractTests
{
    private static readonly string[] Operations =
        ["exportEvents", "exportSessions", "exportUsers", "exportEventById", "exportSessionById", "exportUserById"];

    [Test]
    public async Task Is_a_valid_OpenApi_document()
    {
        var result = await LoadAsync();

        Assert.That(result.Diagnostic!.Errors, Is.Empty);
        Assert.That(result.Diagnostic.SpecificationVersion, Is.EqualTo(OpenApiSpecVersion.OpenApi3_0));
    }

    [Test]
    public async Task Has_the_six_operations_and_each_answers_200()
    {
        var operations = (await LoadAsync()).Document!.Paths.Values.SelectMany(path => path.Operations!).ToList();

        Assert.That(operations.Select(operation => operation.Value.OperationId), Is.EquivalentTo(Operations));
        Assert.That(operations.Select(operation => operation.Key), Is.All.EqualTo(HttpMethod.Get));
        Assert.That(operations.Select(operation => operation.Value.Responses!.Keys), Is.All.Contains("200"));
    }

    [Test]
    public async Task Has_26_types_of_events_each_with_a_payload()
    {
        var schemas = (await LoadAsync()).Document!.Components!.Schemas!;
        var mapped = schemas["EventPayload"].Discriminator!.Mapping!;

        Assert.That(mapped, Has.Count.EqualTo(26));
        Assert.That(mapped.Keys, Is.EquivalentTo(schemas["EventType"].Enum!.Select(value => value.GetValue<string>())));
        Assert.That(mapped.Keys, Is.EquivalentTo(EventType.KnownValues.Select(type => type.Value)));
        Assert.That(mapped.Keys, Does.Contain("slotPersonalized").And.Contain("testGroupAssigned"));
    }

    [Test]
    public async Task Names_every_object()
    {
        var schemas = (await LoadAsync()).Document!.Components!.Schemas!;

        var unnamed = from schema in schemas
                      from property in schema.Value.Properties ?? new Dictionary<string, IOpenApiSchema>()
                      where property.Value is OpenApiSchema { Properties.Count: > 0 } or OpenApiSchema { Items: OpenApiSchema { Properties.Count: > 0 } }
                      select $"{schema.Key}.{property.Key}";

        Assert.That(unnamed, Is.Empty);
    }

    private static async Task<ReadResult> LoadAsync()
    {
        var settings = new OpenApiReaderSettings();
        settings.AddYamlReader();
        return await OpenApiDocument.LoadAsync(Repository.PathOf("openapi/croct-export.yaml"), settings);
    }
}
