using System.Diagnostics;
using System.Text.Json.Nodes;
using Croct.Export.Tests.Limits;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Croct.Export.Tests;

/// <summary>The maintainers' comparison of the spec with another OpenAPI document of the API.</summary>
public class SpecDiffTests
{
    private static readonly string Spec = Repository.Read("openapi/croct-export.yaml");

    private static readonly Lazy<Task<SpecTool.Wire>> WireOfSpec = new(() => SpecTool.Wire.ReadAsync(Repository.PathOf("openapi/croct-export.yaml")));

    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("croct-export-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Finds_nothing_in_a_copy() => Assert.That(await RunAsync(Spec), Is.EqualTo((0, "The two are the same on the wire.\n")));

    [Test]
    public async Task Reports_what_it_finds_and_fails() => Assert.That(
        await RunAsync(Replaced("        - $ref: '#/components/parameters/Events'\n", "")),
        Is.EqualTo((1, "removed  GET /events ?events: array\n1 difference.\n")));

    [Test]
    public async Task Ignores_descriptions_and_names_of_schemas()
    {
        var other = Spec.Replace("GeoPoint", "PointOnEarth", StringComparison.Ordinal)
            .Replace("description: One page of users", "description: Users", StringComparison.Ordinal);

        Assert.That(other, Is.Not.EqualTo(Spec));
        Assert.That((await CompareAsync(other)).Code, Is.Zero);
    }

    [TestCase(
        "maximum: 1000",
        "maximum: 5000",
        "changed  GET /events ?pageSize: integer int32 from 1 to 1000 by default 100 -> integer int32 from 1 to 5000 by default 100",
        TestName = "{m}: a limit")]
    [TestCase(
        "        - userScrolled\n",
        "        - userScrolled\n        - dreamTold\n",
        "added    GET /events ?events[]=dreamTold: a value",
        TestName = "{m}: an enum value")]
    [TestCase(
        "          userScrolled: '#/components/schemas/UserScrolled'\n",
        "",
        "removed  GET /events 200 items[].payload(userScrolled): a type",
        TestName = "{m}: a type of event")]
    [TestCase(
        "      properties:\n        latitude:\n",
        "      properties:\n" +
        "        altitude:\n" +
        "          type: number\n" +
        "          format: double\n" +
        "        latitude:\n",
        "added    GET /session 200 items[].location.coordinates.altitude: number double",
        TestName = "{m}: a field")]
    [TestCase(
        "      operationId: exportUserById",
        "      operationId: exportUser",
        "changed  GET /user/{userId}: exportUserById -> exportUser",
        TestName = "{m}: the name of an operation")]
    [TestCase(
        "  /user/{userId}:\n    get:\n",
        "  /ping:\n" +
        "    get:\n" +
        "      operationId: ping\n" +
        "      responses:\n" +
        "        '204':\n" +
        "          description: Here.\n" +
        "  /user/{userId}:\n" +
        "    get:\n",
        "added    GET /ping: ping",
        TestName = "{m}: an additional operation")]
    [TestCase(
        "  /user/{userId}:\n    get:\n",
        "  /user/{userId}:\n    post:\n",
        "removed  GET /user/{userId}: exportUserById",
        TestName = "{m}: a missing operation")]
    [TestCase(
        "        - $ref: '#/components/parameters/Events'\n",
        "        - $ref: '#/components/parameters/Events'\n" +
        "        - {name: order, in: query, schema: {type: string}}\n",
        "added    GET /events ?order: string",
        TestName = "{m}: an additional parameter")]
    [TestCase("        - $ref: '#/components/parameters/Events'\n", "", "removed  GET /events ?events: array", TestName = "{m}: a missing parameter")]
    [TestCase(
        "        type: integer\n        format: int64\n        minimum: 0\n",
        "        type: string\n",
        "changed  GET /events ?start: integer int64 at least 0 -> string",
        TestName = "{m}: a type")]
    [TestCase(
        "      name: X-Api-Key\n",
        "      name: X-Key\n",
        "changed  GET /events authentication: ApiKey Header X-Api-Key -> ApiKey Header X-Key",
        TestName = "{m}: the authentication")]
    [TestCase(
        "      explode: true\n",
        "      explode: false\n",
        "changed  GET /events ?events: array -> array, not exploded",
        TestName = "{m}: how a parameter is serialized")]
    [TestCase(
        "      name: start\n      in: query\n",
        "      name: start\n      in: header\n",
        "removed  GET /events ?start: integer int64 at least 0",
        TestName = "{m}: where a parameter is sent")]
    [TestCase(
        "        minLength: 1\n      example: ZXZ",
        "        minLength: 2\n        maxLength: 9\n        pattern: ^a\n      example: ZXZ",
        "changed  GET /events ?cursor: string of at least 1 character -> string of 2 to 9 characters like ^a",
        TestName = "{m}: lengths and patterns")]
    [TestCase(
        "      explode: true\n      schema:\n        type: array\n",
        "      explode: true\n      schema:\n        type: array\n        maxItems: 5\n",
        "changed  GET /events ?events: array -> array of at most 5 items",
        TestName = "{m}: the number of items")]
    [TestCase(
        "          description: A page of users; empty at the end of the data.\n",
        "          description: A page of users; empty at the end of the data.\n" +
        "          headers: {X-Total: {schema: {type: integer}}}\n",
        "added    GET /user 200 header X-Total: integer",
        TestName = "{m}: a header of a response")]
    [TestCase(
        "      operationId: exportUsers\n",
        "      operationId: exportUsers\n" +
        "      requestBody: {content: {application/json: {schema: {type: string}}}}\n",
        "added    GET /user body: a body",
        TestName = "{m}: a body of a request")]
    [TestCase(
        "          description: A page of users; empty at the end of the data.\n" +
        "          content:\n",
        "          description: A page of users; empty at the end of the data.\n" +
        "          content:\n" +
        "            text/csv: {schema: {type: string, format: csv}}\n",
        "added    GET /user 200 text/csv: string csv",
        TestName = "{m}: another media type")]
    [TestCase(
        "        \"404\":\n          $ref: '#/components/responses/NotFound'\n",
        "",
        "removed  GET /events/{id} 404: a response",
        TestName = "{m}: a status")]
    public async Task Reports_what_changed(string before, string after, string expected)
    {
        Assert.That(Spec, Does.Contain(before));

        var (code, output) = await CompareAsync(Spec.Replace(before, after, StringComparison.Ordinal));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain(expected));
    }

