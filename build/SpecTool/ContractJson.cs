using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Microsoft.OpenApi.YamlReader;
using SharpYaml;
using SharpYaml.Serialization;

namespace Croct.Export.SpecTool;

/// <summary>
/// Converts the contract to the JSON that the exporter and the sandbox embed: the streams with their columns, and the schemas with references and
/// inheritance resolved. This reports every error in <c>x-columns</c> when the repository is built.
/// </summary>
internal sealed class ContractJson
{
    private static readonly (string Name, string Response)[] Streams =
        [("events", "EventResponse"), ("sessions", "SessionResponse"), ("users", "UserResponse")];

    private readonly JsonObject _schemas;
    private readonly JsonObject _resolved = [];

    private ContractJson(JsonObject schemas) => _schemas = schemas;

    /// <exception cref="InvalidDataException">The contract is not valid for the exporter and the sandbox.</exception>
    public static string Of(string yaml)
    {
        var document = new YamlStream();
        try
        {
            document.Load(new StringReader(yaml));
        }
        catch (YamlException exception)
        {
            throw new InvalidDataException($"The contract is not YAML: {exception.Message}", exception);
        }

        var schemas = ReplaceNullSentinels(document.Documents[0].ToJsonNode())?["components"]?["schemas"] as JsonObject
            ?? throw new InvalidDataException("The contract has no components/schemas.");
        var options = new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        return new ContractJson(schemas).Resolve().ToJsonString(options);
    }

    private JsonObject Resolve()
    {
        var streams = new JsonArray();
        foreach (var (name, response) in Streams)
        {
            var item = GetReferencedSchema(_schemas[response]?["properties"]?["items"]?["items"]) ?? throw CreateError(response, "has no list of items");
            AddSchema(item);
            var columns = new JsonArray();
            foreach (var entry in _schemas[item]!["x-columns"] as JsonArray ?? throw CreateError(item, "has no x-columns"))
            {
                var column = entry as JsonObject ?? throw CreateError(item, $"has an entry in x-columns that is not an object: {entry}");
                columns.Add(Column(item, column, columns));
            }

            if (columns.Count(column => (string?)column!["as"] == "rest") != 1)
            {
                throw CreateError(item, "must have exactly one column as rest, for the values that no other column has");
            }

            streams.Add(new JsonObject
            {
                ["name"] = name,
                ["schema"] = item,
                ["id"] = Text(_schemas[item]!["x-id"]) ?? throw CreateError(item, "has no x-id"),
                ["time"] = Text(_schemas[item]!["x-time"]) ?? throw CreateError(item, "has no x-time"),
                ["columns"] = columns,
            });
        }

        return new JsonObject { ["streams"] = streams, ["schemas"] = _resolved };
    }

    private void AddSchema(string name)
    {
        if (_resolved.ContainsKey(name)) return;
        var schema = GetSchema(name);
        var properties = new JsonArray();
        var entry = new JsonObject { ["properties"] = properties };
        _resolved[name] = entry;
        var required = GetRequired(schema);
        foreach (var (property, of) in GetProperties(schema)) properties.Add(Property(name, property, of, required.Contains(property)));
        if (schema["example"] is { } example) entry["example"] = example.DeepClone();
        if (schema["x-weight"] is { } weight) entry["weight"] = weight.DeepClone();
        if (schema["discriminator"] is not JsonObject discriminator || IsDerived(schema)) return;
        entry["discriminator"] = Text(discriminator["propertyName"]);
        var kinds = new JsonObject();
        foreach (var (value, reference) in discriminator["mapping"] as JsonObject ?? [])
        {
            var kind = Text(reference)!.Split('/')[^1];
            AddSchema(kind);
            kinds[value] = kind;
        }

        entry["kinds"] = kinds;
    }

    private static bool IsDerived(JsonObject schema) => schema["allOf"] is JsonArray;

    /// <summary>Returns the properties of a schema, those of its base first. The schema overrides properties of its base.</summary>
    private OrderedDictionary<string, JsonObject> GetProperties(JsonObject schema)
    {
        var properties = new OrderedDictionary<string, JsonObject>();
        var inherited = GetParts(schema).SelectMany(GetProperties);
        var own = (schema["properties"] as JsonObject ?? []).Select(property => KeyValuePair.Create(property.Key, property.Value as JsonObject ?? []));
        foreach (var (name, property) in inherited.Concat(own)) properties[name] = property;
        return properties;
    }

    private HashSet<string> GetRequired(JsonObject schema) =>
        [.. GetParts(schema).SelectMany(GetRequired), .. (schema["required"] as JsonArray ?? []).Select(member => Text(member)!)];

