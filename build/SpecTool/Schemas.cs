using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Croct.Export.SpecTool;

/// <summary>Lists the paths of a schema with their facts.</summary>
internal static class Schemas
{
    private static readonly Fact Anything = new("anything");

    /// <param name="facts">Receives the facts by path.</param>
    /// <param name="place">The path of the schema.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="isRequired">Whether the value is required.</param>
    public static void Add(SortedDictionary<string, Fact> facts, string place, IOpenApiSchema schema, bool isRequired) =>
        Add(facts, place, schema, isRequired, []);

    /// <param name="facts">Receives the facts by path.</param>
    /// <param name="place">The path of the schema.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="isRequired">Whether the value is required.</param>
    /// <param name="above">The schemas around it, to stop at a schema that contains itself.</param>
    private static void Add(SortedDictionary<string, Fact> facts, string place, IOpenApiSchema schema, bool isRequired, IReadOnlyList<IOpenApiSchema> above)
    {
        if (above.Contains(Target(schema))) return;
        above = [.. above, Target(schema)];
        facts[place] = isRequired ? Describe(schema).And(", required") : Describe(schema);
        foreach (var value in GetValues(schema)) facts[$"{place}={value}"] = new Fact("a value");
        AddFields(facts, place, schema, above);
        foreach (var part in AllOf(schema))
        {
            // A list or map of anything needs no entry for its elements.
            if (part.Items is { } item && !IsAnything(item)) Add(facts, $"{place}[]", item, isRequired: true, above);
            if (part.AdditionalProperties is { } values && !IsAnything(values)) Add(facts, $"{place}.*", values, isRequired: false, above);
        }

        var variants = GetVariants(schema).ToList();
        var discriminator = GetDiscriminator(schema);
        foreach (var (name, variant) in variants)
        {
            facts[$"{place}({name})"] = new Fact("a type");
            AddFields(facts, $"{place}({name})", variant, [.. above, Target(variant)], except: schema, discriminator);
        }

        // A choice may have its discriminator only in its variants.
        if (discriminator is null || variants.Count == 0 || facts.ContainsKey($"{place}.{discriminator}")) return;
        facts[$"{place}.{discriminator}"] = new Fact("string, required");
        foreach (var (name, _) in variants) facts[$"{place}.{discriminator}={name}"] = new Fact("a value");
    }

    private static void AddFields(
        SortedDictionary<string, Fact> facts,
        string place,
        IOpenApiSchema schema,
        IReadOnlyList<IOpenApiSchema> above,
        IOpenApiSchema? except = null,
        string? discriminator = null)
    {
        var known = except is null ? [] : AllOf(except).SelectMany(part => part.Properties?.Keys ?? []).ToHashSet();
        if (discriminator is not null) known.Add(discriminator);
        var required = AllOf(schema).SelectMany(part => part.Required ?? new HashSet<string>()).ToHashSet();
        foreach (var (name, property) in GetProperties(schema))
        {
            if (!known.Contains(name)) Add(facts, $"{place}.{name}", property, required.Contains(name), above);
        }
    }

    private static IEnumerable<KeyValuePair<string, IOpenApiSchema>> GetProperties(IOpenApiSchema schema) =>
        AllOf(schema).SelectMany(part => part.Properties ?? new Dictionary<string, IOpenApiSchema>());

    /// <summary>Returns the values of an enum, without null, which is part of the type. A constant is an enum with one value.</summary>
    private static IEnumerable<string> GetValues(IOpenApiSchema schema) =>
        AllOf(schema).SelectMany(part => (part.Enum ?? []).Where(value => !IsNull(value)).Select(Text).Concat(part.Const is { } only ? [only] : []));

    private static string? GetDiscriminator(IOpenApiSchema schema)
    {
        if (AllOf(schema).Select(part => part.Discriminator?.PropertyName).LastOrDefault(name => name is not null) is { } reported) return reported;
        var choices = GetChoices(schema);
        return choices.Count < 2 ? null : GetProperties(choices[0])
            .Select(property => property.Key)
            .FirstOrDefault(name => choices.TrueForAll(choice => GetConstant(choice, name) is not null));
    }

    private static string? GetConstant(IOpenApiSchema schema, string property) =>
        GetProperties(schema).Where(one => one.Key == property).SelectMany(one => GetValues(one.Value)).Distinct().ToList() is [var only] ? only : null;

    /// <summary>Returns the variants of a schema, by the values of its discriminator or, without one, by the names of the schemas.</summary>
    private static IEnumerable<(string Name, IOpenApiSchema Schema)> GetVariants(IOpenApiSchema schema)
    {
        var mapping = AllOf(schema).Select(part => part.Discriminator?.Mapping).LastOrDefault(mapping => mapping is not null);
        if (mapping is not null) return mapping.Select(variant => (variant.Key, (IOpenApiSchema)variant.Value));
        var choices = GetChoices(schema);
        var discriminator = GetDiscriminator(schema);
        return choices.Count < 2 ? [] : choices.Select((variant, index) => (NameOf(variant) ?? index.ToString(CultureInfo.InvariantCulture), variant));

        string? NameOf(IOpenApiSchema variant) =>
            (discriminator is null ? null : GetConstant(variant, discriminator)) ?? (variant as OpenApiSchemaReference)?.Reference.Id;
    }

