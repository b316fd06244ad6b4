using System.Diagnostics;
using System.Text.Json.Nodes;
using Croct.Export.Tests.Limits;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Croct.Export.Tests;

/// <summary>The maintainer's comparison of the spec with another document of the API, as a process of its own.</summary>
public class SpecDiffTests
{
    private static readonly string Spec = Repository.Read("openapi/croct-export.yaml");

    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("croct-export-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Finds_nothing_in_a_copy() => Assert.That(await CompareAsync(Spec), Is.EqualTo((0, "The two are the same on the wire.\n")));

    [Test]
    public async Task Does_not_count_descriptions_and_names_of_schemas()
    {
        var other = Spec.Replace("GeoPoint", "PointOnEarth", StringComparison.Ordinal).Replace("description: One page of users", "description: Users", StringComparison.Ordinal);

        Assert.That(other, Is.Not.EqualTo(Spec));
        Assert.That((await CompareAsync(other)).Code, Is.Zero);
    }

    [TestCase("maximum: 1000", "maximum: 5000", "changed  GET /events ?pageSize: integer int32 from 1 to 1000 by default 100 -> integer int32 from 1 to 5000 by default 100", TestName = "{m}: a limit")]
    [TestCase("        - userScrolled\n", "        - userScrolled\n        - wishMade\n", "added    GET /events ?events[]=wishMade: a value", TestName = "{m}: an enum value")]
    [TestCase("          userScrolled: '#/components/schemas/UserScrolled'\n", "", "removed  GET /events 200 items[].payload(userScrolled): a type", TestName = "{m}: a type of event")]
    [TestCase("      properties:\n        latitude:\n", "      properties:\n        altitude:\n          type: number\n          format: double\n        latitude:\n", "added    GET /session 200 items[].location.coordinates.altitude: number double", TestName = "{m}: a field")]
    [TestCase("      operationId: exportUserById", "      operationId: exportUser", "changed  GET /user/{userId}: exportUserById -> exportUser", TestName = "{m}: the name of an operation")]
    [TestCase("  /user/{userId}:\n    get:\n", "  /ping:\n    get:\n      operationId: ping\n      responses:\n        '204':\n          description: Here.\n  /user/{userId}:\n    get:\n", "added    GET /ping: ping", TestName = "{m}: an operation more")]
    [TestCase("  /user/{userId}:\n    get:\n", "  /user/{userId}:\n    post:\n", "removed  GET /user/{userId}: exportUserById", TestName = "{m}: an operation less")]
    [TestCase("        - $ref: '#/components/parameters/Events'\n", "        - $ref: '#/components/parameters/Events'\n        - {name: order, in: query, schema: {type: string}}\n", "added    GET /events ?order: string", TestName = "{m}: a parameter more")]
    [TestCase("        - $ref: '#/components/parameters/Events'\n", "", "removed  GET /events ?events: array", TestName = "{m}: a parameter less")]
    [TestCase("        type: integer\n        format: int64\n        minimum: 0\n", "        type: string\n", "changed  GET /events ?start: integer int64 from 0 to  -> string", TestName = "{m}: a type")]
    [TestCase("      name: X-Api-Key\n", "      name: X-Key\n", "changed  GET /events authentication: ApiKey Header X-Api-Key -> ApiKey Header X-Key", TestName = "{m}: the authentication")]
    [TestCase("      explode: true\n", "      explode: false\n", "changed  GET /events ?events: array -> array, not exploded", TestName = "{m}: how a parameter is written")]
    [TestCase("      name: start\n      in: query\n", "      name: start\n      in: header\n", "removed  GET /events ?start: integer int64 from 0 to ", TestName = "{m}: where a parameter stands")]
    [TestCase("        minLength: 1\n", "        minLength: 2\n        maxLength: 9\n        pattern: ^a\n", "changed  GET /events ?cursor: string of 1 to  characters -> string of 2 to 9 characters like ^a", TestName = "{m}: lengths and patterns")]
    [TestCase("      explode: true\n      schema:\n        type: array\n", "      explode: true\n      schema:\n        type: array\n        maxItems: 5\n", "changed  GET /events ?events: array -> array of  to 5 items", TestName = "{m}: how many items")]
    [TestCase("          description: A page of users; empty at the end of the data.\n", "          description: A page of users; empty at the end of the data.\n          headers: {X-Total: {schema: {type: integer}}}\n", "added    GET /user 200 header X-Total: integer", TestName = "{m}: a header of an answer")]
    [TestCase("      operationId: exportUsers\n", "      operationId: exportUsers\n      requestBody: {content: {application/json: {schema: {type: string}}}}\n", "added    GET /user body: a body", TestName = "{m}: a body of a request")]
    [TestCase("          description: A page of users; empty at the end of the data.\n          content:\n", "          description: A page of users; empty at the end of the data.\n          content:\n            text/csv: {schema: {type: string, format: csv}}\n", "added    GET /user 200 text/csv: string csv", TestName = "{m}: another media type")]
    [TestCase("        \"404\":\n          $ref: '#/components/responses/NotFound'\n", "", "removed  GET /events/{id} 404: an answer", TestName = "{m}: a status")]
    public async Task Tells_what_changed(string before, string after, string told)
    {
        Assert.That(Spec, Does.Contain(before));

        var (code, output) = await CompareAsync(Spec.Replace(before, after, StringComparison.Ordinal));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain(told));
    }

