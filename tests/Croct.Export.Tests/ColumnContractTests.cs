using System.Text.Json.Nodes;
using Croct.Export.SpecTool;

namespace Croct.Export.Tests;

/// <summary>Errors in the columns of the contract are reported by the build.</summary>
public class ColumnContractTests
{
    private static readonly string Contract = Repository.Read("openapi/croct-export.yaml");

    [TestCase(
        "        - name: session_id\n",
        "        - name: session_number\n",
        "The schema 'Event' has a column 'session_number', whose path 'sessionNumber' does not exist: " +
        "'Event' has no property 'sessionNumber', only id, sessionId")]
    [TestCase("          path: 'payload[pageLoaded].title'\n", "          path: 'payload[pageRead].title'\n", "'payload' has no type 'pageRead'")]
    [TestCase("        - name: session_id\n", "        - name: id\n", "The schema 'Event' has the column 'id' twice.")]
    [TestCase("        - name: session_id\n", "        - name: SessionId\n", "'SessionId': a name has only lower-case letters")]
    [TestCase(
        "        - name: session_id\n",
        "        - name: session_id\n          source: sessionId\n",
        "with 'source': allowed are name, path, paths, as, description")]
    [TestCase("          as: count\n", "          as: length\n", "as 'length': allowed are count, decimal, json and rest")]
    [TestCase("          path: 'payload[pageLoaded].title'\n", "          path: 'payload[pageLoaded].title'\n          as: count\n", "is not a list")]
    [TestCase(
        "          path: 'payload[pageLoaded].title'\n",
        "          paths:\n" +
        "            - 'payload[pageLoaded].title'\n" +
        "            - 'payload[pageLoaded].lastModifiedTime'\n",
        "point to values of different types: text, timestamp")]
    [TestCase("openapi: 3.0.3\n", "openapi: [3.0.3\n", "The contract is not YAML")]
    public void An_impossible_column_is_reported(string before, string after, string expected)
    {
        var at = Contract.IndexOf(before, StringComparison.Ordinal);
        Assert.That(at, Is.Not.Negative);
        var contract = Contract[..at] + after + Contract[(at + before.Length)..];

        Assert.That(() => ContractJson.Of(contract), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(expected));
    }

    [Test]
    public void A_schema_may_override_a_property_of_its_base()
    {
        const string Before = "      required:\n        - externalUserId\n      properties:\n";
        var at = Contract.IndexOf(Before, StringComparison.Ordinal);
        var contract = Contract[..at] +
            "      properties:\n" +
            "        '@type':\n" +
            "          type: string\n" +
            "          description: Only this type.\n" +
            "          example: userSignedUp\n" +
            Contract[(at + Before.Length)..];

        var properties = JsonNode.Parse(ContractJson.Of(contract))!["schemas"]!["UserSignedUp"]!["properties"]!.AsArray();

        Assert.That(
            properties.Select(property => ((string)property!["name"]!, (string?)property["example"])),
            Is.EqualTo(new[] { ("@type", "userSignedUp"), ("externalUserId", null) }));
    }

    [Test]
    public void Properties_required_by_an_unnamed_part_are_required()
    {
        const string Before = "        - $ref: '#/components/schemas/EventPayload'\n      required:\n        - externalUserId\n";
        var at = Contract.IndexOf(Before, StringComparison.Ordinal);
        var contract = Contract[..at] +
            "        - $ref: '#/components/schemas/EventPayload'\n" +
            "        - type: object\n" +
            "          required:\n" +
            "            - externalUserId\n" +
            Contract[(at + Before.Length)..];

        var property = JsonNode.Parse(ContractJson.Of(contract))!["schemas"]!["UserSignedUp"]!["properties"]!
            .AsArray()
            .Single(property => (string)property!["name"]! == "externalUserId");

        Assert.That((bool?)property!["required"], Is.True);
    }
}
