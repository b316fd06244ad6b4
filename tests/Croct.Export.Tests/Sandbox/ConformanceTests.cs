using Croct.Export.Sandbox;
using Croct.Export.Tests.Wire;
using Newtonsoft.Json.Linq;
using NSwag;

namespace Croct.Export.Tests.Sandbox;

/// <summary>Every response of the sandbox conforms to the spec.</summary>
public class ConformanceTests
{
    private const string UnknownId = "00000000-0000-4000-8000-000000000000";
    private const string ValidKey = "11111111-1111-4111-8111-111111111111";

    /// <summary>The spec makes these optional for older servers; in the sandbox every item has an id and a time.</summary>
    private static readonly string[] AlwaysPresent =
        ["Event.id", "Session.sessionId", "Session.userId", "Session.closeTime", "User.userId", "User.lastModifiedTime"];

    /// <summary>Schemas that do not occur in a page, or only as a base.</summary>
    private static readonly string[] NotInPages = ["SingleEventResponse", "ApiProblem", "EventContext", "EventPayload"];

    [Test]
    public async Task Every_item_conforms_to_the_spec_and_every_form_occurs()
    {
        var validator = await SpecValidator.LoadAsync();
        var violations = new List<string>();
        foreach (var seed in new[] { 1, 2, 3 })
        {
            await using var sandbox = await SandboxServer.StartAsync(
                new SandboxOptions { Events = 5000, Sessions = 1000, Users = 400, Seed = seed, EndOfData = SandboxEndOfData.NullCursor });
            using var http = sandbox.Http();
            foreach (var path in new[] { "/events", "/session", "/user" })
            {
                string? cursor = null;
                do
                {
                    var body = await AskAsync(http, validator, path, $"{path}?pageSize=300{(cursor is null ? "" : $"&cursor={cursor}")}", violations);
                    cursor = (string?)JObject.Parse(body)["nextCursor"];
                }
                while (cursor is not null);
            }
        }

        Assert.That(violations, Is.Empty);
        Assert.That(validator.NeverSeen(), Is.EquivalentTo([.. AlwaysPresent.Select(field => field + " absent"), .. NotInPages]));
        Assert.That(validator.Objects, Is.GreaterThan(30_000));
    }

    [TestCase("/events", "id")]
    [TestCase("/session", "sessionId")]
    [TestCase("/user", "userId")]
    public async Task Every_item_by_id_conforms_to_the_spec(string path, string idName)
    {
        var validator = await SpecValidator.LoadAsync();
        var violations = new List<string>();
        await using var sandbox = await SandboxServer.StartAsync();
        using var http = sandbox.Http();

        var page = JObject.Parse(await http.GetStringAsync(new Uri(sandbox.BaseAddress, path + "?pageSize=200")));
        foreach (var id in page["items"]!.Select(item => (string)item[idName]!))
            await AskAsync(http, validator, $"{path}/{{{idName}}}", $"{path}/{id}", violations, 200);

        Assert.That(violations, Is.Empty);
    }

    [TestCase("/events", "/events?pageSize=0", 400)]
    [TestCase("/session", "/session?cursor=nonsense", 400)]
    [TestCase("/user", "/user?start=2&end=1", 400)]
    [TestCase("/events/{id}", "/events/" + UnknownId, 404)]
    [TestCase("/session/{sessionId}", "/session/" + UnknownId, 404)]
    [TestCase("/user/{userId}", "/user/" + UnknownId, 404)]
    public async Task Every_problem_conforms_to_the_spec(string path, string url, int status)
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var http = sandbox.Http();

        await AssertProblemAsync(http, path, url, status);
    }

    [TestCase("not-a-key")]
    [TestCase(UnknownId)]
    [TestCase(null)]
    public async Task A_refused_key_conforms_to_the_spec(string? key)
    {
        await using var sandbox = await SandboxServer.StartAsync();
        using var http = new HttpClient { BaseAddress = sandbox.BaseAddress };
        if (key is not null) http.DefaultRequestHeaders.Add("X-Api-Key", key);

        await AssertProblemAsync(http, "/events", "/events", 401);
    }

    [TestCase("402", 402)]
    [TestCase("403", 403)]
    [TestCase("408", 408)]
    [TestCase("429", 429)]
    [TestCase("500", 500)]
    public async Task A_fault_with_a_problem_conforms_to_the_spec(string fault, int status)
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = [fault] });
        using var http = sandbox.Http();

        await AssertProblemAsync(http, "/user", "/user", status);
    }

    [TestCase("InvalidApiKey", "/events", "not-a-key", null)]
    [TestCase("InvalidApiKey", "/events", "00000000-0000-1000-8000-000000000000", null)]
    [TestCase("InvalidApiKey", "/events", null, null)]
    [TestCase("UnknownApiKey", "/events", UnknownId, null)]
    [TestCase("QuotaExceeded", "/events", ValidKey, "402")]
    [TestCase("MissingPermission", "/events", ValidKey, "403")]
    [TestCase("InvalidInput", "/events?pageSize=0", ValidKey, null)]
    [TestCase("NotFound", "/events/" + UnknownId, ValidKey, null)]
    [TestCase("TooManyRequests", "/events", ValidKey, "429")]
    [TestCase("InternalError", "/events", ValidKey, "500")]
    public async Task A_known_problem_has_status_type_and_title_of_the_example_in_the_spec(string example, string url, string? key, string? fault)
    {
        var spec = await OpenApiYamlDocument.FromFileAsync(Repository.PathOf("openapi/croct-export.yaml"));
        var expected = JObject.FromObject(spec.Components.Examples[example].Value);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ApiKey = ValidKey, Faults = fault is null ? [] : [fault] });
        using var http = new HttpClient { BaseAddress = sandbox.BaseAddress };
        if (key is not null) http.DefaultRequestHeaders.Add("X-Api-Key", key);

        using var response = await http.GetAsync(new Uri(url, UriKind.Relative));
        var problem = JObject.Parse(await response.Content.ReadAsStringAsync());

        Assert.That((int)response.StatusCode, Is.EqualTo((int)expected["status"]!));
        foreach (var member in new[] { "status", "type", "title" }) Assert.That((string?)problem[member], Is.EqualTo((string?)expected[member]), member);
    }

    [TestCase("unknown-type", "no EventPayload is called sandboxUnknown")]
    [TestCase("unknown-enum", "NotInEnumeration")]
    [TestCase("unknown-field", "Event has no sandboxUnknown")]
    [TestCase("wrong-type", "IntegerExpected")]
    [TestCase("502", "502 of /events as text/html")]
    public async Task A_page_that_does_not_conform_to_the_spec_is_detected(string fault, string violation)
    {
        var violations = new List<string>();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Faults = [fault] });
        using var http = sandbox.Http();

        await AskAsync(http, await SpecValidator.LoadAsync(), "/events", "/events", violations);

        Assert.That(violations, Has.Some.Contains(violation));
    }

    private static async Task AssertProblemAsync(HttpClient http, string path, string url, int status)
    {
        var violations = new List<string>();
        await AskAsync(http, await SpecValidator.LoadAsync(), path, url, violations, status);
        Assert.That(violations, Is.Empty);
    }

    private static async Task<string> AskAsync(HttpClient http, SpecValidator validator, string path, string url, List<string> violations, int? status = null)
    {
        using var response = await http.GetAsync(new Uri(url, UriKind.Relative));
        var body = await response.Content.ReadAsStringAsync();
        if (status is not null) Assert.That((int)response.StatusCode, Is.EqualTo(status));
        violations.AddRange(validator.Validate(path, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, body));
        return body;
    }
}