    /// <summary>Returns the schemas in the <c>allOf</c> of a schema.</summary>
    private IEnumerable<JsonObject> GetParts(JsonObject schema) => (schema["allOf"] as JsonArray ?? []).OfType<JsonObject>().Select(Target);

    private JsonObject Property(string owner, string name, JsonObject property, bool isRequired)
    {
        var schema = Target(property);
        var entry = new JsonObject { ["name"] = name, ["kind"] = GetKind(owner, name, schema) };
        if ((string)entry["kind"]! is "object" or "list")
        {
            var of = (string)entry["kind"]! == "list" ? schema["items"]!.AsObject() : property;
            var inner = GetReferencedSchema(of) ?? AddInlineSchema(owner, name, of);
            entry["schema"] = inner;
            AddSchema(inner);
        }

        if (schema["enum"] is JsonArray values)
        {
            entry["values"] = new JsonArray([.. values.Where(value => value is not null).Select(value => value!.DeepClone())]);
        }

        if (isRequired) entry["required"] = true;
        if (IsTrue(property["nullable"]) || IsTrue(schema["nullable"])) entry["nullable"] = true;
        if (IsTrue(property["x-accepts-one"])) entry["acceptsOne"] = true;
        foreach (var limit in (string[])["format", "pattern", "example", "minimum", "maximum", "minLength", "maxLength"])
        {
            if ((property[limit] ?? schema[limit]) is { } value) entry[limit] = value.DeepClone();
        }

        return entry;
    }

    /// <summary>Returns the kind of a property, as the exporter and the sandbox distinguish it.</summary>
    private string GetKind(string owner, string name, JsonObject schema)
    {
        var format = Text(schema["format"]);
        return Text(schema["type"]) switch
        {
            "string" when schema["enum"] is not null => "enum",
            "string" => format == "uuid" ? "uuid" : "text",
            "integer" when schema["x-unix-time"] is not null => "time",
            "integer" => format == "int64" ? "int64" : "int32",
            "number" => format == "decimal" ? "decimal" : "double",
            "boolean" => "boolean",
            "array" when schema["items"] is JsonObject items && Target(items) is { } of && (of["properties"] is not null || IsDerived(of)) => "list",
            "array" => Text((schema["items"] as JsonObject)?["type"]) == "string" ? "texts" : "json",
            "object" when schema["properties"] is not null || IsDerived(schema) => "object",
            "object" => Text((schema["additionalProperties"] as JsonObject)?["type"]) == "string" ? "textMap" : "json",
            null => "json",
            var type => throw CreateError(owner, $"has a property '{name}' of the type '{type}', which is not a type of OpenAPI"),
        };
    }

    private JsonObject Column(string item, JsonObject column, JsonArray before)
    {
        var name = Text(column["name"]) ?? throw CreateError(item, $"has a column without a name: {column.ToJsonString()}");
        if (!name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '_'))
        {
            throw CreateError(item, $"has a column '{name}': a name has only lower-case letters, digits and '_'");
        }

        if (before.Any(other => (string)other!["name"]! == name)) throw CreateError(item, $"has the column '{name}' twice");
        var allowed = (string[])["name", "path", "paths", "as", "description"];
        if (column.FirstOrDefault(member => !allowed.Contains(member.Key)) is { Key: { } unknown })
        {
            throw CreateError(item, $"has a column '{name}' with '{unknown}': allowed are {string.Join(", ", allowed)}");
        }

        var (form, description) = (Text(column["as"]), Text(column["description"]));
        if (form is not (null or "count" or "decimal" or "json" or "rest"))
        {
            throw CreateError(item, $"has a column '{name}' as '{form}': allowed are count, decimal, json and rest");
        }

        if (form == "rest")
        {
            return new JsonObject
            {
                ["name"] = name,
                ["type"] = "json",
                ["as"] = form,
                ["description"] = description ?? "",
                ["paths"] = new JsonArray(),
            };
        }

        var paths = column["paths"] is JsonArray list ? list.Select(path => Text(path)!).ToList() : [Text(column["path"]) ?? ToCamelCase(name)];
        var leaves = paths.SelectMany(path => Leaves(item, name, path)).ToList();
        var types = leaves.Select(leaf => form ?? ToColumnType((string)leaf.Property["kind"]!)).Distinct().ToList();
        if (types is not [var type])
        {
            throw CreateError(item, $"has a column '{name}' whose paths point to values of different types: {string.Join(", ", types)}");
        }

        foreach (var (path, leaf, _) in leaves)
        {
            var kind = (string)leaf["kind"]!;
            if (form == "count" && kind is not ("list" or "texts"))
            {
                throw CreateError(item, $"has a column '{name}' as count, but '{path}' is not a list");
            }

            if (form == "decimal" && kind is not ("text" or "decimal" or "double" or "int32" or "int64"))
            {
                throw CreateError(item, $"has a column '{name}' as decimal, but '{path}' is not a text or number");
            }
        }