    [Test]
    public async Task Tells_of_a_parameter_as_a_whole()
    {
        var other = Spec.Replace("        - $ref: '#/components/parameters/Events'\n", "", StringComparison.Ordinal);

        Assert.That(await CompareAsync(other), Is.EqualTo((1, "removed  GET /events ?events: array\n1 differences.\n")));
    }

    [Test]
    public async Task Tells_of_a_field_with_an_enum_as_a_whole()
    {
        var other = Spec.Replace(
            "      properties:\n        latitude:\n", "      properties:\n        datum: {type: string, enum: [WGS84, ETRS89]}\n        latitude:\n", StringComparison.Ordinal);

        var (_, output) = await CompareAsync(other);

        Assert.That(output, Does.Contain("coordinates.datum: string\n").And.Not.Contain("WGS84"));
    }

    [Test]
    public async Task Tells_a_parameter_with_content_by_its_media_type()
    {
        const string Filter = "        - $ref: '#/components/parameters/Events'\n";
        var other = Spec.Replace(Filter, $"{Filter}        - {{name: filter, in: query, content: {{application/json: {{schema: {{type: object}}}}}}}}\n", StringComparison.Ordinal);

        Assert.That((await CompareAsync(other)).Output, Does.Contain("added    GET /events ?filter: object, as application/json\n"));
    }

    [Test]
    public async Task Takes_a_schema_that_is_written_out_for_the_same()
    {
        const string Reference = "          allOf:\n            - $ref: '#/components/schemas/GeoPoint'\n";
        var other = Spec.Replace(
            Reference,
            "          type: object\n          nullable: true\n          required: [longitude, latitude]\n          properties:\n            longitude: {type: number, format: double}\n            latitude: {type: number, format: double}\n",
            StringComparison.Ordinal);

        Assert.That(Spec, Does.Contain(Reference));
        Assert.That(await CompareAsync(other), Is.EqualTo((0, "The two are the same on the wire.\n")));
    }

    [Test]
    public async Task Takes_json_of_OpenApi_3_1_for_the_same()
    {
        var other = (await InOpenApi31Async()).ToJsonString();

        Assert.That(other, Does.Contain("\"type\":[\"null\",\"string\"]"));
        Assert.That(await CompareAsync(other, "other.json"), Is.EqualTo((0, "The two are the same on the wire.\n")));
    }

    [Test]
    public async Task Takes_a_choice_of_something_and_null_for_something_or_null()
    {
        var other = await InOpenApi31Async();
        var schemas = other["components"]!["schemas"]!;
        schemas["EventContext"]!["type"] = "object";
        schemas["Event"]!["properties"]!["context"] = JsonNode.Parse("""{"oneOf":[{"$ref":"#/components/schemas/EventContext"},{"type":"null"}]}""");

        Assert.That(await CompareAsync(other.ToJsonString(), "other.json"), Is.EqualTo((0, "The two are the same on the wire.\n")));
    }

    [Test]
    public async Task Refuses_what_is_no_OpenApi_document() => Assert.That(await CompareAsync("no: [document"), Is.EqualTo((2, "")));

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
        var (code, output, errors) = await Command.RunAsync(
            new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "spec-diff.dll"), file]) { RedirectStandardOutput = true, RedirectStandardError = true });
        Assert.That(errors, code == 2 ? Does.StartWith("spec-diff: ").And.Contain(file) : Is.Empty);
        return (code, output);
    }
}
