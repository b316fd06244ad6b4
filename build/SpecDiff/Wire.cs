using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Croct.Export.SpecDiff;

/// <summary>
/// An OpenAPI document as what goes over the wire: places, such as <c>GET /events 200 items[].payload(orderPlaced).order.total</c>, and what is there.
/// Names of schemas do not count, nor whether something is written out or referred to, nor descriptions.
/// </summary>
internal sealed class Wire
{
    private readonly SortedDictionary<string, string> _places = new(StringComparer.Ordinal);

    public static SortedDictionary<string, string> Of(OpenApiDocument document)
    {
        var wire = new Wire();
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? []) wire.AddOperation($"{method} {path}", item, operation);
        }

        return wire._places;
    }

    private void AddOperation(string place, IOpenApiPathItem item, OpenApiOperation operation)
    {
        _places[place] = operation.OperationId ?? "without an operationId";
        foreach (var parameter in (item.Parameters ?? []).Concat(operation.Parameters ?? []))
        {
            var at = $"{place} {parameter.In} {parameter.Name}".Replace(" Query ", " ?", StringComparison.Ordinal);
            AddSchema(at, parameter.Schema, parameter.Required, []);
        }

        foreach (var (status, response) in operation.Responses ?? [])
        {
            foreach (var (mediaType, media) in response.Content ?? new Dictionary<string, IOpenApiMediaType>())
            {
                _places[$"{place} {status} {mediaType}"] = "an answer";
            }

            if (response.Content?.Values.FirstOrDefault()?.Schema is { } schema) AddSchema($"{place} {status} ", schema, isRequired: true, []);
        }
    }

    /// <param name="place">Where it stands.</param>
    /// <param name="schema">What stands there.</param>
    /// <param name="isRequired">Whether it must be there.</param>
    /// <param name="above">The schemas around it, so that one that holds itself comes to an end.</param>
    private void AddSchema(string place, IOpenApiSchema? schema, bool isRequired, IReadOnlyList<IOpenApiSchema> above)
    {
        if (schema is null || above.Contains(Target(schema))) return;
        above = [.. above, Target(schema)];
        if (!place.EndsWith(' ')) _places[place] = Describe(schema) + (isRequired ? ", required" : "");
        foreach (var value in AllOf(schema).SelectMany(part => part.Enum ?? [])) _places[$"{place}={Text(value)}"] = "a value";
        AddFields(place, schema, above);
        foreach (var part in AllOf(schema))
        {
            if (part.Items is { } item) AddSchema($"{place}[]", item, isRequired: true, above);
            if (part.AdditionalProperties is { } values) AddSchema($"{place}.*", values, isRequired: false, above);
        }

        foreach (var (name, variant) in VariantsOf(schema))
        {
            _places[$"{place}({name})"] = "a type";
            AddFields($"{place}({name})", variant, [.. above, Target(variant)], except: schema);
        }
    }

    private void AddFields(string place, IOpenApiSchema schema, IReadOnlyList<IOpenApiSchema> above, IOpenApiSchema? except = null)
    {
        var known = except is null ? [] : AllOf(except).SelectMany(part => part.Properties?.Keys ?? []).ToHashSet();
        var required = AllOf(schema).SelectMany(part => part.Required ?? new HashSet<string>()).ToHashSet();
        foreach (var (name, property) in AllOf(schema).SelectMany(part => part.Properties ?? new Dictionary<string, IOpenApiSchema>()))
        {
            if (!known.Contains(name)) AddSchema(place.EndsWith(' ') ? place + name : $"{place}.{name}", property, required.Contains(name), above);
        }
    }

    /// <summary>What may stand in the place of a schema: by the names of its discriminator, or, without one, of the schemas.</summary>
    private static IEnumerable<(string Name, IOpenApiSchema Schema)> VariantsOf(IOpenApiSchema schema)
    {
        if (AllOf(schema).Select(part => part.Discriminator?.Mapping).LastOrDefault(mapping => mapping is not null) is { } mapping) return mapping.Select(variant => (variant.Key, (IOpenApiSchema)variant.Value));
        return (schema.OneOf ?? []).Concat(schema.AnyOf ?? []).Select((variant, index) => ((variant as OpenApiSchemaReference)?.Reference.Id ?? index.ToString(CultureInfo.InvariantCulture), variant));
    }

    private static IEnumerable<IOpenApiSchema> AllOf(IOpenApiSchema schema) => (schema.AllOf ?? []).SelectMany(AllOf).Append(schema);

    private static IOpenApiSchema Target(IOpenApiSchema schema) => schema is OpenApiSchemaReference { Target: { } target } ? target : schema;

    private static string Describe(IOpenApiSchema schema)
    {
        var type = AllOf(schema).Select(part => part.Type).LastOrDefault(type => type is not null);
        var words = new List<string> { type is null ? "anything" : (type & ~JsonSchemaType.Null).ToString()!.ToLowerInvariant() };
        if (AllOf(schema).Select(part => part.Format).LastOrDefault(format => format is not null) is { } format) words.Add(format);
        if (AllOf(schema).Any(part => part.Type?.HasFlag(JsonSchemaType.Null) == true)) words.Add("or null");
        if (schema.Minimum is not null || schema.Maximum is not null) words.Add($"from {schema.Minimum} to {schema.Maximum}");
        if (schema.Default is { } value) words.Add($"by default {Text(value)}");
        return string.Join(' ', words);
    }

    private static string Text(JsonNode value) => value.GetValueKind() == System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
