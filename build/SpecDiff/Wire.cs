using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Croct.Export.SpecDiff;

/// <summary>
/// An OpenAPI document as what goes over the wire: places, such as <c>GET /events 200 items[].payload(orderPlaced).order.total</c>, and what is there.
/// Names of schemas do not count, nor whether something is written out or referred to, nor descriptions.
/// </summary>
internal sealed class Wire
{
    private readonly SortedDictionary<string, string> _places = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">The file is no OpenAPI document.</exception>
    public static async Task<SortedDictionary<string, string>> ReadAsync(string path)
    {
        var settings = new OpenApiReaderSettings();
        settings.AddYamlReader();
        var format = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? OpenApiConstants.Json : OpenApiConstants.Yaml;
        using var memory = new MemoryStream(await File.ReadAllBytesAsync(path));
        var result = await OpenApiDocument.LoadAsync(memory, format, settings);
        var errors = result.Diagnostic?.Errors ?? [];
        return result.Document is { } document && errors.Count == 0
            ? Of(document)
            : throw new InvalidDataException($"'{path}' is no OpenAPI document: {string.Join("; ", errors.Select(error => error.Message))}");
    }

    private static SortedDictionary<string, string> Of(OpenApiDocument document)
    {
        var wire = new Wire();
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                wire.AddOperation($"{method} {path}", item, operation);
                wire._places[$"{method} {path} authentication"] = Describe(operation.Security ?? document.Security);
            }
        }

        return wire._places;
    }

    private void AddOperation(string place, IOpenApiPathItem item, OpenApiOperation operation)
    {
        _places[place] = operation.OperationId ?? "without an operationId";
        foreach (var parameter in (item.Parameters ?? []).Concat(operation.Parameters ?? [])) AddParameter(place, parameter);
        if (operation.RequestBody is { } body)
        {
            _places[$"{place} body"] = body.Required ? "a body, required" : "a body";
            AddContent($"{place} body", body.Content);
        }

        foreach (var (status, response) in operation.Responses ?? [])
        {
            _places[$"{place} {status}"] = "an answer";
            AddContent($"{place} {status}", response.Content);
            foreach (var (name, header) in response.Headers ?? new Dictionary<string, IOpenApiHeader>())
            {
                AddSchema($"{place} {status} header {name}", header.Schema ?? new OpenApiSchema(), header.Required, []);
            }
        }
    }

    private void AddParameter(string place, IOpenApiParameter parameter)
    {
        var at = $"{place} {parameter.In} {parameter.Name}".Replace(" Query ", " ?", StringComparison.Ordinal);
        var content = parameter.Content?.FirstOrDefault() ?? default;
        AddSchema(at, parameter.Schema ?? content.Value?.Schema ?? new OpenApiSchema(), parameter.Required, []);
        if (content.Key is not null)
        {
            _places[at] += $", as {content.Key}";
            return;
        }

        // What the place of the parameter brings along goes without saying.
        var usual = parameter.In is ParameterLocation.Query or ParameterLocation.Cookie ? ParameterStyle.Form : ParameterStyle.Simple;
        if (parameter.Style is { } style && style != usual) _places[at] += $", in the style {style}";
        if (parameter.Explode != (parameter.Style == ParameterStyle.Form)) _places[at] += parameter.Explode ? ", exploded" : ", not exploded";
    }

    /// <summary>Media types that have the same in them have it told once.</summary>
    private void AddContent(string place, IDictionary<string, IOpenApiMediaType>? content)
    {
        var told = new List<SortedDictionary<string, string>>();
        foreach (var (mediaType, media) in (content ?? new Dictionary<string, IOpenApiMediaType>()).OrderBy(media => media.Key, StringComparer.Ordinal))
        {
            var body = new Wire();
            if (media.Schema is { } schema) body.AddSchema("", schema, isRequired: false, []);
            _places[$"{place} {mediaType}"] = body._places.GetValueOrDefault("", "anything");
            if (told.Exists(one => one.SequenceEqual(body._places))) continue;
            foreach (var (below, what) in body._places.Where(fact => fact.Key.Length > 0))
            {
                _places[$"{place} {(told.Count == 0 ? "" : $"{mediaType} ")}{below.TrimStart('.')}"] = what;
            }

            told.Add(body._places);
        }
    }

    /// <param name="place">Where it stands.</param>
    /// <param name="schema">What stands there.</param>
    /// <param name="isRequired">Whether it must be there.</param>
    /// <param name="above">The schemas around it, so that one that holds itself comes to an end.</param>
    private void AddSchema(string place, IOpenApiSchema schema, bool isRequired, IReadOnlyList<IOpenApiSchema> above)
    {
        if (above.Contains(Target(schema))) return;
        above = [.. above, Target(schema)];
        _places[place] = Describe(schema) + (isRequired ? ", required" : "");
        foreach (var value in AllOf(schema).SelectMany(part => part.Enum ?? []).Where(value => !IsNull(value))) _places[$"{place}={Text(value)}"] = "a value";
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
            if (!known.Contains(name)) AddSchema($"{place}.{name}", property, required.Contains(name), above);
        }
    }

    /// <summary>What may stand in the place of a schema: by the names of its discriminator, or, without one, of the schemas.</summary>
    private static IEnumerable<(string Name, IOpenApiSchema Schema)> VariantsOf(IOpenApiSchema schema)
    {
        if (AllOf(schema).Select(part => part.Discriminator?.Mapping).LastOrDefault(mapping => mapping is not null) is { } mapping) return mapping.Select(variant => (variant.Key, (IOpenApiSchema)variant.Value));
        var choices = ChoicesOf(schema).ToList();
        return choices.Count < 2 ? [] : choices.Select((variant, index) => ((variant as OpenApiSchemaReference)?.Reference.Id ?? index.ToString(CultureInfo.InvariantCulture), variant));
    }

    /// <summary>A schema in parts: those of its allOf, and the one choice that is left where the other one is null, as OpenAPI 3.1 has it.</summary>
    private static IEnumerable<IOpenApiSchema> AllOf(IOpenApiSchema schema)
    {
        var choices = ChoicesOf(schema).ToList();
        return (schema.AllOf ?? []).Concat(choices.Count == 1 ? choices : []).SelectMany(AllOf).Append(schema);
    }

    private static IEnumerable<IOpenApiSchema> ChoicesOf(IOpenApiSchema schema) => (schema.OneOf ?? []).Concat(schema.AnyOf ?? []).Where(choice => choice.Type != JsonSchemaType.Null);

    private static IOpenApiSchema Target(IOpenApiSchema schema) => schema is OpenApiSchemaReference { Target: { } target } ? target : schema;

    private static string Describe(IOpenApiSchema schema)
    {
        var parts = AllOf(schema).ToList();
        var type = Last(part => part.Type);
        var words = new List<string> { type is null ? "anything" : (type & ~JsonSchemaType.Null).ToString()!.ToLowerInvariant() };
        if (Last(part => part.Format) is { } format) words.Add(format);
        if (parts.Exists(part => part.Type?.HasFlag(JsonSchemaType.Null) == true || (part.OneOf ?? []).Concat(part.AnyOf ?? []).Any(choice => choice.Type == JsonSchemaType.Null))) words.Add("or null");
        Range("from", Last(part => part.Minimum), Last(part => part.Maximum), "");
        Range("between", Last(part => part.ExclusiveMinimum), Last(part => part.ExclusiveMaximum), "");
        if (Last(part => part.MultipleOf) is { } step) words.Add(string.Create(CultureInfo.InvariantCulture, $"in steps of {step}"));
        Range("of", Text(Last(part => part.MinLength)), Text(Last(part => part.MaxLength)), " characters");
        if (Last(part => part.Pattern) is { } pattern) words.Add($"like {pattern}");
        Range("of", Text(Last(part => part.MinItems)), Text(Last(part => part.MaxItems)), " items");
        if (parts.Exists(part => part.UniqueItems == true)) words.Add("of which none comes twice");
        Range("of", Text(Last(part => part.MinProperties)), Text(Last(part => part.MaxProperties)), " fields");
        if (parts.Exists(part => !part.AdditionalPropertiesAllowed)) words.Add("without further fields");
        if (Last(part => part.Const) is { } only) words.Add($"always {only}");
        if (Last(part => part.Default) is { } value) words.Add($"by default {Text(value)}");
        return string.Join(' ', words);

        T? Last<T>(Func<IOpenApiSchema, T?> what) => parts.Select(what).LastOrDefault(found => found is not null);

        void Range(string from, string? least, string? most, string what)
        {
            if (least is not null || most is not null) words.Add($"{from} {least} to {most}{what}");
        }
    }

    private static string Describe(IEnumerable<OpenApiSecurityRequirement>? alternatives)
    {
        var told = (alternatives ?? []).Select(schemes => schemes.Count == 0 ? "none" : string.Join(" and ", schemes.Select(scheme => Describe(scheme.Key, scheme.Value)).Order(StringComparer.Ordinal)));
        return string.Join(" or ", told.Order(StringComparer.Ordinal).DefaultIfEmpty("none"));
    }

    private static string Describe(OpenApiSecuritySchemeReference scheme, IEnumerable<string> scopes)
    {
        string?[] words = [scheme.Type?.ToString(), scheme.In?.ToString(), scheme.Name, scheme.Scheme, scheme.BearerFormat, scheme.OpenIdConnectUrl?.ToString(), .. scopes.Order(StringComparer.Ordinal)];
        return string.Join(' ', words.Where(word => !string.IsNullOrEmpty(word)));
    }

    private static bool IsNull(JsonNode? value) => value is null || JsonNullSentinel.IsJsonNullSentinel(value);

    private static string? Text(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string Text(JsonNode value) =>
        IsNull(value) ? "null" : value.GetValueKind() == System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
