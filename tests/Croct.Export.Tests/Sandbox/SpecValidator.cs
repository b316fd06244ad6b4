using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NSwag;

namespace Croct.Export.Tests.Sandbox;

/// <summary>
/// Validates responses against <c>openapi/croct-export.yaml</c> with NJsonSchema. In addition, payloads and contexts are validated against the schema of
/// their discriminator, and a field that the spec does not declare is a violation.
/// </summary>
internal sealed class SpecValidator
{
    private readonly OpenApiDocument _document;
    private readonly Dictionary<string, HashSet<string>> _seen = [];

    private SpecValidator(OpenApiDocument document) => _document = document;

    /// <summary>For each property of each schema that occurred, as <c>Schema.property</c>: whether it was absent, null or set.</summary>
    public IReadOnlyDictionary<string, HashSet<string>> Seen => _seen;

    public int Objects { get; private set; }

    public static async Task<SpecValidator> LoadAsync() => new(await OpenApiYamlDocument.FromFileAsync(Repository.PathOf("openapi/croct-export.yaml")));

    /// <summary>The violations of the spec in a response; empty if there are none.</summary>
    /// <param name="path">The path as written in the spec.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="mediaType">Its content type.</param>
    /// <param name="body">Its body.</param>
    public IReadOnlyList<string> Validate(string path, int status, string? mediaType, string body)
    {
        var responses = _document.Paths[path][OpenApiOperationMethod.Get].Responses;
        var response = (
            responses.TryGetValue(status.ToString(System.Globalization.CultureInfo.InvariantCulture), out var declared)
                ? declared
                : responses["default"]).ActualResponse;
        if (mediaType is null || !response.Content.TryGetValue(mediaType, out var content))
            return [$"{status} of {path} as {mediaType}; declared are {string.Join(", ", response.Content.Keys)}"];

        using var reader = new JsonTextReader(new StringReader(body))
        {
            DateParseHandling = DateParseHandling.None,
            FloatParseHandling = FloatParseHandling.Decimal,
        };
        var violations = new List<string>();
        Check(JToken.ReadFrom(reader), content.Schema.ActualSchema, violations);
        return violations;
    }

    /// <summary>The properties that the spec lets be absent or null but that never were, and the objects that never occurred.</summary>
    public IEnumerable<string> NeverSeen()
    {
        foreach (var (name, schema) in _document.Components.Schemas)
        {
            if (schema.ActualProperties.Count > 0 && !_seen.Keys.Any(key => key.StartsWith(name + ".", StringComparison.Ordinal)))
            {
                yield return name;
                continue;
            }

            foreach (var property in schema.ActualProperties.Values)
            {
                var seen = _seen[$"{name}.{property.Name}"];
                if (!seen.Contains("set")) yield return $"{name}.{property.Name} set";
                if (!property.IsRequired && !seen.Contains("absent")) yield return $"{name}.{property.Name} absent";
                if (property.IsNullable(SchemaType.OpenApi3) && !seen.Contains("null")) yield return $"{name}.{property.Name} null";
            }
        }
    }

    private void Check(JToken token, JsonSchema schema, List<string> violations)
    {
        violations.AddRange(schema.Validate(token, SchemaType.OpenApi3).Select(error => $"{token.Path}: {error}"));
        Walk(token, schema, violations);
    }

    private void Walk(JToken token, JsonSchema declared, List<string> violations)
    {
        var schema = declared.ActualTypeSchema;
        if (token is JArray array && schema.Item is { } item)
        {
            foreach (var element in array) Walk(element, item, violations);
        }
        else if (token is JObject value && Named(schema) is { } name)
        {
            if (schema.ActualDiscriminatorObject is { } discriminator && value[schema.ActualDiscriminator!]?.Value<string>() is { } type)
            {
                if (!discriminator.Mapping.TryGetValue(type, out var mapped)) violations.Add($"{token.Path}: no {name} is called {type}");
                else if (mapped.ActualSchema != schema) { Check(value, mapped.ActualSchema, violations); return; }
            }

            Objects++;
            var properties = schema.AllOf.Count == 0 ? schema.ActualProperties : GetProperties(schema);
            foreach (var (property, _) in value)
            {
                if (properties.ContainsKey(property)) continue;
                if (schema.AdditionalPropertiesSchema is null) violations.Add($"{token.Path}: {name} has no {property}");
            }

            foreach (var (property, propertySchema) in properties)
            {
                var child = value[property];
                if (!_seen.TryGetValue($"{name}.{property}", out var seen)) _seen[$"{name}.{property}"] = seen = [];
                seen.Add(child is null ? "absent" : child.Type == JTokenType.Null ? "null" : "set");
                if (child is not null) Walk(child, propertySchema, violations);
            }
        }
    }

    private static Dictionary<string, JsonSchemaProperty> GetProperties(JsonSchema schema) =>
        schema.AllInheritedSchemas.Append(schema)
            .SelectMany(part => part.ActualProperties)
            .DistinctBy(property => property.Key)
            .ToDictionary(property => property.Key, property => property.Value);

    private string? Named(JsonSchema schema) => _document.Components.Schemas.FirstOrDefault(named => named.Value.ActualSchema == schema).Key;
}
