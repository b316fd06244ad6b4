using System.Globalization;
using System.Reflection;
using System.Xml.Linq;
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
    public async Task Has_the_six_operations_and_each_responds_200()
    {
        var operations = (await LoadAsync()).Document!.Paths.Values.SelectMany(path => path.Operations!).ToList();

        Assert.That(operations.Select(operation => operation.Value.OperationId), Is.EquivalentTo(Operations));
        Assert.That(operations.Select(operation => operation.Key), Is.All.EqualTo(HttpMethod.Get));
        Assert.That(operations.Select(operation => operation.Value.Responses!.Keys), Is.All.Contains("200"));
    }

    [Test]
    public async Task Has_a_payload_for_every_type_of_event()
    {
        var schemas = (await LoadAsync()).Document!.Components!.Schemas!;
        var mapped = schemas["EventPayload"].Discriminator!.Mapping!;

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
    public async Task Causes_no_warning_of_the_reader() => Assert.That((await LoadAsync()).Diagnostic!.Warnings, Is.Empty);

    [Test]
    public async Task Describes_everything() => Assert.That(FindMissingDescriptions((await LoadAsync()).Document!), Is.Empty);

    [TestCase("      description: A user looked at the cart.\n", "", "CartViewed", TestName = "{m}: a schema with allOf")]
    [TestCase("      description: A point on the earth by its coordinates.\n", "      description: ' '\n", "GeoPoint", TestName = "{m}: a schema with a blank")]
    [TestCase("          description: The tab that was opened.\n", "", "TabOpened.tabId", TestName = "{m}: a property")]
    [TestCase("          description: The cart as it was shown.\n", "", "CartViewed.cart", TestName = "{m}: a property in allOf")]
    [TestCase(
        "          description: The cart as it was shown.\n          allOf:\n            - $ref: '#/components/schemas/Cart'\n",
        "          description: Not read.\n          $ref: '#/components/schemas/Cart'\n",
        "CartViewed.cart",
        TestName = "{m}: a property that is a bare reference")]
    [TestCase(
        "          description: The cart as it was shown.\n          allOf:\n            - $ref: '#/components/schemas/Cart'\n",
        "          description: The cart as it was shown.\n" +
        "          allOf:\n" +
        "            - $ref: '#/components/schemas/Cart'\n" +
        "            - properties: {note: {type: string}}\n",
        "CartViewed.cart.note",
        TestName = "{m}: a property of a part")]
    [TestCase("      description: A group of users that content can be chosen for.\n", "", "Audience", TestName = "{m}: a schema")]
    [TestCase("      description: There is nothing with this id.\n", "      description: ''\n", "NotFound", TestName = "{m}: a response")]
    [TestCase(
        "          description: How long to wait before the next attempt, as a number of seconds or as an HTTP date.\n",
        "",
        "TooManyRequests Retry-After",
        TestName = "{m}: a header")]
    [TestCase("      summary: The server failed.\n", "", "InternalError", TestName = "{m}: an example")]
    [TestCase("      summary: Exports one user.\n", "", "exportUserById", TestName = "{m}: an operation")]
    [TestCase("      description: The id of the user to look up.\n", "", "userId", TestName = "{m}: a parameter")]
    public async Task Detects_a_missing_description(string before, string after, string expected)
    {
        var text = Repository.Read("openapi/croct-export.yaml");
        Assert.That(text, Does.Contain(before));

        Assert.That(FindMissingDescriptions(await ParseAsync(text.Replace(before, after, StringComparison.Ordinal))), Is.EqualTo([expected]));
    }

    [Test]
    public void Every_model_and_property_has_its_description_as_a_doc_comment()
    {
        var members = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Croct.Export.xml"))
            .Descendants("member")
            .ToLookup(member => (string)member.Attribute("name")!, member => (string?)member.Element("summary"));
        var models = typeof(Event).Assembly.GetExportedTypes().Where(type => type.Namespace == "Croct.Export.Models").ToList();
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var properties = models.SelectMany(type => type.GetProperties(Declared));
        var names = models.Select(type => $"T:{type.FullName}")
            .Concat(properties.Select(property => $"P:{property.DeclaringType!.FullName}.{property.Name}"))
            .ToList();

        Assert.That(names, Has.Count.GreaterThan(300));
        Assert.That(names.Where(name => string.IsNullOrWhiteSpace(members[name].FirstOrDefault())), Is.Empty);
    }

    [Test]
    public async Task Maps_every_subtype() => Assert.That(FindMappingErrors((await LoadAsync()).Document!), Is.Empty);

    [TestCase(
        "          cartViewed: '#/components/schemas/CartViewed'\n",
        "",
        "CartViewed inherits from EventPayload, which does not map it",
        TestName = "{m}: a forgotten event type")]
    [TestCase(
        "        mapping:\n          web: '#/components/schemas/WebContext'\n",
        "",
        "WebContext inherits from EventContext, which does not map it",
        TestName = "{m}: a missing mapping")]
    [TestCase(
        "          web: '#/components/schemas/WebContext'\n",
        "          web: '#/components/schemas/AppContext'\n",
        "EventContext maps web to AppContext, which does not exist",
        TestName = "{m}: a mapping to nothing")]
    [TestCase(
        "          web: '#/components/schemas/WebContext'\n",
        "          web: WebContext\n          app: Cart\n",
        "EventContext maps app to Cart, which does not inherit from it",
        TestName = "{m}: a mapping to another schema")]
    [TestCase(
        "          web: '#/components/schemas/WebContext'\n",
        "          web: '#/components/schemas/WebContext'\n" +
        "          app: '#/components/schemas/WebContext'\n",
        "EventContext maps WebContext 2 times",
        TestName = "{m}: a schema that is mapped twice")]
    [TestCase(
        "        propertyName: type\n",
        "        propertyName: kind\n",
        "EventContext does not require its discriminator kind",
        TestName = "{m}: a discriminator that is not a property")]
    public async Task Detects_in_a_mapping(string before, string after, string expected)
    {
        var text = Repository.Read("openapi/croct-export.yaml");
        Assert.That(text, Does.Contain(before));

        Assert.That(FindMappingErrors(await ParseAsync(text.Replace(before, after, StringComparison.Ordinal))), Does.Contain(expected));
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
    public async Task Accepts_any_text_for_what_a_shop_names_itself(string schema, string property)
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
    public async Task References_all_of_its_schemas()
    {
        var (document, text) = ((await LoadAsync()).Document!, Repository.Read("openapi/croct-export.yaml"));

        Assert.That(document.Components!.Schemas!.Keys.Where(name => !text.Contains($"'#/components/schemas/{name}'", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Has_examples_that_conform_to_it()
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
                    var examplesOfMedia = (media.Examples?.Values.Select(example => example.Value) ?? []).Append(media.Example);
                    foreach (var example in examplesOfMedia.OfType<System.Text.Json.Nodes.JsonNode>())
                    {
                        using var json = new StringWriter();
                        new OpenApiJsonWriter(json).WriteAny(example);
                        examples++;
                        violations.AddRange(
                            validator
                                .Validate(path, int.TryParse(status, CultureInfo.InvariantCulture, out var number) ? number : 500, mediaType, json.ToString())
                                .Select(violation => $"{path} {status}: {violation}"));
                    }
                }
            }
        }

        Assert.That(violations, Is.Empty);
        Assert.That(examples, Is.GreaterThan(20));
    }

    /// <summary>The elements without a description of their own. OpenAPI 3.0 ignores siblings of a <c>$ref</c>, so a bare reference has none.</summary>
    private static List<string> FindMissingDescriptions(OpenApiDocument document)
    {
        var missing = new List<string>();
        var components = document.Components!;
        foreach (var tag in document.Tags!) Check(tag.Name!, tag.Description);
        foreach (var server in document.Servers!) Check(server.Url!, server.Description);
        foreach (var (name, scheme) in components.SecuritySchemes!) Check(name, scheme.Description);
        foreach (var parameter in components.Parameters!.Values) Check(parameter.Name!, parameter.Description);
        foreach (var (name, example) in components.Examples!) Check(name, example.Summary);
        foreach (var (name, response) in components.Responses!)
        {
            Check(name, response.Description);
            foreach (var (header, declared) in response.Headers ?? new Dictionary<string, IOpenApiHeader>()) Check($"{name} {header}", declared.Description);
        }

        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations!.Values))
        {
            Check(operation.OperationId!, operation.Description, operation.Summary);
            foreach (var parameter in operation.Parameters!.OfType<OpenApiParameter>())
                Check($"{operation.OperationId} {parameter.Name}", parameter.Description);
            foreach (var (status, response) in operation.Responses!.Where(pair => pair.Value is OpenApiResponse))
                Check($"{operation.OperationId} {status}", response.Description);
        }

        foreach (var (name, schema) in components.Schemas!) CheckSchema(name, schema);
        return [.. missing.Distinct()];

        void Check(string what, params string?[] texts)
        {
            if (texts.Any(string.IsNullOrWhiteSpace)) missing.Add(what);
        }

        void CheckSchema(string path, IOpenApiSchema schema)
        {
            Check(path, (schema as OpenApiSchema)?.Description);
            CheckProperties(path, schema);
        }

        void CheckProperties(string path, IOpenApiSchema schema)
        {
            if (schema is OpenApiSchemaReference) return;
            foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>()) CheckSchema($"{path}.{name}", property);
            IEnumerable<IOpenApiSchema?> parts =
                [.. schema.AllOf ?? [], .. schema.OneOf ?? [], .. schema.AnyOf ?? [], schema.Items, schema.AdditionalProperties];
            foreach (var part in parts.OfType<IOpenApiSchema>()) CheckProperties(path, part);
        }
    }

    /// <summary>The errors of discriminators: a reader could not identify a subtype that its base does not map, or maps twice.</summary>
    private static List<string> FindMappingErrors(OpenApiDocument document)
    {
        var schemas = document.Components!.Schemas!;
        var wrong = new List<string>();
        foreach (var (name, schema) in schemas.Where(pair => pair.Value.Discriminator is not null))
        {
            var discriminator = schema.Discriminator!;
            if (schema.Required?.Contains(discriminator.PropertyName!) != true || schema.Properties?.ContainsKey(discriminator.PropertyName!) != true)
            {
                wrong.Add($"{name} does not require its discriminator {discriminator.PropertyName}");
            }

            var mapped = (discriminator.Mapping ?? new Dictionary<string, OpenApiSchemaReference>())
                .ToDictionary(entry => entry.Key, entry => entry.Value.Reference.Id!.Split('/')[^1]);
            foreach (var (value, target) in mapped)
            {
                if (!schemas.ContainsKey(target)) wrong.Add($"{name} maps {value} to {target}, which does not exist");
                else if (!GetBases(target).Contains(name)) wrong.Add($"{name} maps {value} to {target}, which does not inherit from it");
            }

            wrong.AddRange(
                mapped.Values.CountBy(target => target)
                    .Where(count => count.Value > 1)
                    .Select(count => $"{name} maps {count.Key} {count.Value} times"));
            wrong.AddRange(
                schemas.Keys.Where(sub => GetBases(sub).Contains(name) && !mapped.ContainsValue(sub))
                    .Select(sub => $"{sub} inherits from {name}, which does not map it"));
        }

        return wrong;

        IEnumerable<string> GetBases(string schema)
        {
            var bases = (schemas[schema].AllOf ?? []).OfType<OpenApiSchemaReference>().Select(part => part.Reference.Id!).ToList();
            return bases.Concat(bases.SelectMany(GetBases));
        }
    }

    private static async Task<OpenApiDocument> ParseAsync(string text)
    {
        using var memory = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        return (await OpenApiDocument.LoadAsync(memory, OpenApiConstants.Yaml, Settings())).Document!;
    }

    private static async Task<ReadResult> LoadAsync() => await OpenApiDocument.LoadAsync(Repository.PathOf("openapi/croct-export.yaml"), Settings());

    private static OpenApiReaderSettings Settings()
    {
        var settings = new OpenApiReaderSettings();
        settings.AddYamlReader();
        return settings;
    }
}