    [Test]
    public async Task Reports_a_parameter_as_a_whole()
    {
        var other = Spec.Replace("        - $ref: '#/components/parameters/Events'\n", "", StringComparison.Ordinal);

        Assert.That(await CompareAsync(other), Is.EqualTo((1, "removed  GET /events ?events: array\n1 difference.\n")));
    }

    [Test]
    public async Task Reports_a_field_with_an_enum_as_a_whole()
    {
        var other = Spec.Replace(
            "      properties:\n        latitude:\n",
            "      properties:\n        datum: {type: string, enum: [WGS84, ETRS89]}\n        latitude:\n",
            StringComparison.Ordinal);

        var (_, output) = await CompareAsync(other);

        Assert.That(output, Does.Contain("coordinates.datum: string\n").And.Not.Contain("WGS84"));
    }

    [Test]
    public async Task Reports_a_parameter_with_content_by_its_media_type()
    {
        const string Filter = "        - $ref: '#/components/parameters/Events'\n";
        var other = Spec.Replace(
            Filter,
            $"{Filter}        - {{name: filter, in: query, content: {{application/json: {{schema: {{type: object}}}}}}}}\n",
            StringComparison.Ordinal);

        Assert.That((await CompareAsync(other)).Output, Does.Contain("added    GET /events ?filter: object, as application/json\n"));
    }

    [Test]
    public async Task Treats_an_inlined_schema_as_the_same()
    {
        const string Reference = "          allOf:\n            - $ref: '#/components/schemas/GeoPoint'\n";
        var other = Spec.Replace(
            Reference,
            "          type: object\n" +
            "          nullable: true\n" +
            "          required: [longitude, latitude]\n" +
            "          properties:\n" +
            "            longitude: {type: number, format: double}\n" +
            "            latitude: {type: number, format: double}\n",
            StringComparison.Ordinal);

        Assert.That(Spec, Does.Contain(Reference));
        Assert.That(await CompareAsync(other), Is.EqualTo((0, "The two are the same on the wire.\n")));
    }

    [Test]
    public async Task Treats_OpenApi_3_1_in_JSON_as_the_same()
    {
        var other = (await InOpenApi31Async()).ToJsonString();

        Assert.That(other, Does.Contain("\"type\":[\"null\",\"string\"]"));
        Assert.That(await CompareAsync(other, "other.json"), Is.EqualTo((0, "The two are the same on the wire.\n")));
    }

    [Test]
    public async Task Treats_a_choice_of_a_type_and_null_as_nullable()
    {
        var other = await InOpenApi31Async();
        var schemas = other["components"]!["schemas"]!;
        schemas["EventContext"]!["type"] = "object";
        schemas["Event"]!["properties"]!["context"] = JsonNode.Parse("""{"oneOf":[{"$ref":"#/components/schemas/EventContext"},{"type":"null"}]}""");

        Assert.That(await CompareAsync(other.ToJsonString(), "other.json"), Is.EqualTo((0, "The two are the same on the wire.\n")));
    }