        return new JsonObject
        {
            ["name"] = name,
            ["type"] = form switch { "count" => "int32", _ => type },
            ["as"] = form,
            ["description"] = description
                ?? leaves[0].Description
                ?? throw CreateError(item, $"has a column '{name}' without a description, and the property that it points to has none either"),
            ["paths"] = new JsonArray([.. leaves.Select(leaf => JsonValue.Create(leaf.Path))]),
        };
    }

    /// <summary>
    /// Returns the properties that a path points to. <c>payload[a,b].value</c> points to two: <c>payload[a].value</c> and <c>payload[b].value</c>.
    /// </summary>
    private List<(string Path, JsonObject Property, string? Description)> Leaves(string item, string column, string path)
    {
        var found = new List<(string Path, string Schema, JsonObject? Property, string? Description)> { ("", item, null, null) };
        foreach (var step in path.Split('.'))
        {
            var bracket = step.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? step : step[..bracket];
            var kinds = bracket < 0 ? (string?[])[null] : step[(bracket + 1)..].TrimEnd(']').Split(',');
            found = [.. found.SelectMany(place => kinds.Select(kind => Step(place.Path, place.Schema, name, kind)))];
        }

        return [.. found.Select(place => (place.Path, place.Property!, place.Description))];

        (string, string, JsonObject?, string?) Step(string before, string schema, string name, string? kind)
        {
            var properties = _resolved[schema]?["properties"] as JsonArray ?? [];
            var property = properties.FirstOrDefault(property => (string)property!["name"]! == name)?.AsObject()
                ?? throw NoPath($"'{schema}' has no property '{name}', only {string.Join(", ", properties.Select(other => (string)other!["name"]!))}");
            var next = (string)property["kind"]! == "object" ? (string)property["schema"]! : "";
            if (kind is not null) next = (string?)_resolved[next]?["kinds"]?[kind] ?? throw NoPath($"'{name}' has no type '{kind}'");
            var description = GetProperties(GetSchema(schema))[name]["description"];
            return ($"{before}{(before.Length > 0 ? "." : "")}{name}{(kind is null ? "" : $"[{kind}]")}", next, property, Text(description));
        }

        InvalidDataException NoPath(string reason) => CreateError(item, $"has a column '{column}', whose path '{path}' does not exist: {reason}");
    }

    private static string ToColumnType(string kind) => kind switch
    {
        "enum" or "text" => "text",
        "time" => "timestamp",
        "object" or "list" or "texts" or "textMap" or "json" => "json",
        _ => kind,
    };

    /// <summary>Keeps a schema that is written in a property, and has no name, under a name. Returns the name.</summary>
    private string AddInlineSchema(string owner, string property, JsonObject schema)
    {
        var name = $"{owner}.{property}";
        _schemas[name] = schema.DeepClone();
        return name;
    }

    /// <summary>Returns the schema of a property: its own, or the one that it refers to.</summary>
    private JsonObject Target(JsonObject property) => GetReferencedSchema(property) is { } name ? GetSchema(name) : property;

    /// <summary>
    /// Returns the name of the referenced schema: by <c>$ref</c>, or by <c>allOf</c> with one entry, which lets a reference have a description of its own.
    /// </summary>
    private static string? GetReferencedSchema(JsonNode? schema) =>
        Text((schema as JsonObject)?["$ref"]) is { } reference ? reference.Split('/')[^1]
        : (schema as JsonObject)?["allOf"] is JsonArray { Count: 1 } parts && schema["properties"] is null ? GetReferencedSchema(parts[0])
        : null;

    private JsonObject GetSchema(string name) =>
        _schemas[name] as JsonObject ?? throw new InvalidDataException($"The schema '{name}' is referenced, but does not exist.");

    /// <summary>Replaces the special value for null, with which the reader distinguishes it from an absent member, with null.</summary>
    private static JsonNode? ReplaceNullSentinels(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, ReplaceNullSentinels(member.Value)))),
        JsonArray elements => new JsonArray([.. elements.Select(ReplaceNullSentinels)]),
        _ => node is null || node.IsJsonNullSentinel() ? null : node.DeepClone(),
    };

    private static bool IsTrue(JsonNode? node) => node is JsonValue && node.ToString() is "true" or "True";

    private static string? Text(JsonNode? node) => node is JsonValue ? node.ToString() : null;

    private static string ToCamelCase(string name) =>
        string.Concat(name.Split('_').Select((word, index) => index == 0 || word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    private static InvalidDataException CreateError(string schema, string what) => new($"The schema '{schema}' {what}.");
}