    /// <summary>Returns the parts of a schema: those of its allOf, and its only choice besides null, as written in OpenAPI 3.1.</summary>
    private static IEnumerable<IOpenApiSchema> AllOf(IOpenApiSchema schema)
    {
        var choices = GetOwnChoices(schema).ToList();
        return (schema.AllOf ?? []).Concat(choices.Count == 1 ? choices : []).SelectMany(AllOf).Append(schema);
    }

    /// <summary>Returns the choices of a schema or of one of its parts.</summary>
    private static List<IOpenApiSchema> GetChoices(IOpenApiSchema schema) =>
        AllOf(schema).Select(part => GetOwnChoices(part).ToList()).LastOrDefault(choices => choices.Count > 1) ?? [];

    private static IEnumerable<IOpenApiSchema> GetOwnChoices(IOpenApiSchema schema) =>
        (schema.OneOf ?? []).Concat(schema.AnyOf ?? []).Where(choice => !IsOnlyNull(choice));

    private static bool IsOnlyNull(IOpenApiSchema schema) => schema.Type == JsonSchemaType.Null || (schema.Enum is { Count: > 0 } values && values.All(IsNull));

    private static IOpenApiSchema Target(IOpenApiSchema schema) => schema is OpenApiSchemaReference { Target: { } target } ? target : schema;

    private static bool IsAnything(IOpenApiSchema schema) => Describe(schema) == Anything && !GetProperties(schema).Any() && GetChoices(schema).Count == 0;

    private static Fact Describe(IOpenApiSchema schema)
    {
        var parts = AllOf(schema).ToList();
        var type = GetTypeName(parts);
        var format = Last(part => part.Format);
        var words = new List<string>();
        var isNullable = parts.Exists(part => part.Type?.HasFlag(JsonSchemaType.Null) == true || (part.OneOf ?? []).Concat(part.AnyOf ?? []).Any(IsOnlyNull));
        if (isNullable && type is not null) words.Add("or null");
        words.AddRange(Limits.DescribeNumber(
            Last(part => part.Minimum),
            Last(part => part.ExclusiveMinimum),
            Last(part => part.Maximum),
            Last(part => part.ExclusiveMaximum),
            type == "integer"));
        if (Last(part => part.MultipleOf) is { } step) words.Add(string.Create(CultureInfo.InvariantCulture, $"in steps of {step}"));
        words.AddRange(Limits.DescribeCount(Last(part => part.MinLength), Last(part => part.MaxLength), "character"));
        if (Last(part => part.Pattern) is { } pattern) words.Add($"like {pattern}");
        words.AddRange(Limits.DescribeCount(Last(part => part.MinItems), Last(part => part.MaxItems), "item"));
        if (parts.Exists(part => part.UniqueItems == true)) words.Add("without duplicates");
        words.AddRange(Limits.DescribeCount(Last(part => part.MinProperties), Last(part => part.MaxProperties), "field"));
        if (parts.Exists(part => !part.AdditionalPropertiesAllowed)) words.Add("without other fields");
        if (Last(part => part.Default) is { } value) words.Add($"by default {Text(value)}");

        var name = type ?? "anything";
        return new Fact(Join(format), Join(FormatOnTheWire(type, format)));

        string Join(string? format) => string.Join(' ', [name, .. format is null ? [] : new[] { format }, .. words]);

        T? Last<T>(Func<IOpenApiSchema, T?> what) => parts.Select(what).LastOrDefault(found => found is not null);
    }

    /// <summary>
    /// Returns the format as far as it matters on the wire. The format of a number does not affect its text, and an integer without a format is not limited to
    /// 32 bits.
    /// </summary>
    private static string? FormatOnTheWire(string? type, string? format) => (type, format) switch
    {
        ("number", "double" or "float" or "decimal") => null,
        ("integer", null) => "int64",
        _ => format,
    };

    /// <summary>Returns the type, without null. If there is none, it is inferred from the other keywords.</summary>
    private static string? GetTypeName(List<IOpenApiSchema> parts)
    {
        var reported = parts.Select(part => part.Type & ~JsonSchemaType.Null).LastOrDefault(type => type is not null and not 0);
        if (reported is not null) return reported.ToString()!.ToLowerInvariant();
        if (parts.Exists(part => part.Properties is { Count: > 0 } || part.Discriminator is not null)) return "object";
        if (parts.Exists(part => part.Items is not null)) return "array";
        var values = parts.SelectMany(part => part.Enum ?? []).Where(value => !IsNull(value)).ToList();
        return values.Count > 0 && values.TrueForAll(value => value.GetValueKind() == JsonValueKind.String) ? "string" : null;
    }

    private static bool IsNull(JsonNode? value) => value is null || JsonNullSentinel.IsJsonNullSentinel(value);

    private static string Text(JsonNode value) =>
        IsNull(value) ? "null" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