    [Test]
    public async Task Refuses_anything_but_an_OpenApi_document() => Assert.That(await RunAsync("no: [document"), Is.EqualTo((2, "")));

    [Test]
    public async Task Refuses_a_document_its_reader_fails_on() =>
        Assert.That(
            await RunAsync(
                Replaced("      properties:\n        latitude:\n", "      properties:\n        altitude: true\n        latitude:\n")),
            Is.EqualTo((2, "")));

    /// <summary>Documents that differ but describe the same on the wire: no difference is reported.</summary>
    [TestCase("        \"200\":\n", "        2XX:\n", TestName = "{m}: 2XX for the only code in it")]
    [TestCase("        \"200\":\n", "        2xx:\n", TestName = "{m}: a range in lower case")]
    [TestCase(
        "        default:\n          $ref: '#/components/responses/Problem'\n",
        "        5XX:\n          $ref: '#/components/responses/Problem'\n",
        TestName = "{m}: 5XX for all other errors")]
    [TestCase("application/json:", "application/json; charset=utf-8:", TestName = "{m}: a media type with its charset")]
    [TestCase("application/json:", "Application/JSON:", TestName = "{m}: a media type in different case")]
    [TestCase("        application/problem+json:\n", "        application/*:\n", TestName = "{m}: a range of media types", Category = "Long")]
    [TestCase("additionalProperties: true", "additionalProperties: {}", TestName = "{m}: any value in a map", Category = "Long")]
    [TestCase("additionalProperties: true", "additionalProperties: {nullable: true}", TestName = "{m}: any value in a map, null too", Category = "Long")]
    [TestCase("          additionalProperties: true\n", "", TestName = "{m}: any value in a map, implicitly", Category = "Long")]
    [TestCase(
        "  /session/{sessionId}:\n",
        "  /session/{id}:\n",
        "      name: sessionId\n",
        "      name: id\n",
        TestName = "{m}: the name of a path parameter",
        Category = "Long")]
    [TestCase(
        "https://api.croct.io/export",
        "https://api.croct.io",
        "\n  /",
        "\n  /export/",
        TestName = "{m}: the path of the server in the paths",
        Category = "Long")]
    [TestCase("https://api.croct.io/export", "https://api.croct.io/export/", TestName = "{m}: a slash after the server", Category = "Long")]
    [TestCase("https://api.croct.io/export", "/", TestName = "{m}: another server", Category = "Long")]
    [TestCase("        - AF\n        - AN\n", "        - AN\n        - AF\n", TestName = "{m}: enum values in another order", Category = "Long")]
    [TestCase(
        "      required:\n        - latitude\n        - longitude\n",
        "      required: [longitude, latitude]\n",
        TestName = "{m}: required fields in another order",
        Category = "Long")]
    [TestCase("          format: decimal\n", "", TestName = "{m}: a number without a format", Category = "Long")]
    [TestCase(
        "          type: number\n          format: double\n",
        "          type: number\n          format: float\n",
        TestName = "{m}: a number in another format",
        Category = "Long")]
    [TestCase("        type: integer\n        format: int64\n", "        type: integer\n", TestName = "{m}: an integer without a format", Category = "Long")]
    [TestCase("        maximum: 1000\n", "        maximum: 1000.0\n", TestName = "{m}: a limit with a fraction of zero", Category = "Long")]
    [TestCase(
        "        format: int64\n        minimum: 0\n",
        "        format: int64\n        minimum: -1\n        exclusiveMinimum: true\n",
        TestName = "{m}: an integer with an exclusive minimum",
        Category = "Long")]
    [TestCase(
        "          description: The display name of the organization.\n",
        "          minLength: 0\n",
        TestName = "{m}: a minimum length of zero",
        Category = "Long")]
    [TestCase(
        "      type: object\n      description: A region",
        "      description: A region",
        TestName = "{m}: an object without a type",
        Category = "Long")]
    [TestCase(
        "      type: string\n      description: >-\n        A kind of device",
        "      description: >-\n        A kind of device",
        TestName = "{m}: a string without a type",
        Category = "Long")]
    [TestCase(
        "          allOf:\n            - $ref: '#/components/schemas/Region'\n",
        "          oneOf:\n            - $ref: '#/components/schemas/Region'\n",
        TestName = "{m}: a choice of one",
        Category = "Long")]
    [TestCase(
        "          description: The region or state within the country.\n" +
        "          allOf:\n" +
        "            - $ref: '#/components/schemas/Region'\n",
        "          $ref: '#/components/schemas/Region'\n",
        TestName = "{m}: a bare reference",
        Category = "Long")]
    [TestCase("        Retry-After:\n", "        retry-after:\n", TestName = "{m}: a header in different case", Category = "Long")]
    [TestCase("      name: X-Api-Key\n", "      name: x-api-key\n", TestName = "{m}: the header of the key in different case", Category = "Long")]
    [TestCase(
        "        - $ref: '#/components/parameters/Events'\n",
        "        - $ref: '#/components/parameters/Events'\n" +
        "        - {name: accept, in: header, schema: {type: string}}\n",
        TestName = "{m}: a header that OpenAPI ignores",
        Category = "Long")]
    [TestCase(
        "  /user:\n",
        "  /user:\n" +
        "    parameters: [{name: cursor, in: query, schema: {type: string, enum: [a]}}]\n",
        TestName = "{m}: a parameter of a path that its operation replaces",
        Category = "Long")]
    public async Task Treats_as_the_same(params string[] replacements)
    {
        Assert.That(await CompareAsync(Replaced(replacements)), Is.EqualTo((0, "The two are the same on the wire.\n")));
    }

