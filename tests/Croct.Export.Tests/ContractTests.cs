using Croct.Export.Models;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Newtonsoft.Json;

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

    [Test]
    public async Task Draws_no_warning_from_the_reader() => Assert.That((await LoadAsync()).Diagnostic!.Warnings, Is.Empty);

    [Test]
    public async Task Describes_every_operation_parameter_and_schema()
    {
        var document = (await LoadAsync()).Document!;
        var operations = document.Paths.Values.SelectMany(path => path.Operations!.Values).ToList();

        var silent = operations.Where(operation => operation.Description is null || operation.Summary is null).Select(operation => operation.OperationId!)
            .Concat(operations.SelectMany(operation => operation.Parameters!).Where(parameter => parameter.Description is null).Select(parameter => parameter.Name!))
            .Concat(document.Components!.Schemas!.Where(schema => schema.Value.Description is null && schema.Value.AllOf is null or []).Select(schema => schema.Key));

        Assert.That(silent, Is.Empty);
    }

    [TestCase("Order", "orderId")]
    [TestCase("CheckoutStarted", "orderId")]
    [TestCase("GoalCompleted", "goalId")]
    [TestCase("TestGroupAssigned", "testId")]
    [TestCase("TestGroupAssigned", "groupId")]
    [TestCase("LeadGenerated", "leadId")]
    [TestCase("ProductDetails", "productId")]
    [TestCase("Audience", "id")]
    [TestCase("Audience", "customId")]
    [TestCase("UserSignedUp", "externalUserId")]
    [TestCase("UserSignedIn", "externalUserId")]
    [TestCase("UserSignedOut", "externalUserId")]
    [TestCase("Session", "externalUserId")]
    [TestCase("User", "externalUserId")]
    public async Task Takes_any_text_for_what_a_shop_names_itself(string schema, string property)
    {
        var declared = (await LoadAsync()).Document!.Components!.Schemas![schema].Properties![property];

        Assert.That(declared.Type! & ~JsonSchemaType.Null, Is.EqualTo(JsonSchemaType.String));
        Assert.That((declared.Format, declared.Pattern), Is.EqualTo(((string?)null, (string?)null)));
    }

    [Test]
    public void An_order_keeps_the_name_that_the_shop_gave_it_and_a_quantity_its_fraction()
    {
        var order = JsonConvert.DeserializeObject<Order>("""{"orderId":"1001","items":[{"quantity":1.5}]}""")!;

        Assert.That((order.OrderId, order.Items[0].Quantity), Is.EqualTo(("1001", 1.5m)));
    }

    [Test]
    public async Task Refers_to_every_schema_that_it_has()
    {
        var (document, text) = ((await LoadAsync()).Document!, Repository.Read("openapi/croct-export.yaml"));

        Assert.That(document.Components!.Schemas!.Keys.Where(name => !text.Contains($"'#/components/schemas/{name}'", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Has_examples_that_obey_it()
    {
        var validator = await Sandbox.SpecValidator.LoadAsync();
        var violations = new List<string>();
        var examples = 0;
        foreach (var (path, item) in (await LoadAsync()).Document!.Paths)
        {
            foreach (var (status, response) in item.Operations![HttpMethod.Get].Responses!)
            {
                foreach (var (mediaType, media) in response.Content!)
                {
                    foreach (var example in (media.Examples?.Values.Select(example => example.Value) ?? []).Append(media.Example).OfType<System.Text.Json.Nodes.JsonNode>())
                    {
                        using var json = new StringWriter();
                        new OpenApiJsonWriter(json).WriteAny(example);
                        examples++;
                        violations.AddRange(validator.Validate(path, int.TryParse(status, out var number) ? number : 500, mediaType, json.ToString()).Select(violation => $"{path} {status}: {violation}"));
                    }
                }
            }
        }

        Assert.That(violations, Is.Empty);
        Assert.That(examples, Is.GreaterThan(20));
    }

    private static async Task<ReadResult> LoadAsync()
    {
        var settings = new OpenApiReaderSettings();
        settings.AddYamlReader();
        return await OpenApiDocument.LoadAsync(Repository.PathOf("openapi/croct-export.yaml"), settings);
    }
}