    [TestCase("        maximum: 1000\n        default: 100\n", "", "integer int32 at least 1", TestName = "{m}: no maximum")]
    [TestCase(
        "        minimum: 1\n        maximum: 1000\n        default: 100\n",
        "        maximum: 50\n",
        "integer int32 at most 50",
        TestName = "{m}: no minimum")]
    [TestCase("        maximum: 1000\n        default: 100\n", "        maximum: 1\n", "integer int32 exactly 1", TestName = "{m}: one number")]
    [TestCase(
        "        maximum: 1000\n        default: 100\n",
        "        maximum: 10\n        exclusiveMaximum: true\n",
        "integer int32 from 1 to 9",
        TestName = "{m}: an integer with an exclusive maximum")]
    [TestCase(
        "        type: integer\n" +
        "        format: int32\n" +
        "        minimum: 1\n" +
        "        maximum: 1000\n" +
        "        default: 100\n",
        "        type: number\n" +
        "        minimum: 1\n" +
        "        maximum: 2.50\n" +
        "        exclusiveMaximum: true\n",
        "number at least 1 and less than 2.5",
        TestName = "{m}: a number with an exclusive maximum")]
    public async Task Reports_limits_of_a_number_in_words(string before, string after, string expected)
    {
        Assert.That((await CompareAsync(Replaced(before, after))).Output, Does.Contain($"-> {expected}\n"));
    }

    [TestCase("minLength: 1", "string of at least 1 character")]
    [TestCase("maxLength: 50", "string of at most 50 characters")]
    [TestCase("minLength: 1, maxLength: 50", "string of 1 to 50 characters")]
    [TestCase("minLength: 36, maxLength: 36", "string of exactly 36 characters")]
    [TestCase("minLength: 0, maxLength: 1", "string of at most 1 character")]
    public async Task Reports_lengths_in_words(string limits, string expected)
    {
        const string Filter = "        - $ref: '#/components/parameters/Events'\n";

        Assert.That(
            (await CompareAsync(
                Replaced(Filter, $"{Filter}        - {{name: q, in: query, schema: {{type: string, {limits}}}}}\n"))).Output,
            Is.EqualTo($"added    GET /events ?q: {expected}\n1 difference.\n"));
    }

    [TestCase("2XX")]
    [TestCase("200")]
    public async Task Finds_a_field_of_an_event_whatever_the_status_key(string status)
    {
        var other = Replaced(
            "        \"200\":\n",
            $"        \"{status}\":\n",
            "        sessionId:\n          description: The session in which",
            "        source: {type: string}\n        sessionId:\n          description: The session in which");

        Assert.That(
            await CompareAsync(other),
            Is.EqualTo((1, "added    GET /events 200 items[].source: string\nadded    GET /events/{id} 200 event.source: string\n2 differences.\n")));
    }

    [Test]
    public async Task Compares_a_range_with_each_code_in_it()
    {
        const string Codes = """
                    "400":
                      $ref: '#/components/responses/BadRequest'
                    "401":
                      $ref: '#/components/responses/Unauthorized'
                    "402":
                      $ref: '#/components/responses/QuotaExceeded'
                    "403":
                      $ref: '#/components/responses/Forbidden'
                    "429":
                      $ref: '#/components/responses/TooManyRequests'

            """;
        var other = Replaced(Codes, "        4XX:\n          $ref: '#/components/responses/Problem'\n");

        Assert.That((await CompareAsync(other)).Output, Is.EqualTo(
            "removed  GET /events 429 header Retry-After: string\n" +
            "removed  GET /session 429 header Retry-After: string\n" +
            "removed  GET /user 429 header Retry-After: string\n" +
            "3 differences.\n"));
    }

    [TestCase("  /user:\n", "  /user/:\n", "changed  GET /user address: /user -> /user/\n1 difference.\n", TestName = "{m}: a slash at the end of a path")]
    [TestCase(
        "          type: integer\n          format: int32\n        sessions:\n",
        "          type: integer\n        sessions:\n",
        "statistics.orders: integer int32 -> integer\n",
        TestName = "{m}: an integer that is no longer 32 bits")]
    [TestCase("          format: uuid\n", "", "sessionId: string uuid, required -> string, required\n", TestName = "{m}: a string that is no longer a UUID")]
    [TestCase(
        "        \"404\":\n          $ref: '#/components/responses/NotFound'\n",
        "",
        "removed  GET /events/{id} 404: a response\n",
        TestName = "{m}: a code that default would cover")]
    [TestCase("additionalProperties: true", "additionalProperties: {type: string}", "attributes.*: string\n", TestName = "{m}: a map of texts only")]
    [TestCase(
        "additionalProperties: true",
        "additionalProperties: false",
        "attributes: object -> object without other fields\n",
        TestName = "{m}: no further fields")]
    public async Task Reports_despite_the_similarity(string before, string after, string expected)
    {
        Assert.That((await CompareAsync(Replaced(before, after))).Output, Does.Contain(expected));
    }

    [Test]
    public async Task Treats_a_choice_of_types_with_constants_as_types_of_a_mapping()
    {
        var other = await InOpenApi31Async();
        var schemas = other["components"]!["schemas"]!;
        var names = schemas["EventPayload"]!["discriminator"]!["mapping"]!.AsObject()
            .Select(entry => (Type: entry.Key, Schema: entry.Value!.GetValue<string>().Split('/')[^1]))
            .ToList();
        foreach (var (type, schema) in names)
        {
            schemas[schema]!.AsObject().Remove("allOf");
            var properties = schemas[schema]!["properties"] ?? (schemas[schema]!["properties"] = new JsonObject());
            properties["@type"] = new JsonObject { ["const"] = type };
        }

        var references = names.Select(name => new JsonObject { ["$ref"] = $"#/components/schemas/{name.Schema}" });
        schemas["EventPayload"] = new JsonObject { ["type"] = "object", ["oneOf"] = new JsonArray([.. references]) };

        Assert.That(await CompareAsync(other.ToJsonString(), "other.json"), Is.EqualTo((0, "The two are the same on the wire.\n")));
    }

    /// <summary>The spec with replacements, given as pairs of old and new text.</summary>
    private static string Replaced(params string[] replacements)
    {
        var other = Spec;
        foreach (var pair in replacements.Chunk(2))
        {
            Assert.That(other, Does.Contain(pair[0]));
            other = other.Replace(pair[0], pair[1], StringComparison.Ordinal);
        }

        return other;
    }

    private static async Task<JsonNode> InOpenApi31Async()
    {
        var settings = new OpenApiReaderSettings();
        settings.AddYamlReader();
        var document = (await OpenApiDocument.LoadAsync(Repository.PathOf("openapi/croct-export.yaml"), settings)).Document!;
        await using var text = new StringWriter();
        document.SerializeAsV31(new OpenApiJsonWriter(text));
        return JsonNode.Parse(text.ToString())!;
    }

    private async Task<(int Code, string Output)> CompareAsync(string other, string name = "other.yaml")
    {
        var file = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(file, other);
        var comparison = SpecTool.Comparison.Of(await WireOfSpec.Value, await SpecTool.Wire.ReadAsync(file));
        return (comparison.Differences().Any() ? 1 : 0, comparison.Report());
    }

    /// <summary>Runs the comparison as a separate process.</summary>
    private async Task<(int Code, string Output)> RunAsync(string other)
    {
        var file = Path.Combine(_folder, "other.yaml");
        await File.WriteAllTextAsync(file, other);
        var (code, output, errors) = await Command.RunAsync(
            new ProcessStartInfo(
                "dotnet",
                [Path.Combine(AppContext.BaseDirectory, "spec-tool.dll"), "diff", file])
            { RedirectStandardOutput = true, RedirectStandardError = true });
        Assert.That(errors, code == 2 ? Does.StartWith("spec-tool: ").And.Contain(file) : Is.Empty);
        return (code, output);
    }
}
