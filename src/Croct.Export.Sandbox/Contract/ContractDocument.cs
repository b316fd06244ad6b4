using System.Collections.Frozen;
using System.Text.Json;

namespace Croct.Export.Contract;

/// <summary>The contract of this build: the streams with the columns of their tables, and the schemas of everything in an item.</summary>
/// <remarks>
/// The build derives it from <c>openapi/croct-export.yaml</c>; see <c>build/SpecTool</c>. The exporter and the sandbox each embed it.
/// </remarks>
internal sealed class ContractDocument
{
    private static readonly Lazy<ContractDocument> ThisBuild = new(Load);

    private ContractDocument(JsonElement root)
    {
        Schemas = root.GetProperty("schemas")
            .EnumerateObject()
            .ToFrozenDictionary(schema => schema.Name, schema => new ContractSchema(schema.Name, schema.Value));
        Streams = [.. root.GetProperty("streams").EnumerateArray().Select(stream => new ContractStream(stream))];
    }

    public static ContractDocument Current => ThisBuild.Value;

    /// <summary>The schemas by name.</summary>
    public FrozenDictionary<string, ContractSchema> Schemas { get; }

    /// <summary>Events, sessions and users.</summary>
    public IReadOnlyList<ContractStream> Streams { get; }

    /// <param name="name"><c>events</c>, <c>sessions</c> or <c>users</c>; case-insensitive.</param>
    public ContractStream StreamNamed(string name) => Streams.Single(stream => stream.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static ContractDocument Load()
    {
        using var resource = typeof(ContractDocument).Assembly.GetManifestResourceStream("contract.json")!;
        using var document = JsonDocument.Parse(resource);
        return new ContractDocument(document.RootElement.Clone());
    }
}

/// <summary>A stream: the schema of its items, and the columns of its table.</summary>
internal sealed class ContractStream(JsonElement json)
{
    /// <summary><c>events</c>, <c>sessions</c> or <c>users</c>.</summary>
    public string Name { get; } = json.GetProperty("name").GetString()!;

    /// <summary>The name of the schema of an item.</summary>
    public string Schema { get; } = json.GetProperty("schema").GetString()!;

    /// <summary>The property that identifies an item.</summary>
    public string Id { get; } = json.GetProperty("id").GetString()!;

    /// <summary>The property to which time windows apply, in milliseconds.</summary>
    public string Time { get; } = json.GetProperty("time").GetString()!;

    /// <summary>The columns in order. New ones are only ever appended.</summary>
    public IReadOnlyList<ContractColumn> Columns { get; } = [.. json.GetProperty("columns").EnumerateArray().Select(column => new ContractColumn(column))];
}

/// <summary>A column of a table.</summary>
internal sealed class ContractColumn(JsonElement json)
{
    public string Name { get; } = json.GetProperty("name").GetString()!;

    /// <summary>The type of its cells: text, uuid, boolean, int32, int64, double, decimal, timestamp or json.</summary>
    public string Type { get; } = json.GetProperty("type").GetString()!;

    /// <summary>
    /// How a value is converted to a cell if the type does not say so: <c>count</c>, <c>decimal</c>, <c>json</c>, or <c>rest</c> for everything that no
    /// other column contains; otherwise null.
    /// </summary>
    public string? Form { get; } = json.GetProperty("as").GetString();

    public string Description { get; } = json.GetProperty("description").GetString()!;

    /// <summary>
    /// The paths of its values in an item: names separated by dots, each with the discriminator value to which it applies, if any, as in
    /// <c>payload[orderPlaced].order.total</c>.
    /// </summary>
    public IReadOnlyList<string> Paths { get; } = [.. json.GetProperty("paths").EnumerateArray().Select(path => path.GetString()!)];
}

/// <summary>An object with named properties.</summary>
internal sealed class ContractSchema(string name, JsonElement json)
{
    public string Name => name;

    /// <summary>The properties in the order of the contract, those of a base schema first.</summary>
    public IReadOnlyList<ContractProperty> Properties { get; } =
        [.. json.GetProperty("properties").EnumerateArray().Select(property => new ContractProperty(property))];

    /// <summary>The property whose value says which of <see cref="Kinds"/> an object is; null if there are none.</summary>
    public string? Discriminator { get; } = json.TryGetProperty("discriminator", out var discriminator) ? discriminator.GetString() : null;

    /// <summary>The names of the schemas by discriminator value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Kinds { get; } = json.TryGetProperty("kinds", out var kinds)
        ? [.. kinds.EnumerateObject().Select(kind => KeyValuePair.Create(kind.Name, kind.Value.GetString()!))]
        : [];

    /// <summary>An example of an object of this schema; null if the contract has none.</summary>
    public JsonElement? Example { get; } = json.TryGetProperty("example", out var example) ? example : null;

    /// <summary>How common objects of this schema are among those of its base schema (<c>x-weight</c>); null if the contract does not say.</summary>
    public int? Weight { get; } = json.TryGetProperty("weight", out var weight) ? weight.GetInt32() : null;
}

/// <summary>A property of an object.</summary>
internal sealed class ContractProperty(JsonElement json)
{
    public string Name { get; } = json.GetProperty("name").GetString()!;

    /// <summary>
    /// The kind of its values: text, enum, uuid, boolean, int32, int64, double, decimal, time (milliseconds since 1970), object, list (of objects),
    /// texts (a list), textMap (an object of texts), or json for anything.
    /// </summary>
    public string Kind { get; } = json.GetProperty("kind").GetString()!;

    /// <summary>The name of the schema of an object, or of the objects of a list.</summary>
    public string? Schema { get; } = Text(json, "schema");

    /// <summary>The values of an enum that the contract names; there may be others.</summary>
    public IReadOnlyList<string> Values { get; } = json.TryGetProperty("values", out var values)
        ? [.. values.EnumerateArray().Select(value => value.GetString()!)]
        : [];

    public bool IsRequired { get; } = json.TryGetProperty("required", out _);

    public bool IsNullable { get; } = json.TryGetProperty("nullable", out _);

    /// <summary>Whether a single text is accepted as a list of one.</summary>
    public bool AcceptsOne { get; } = json.TryGetProperty("acceptsOne", out _);

    /// <summary>The format of a text, such as <c>date-time</c>; null for none.</summary>
    public string? Format { get; } = Text(json, "format");

    /// <summary>The pattern of a text; null for none.</summary>
    public string? Pattern { get; } = Text(json, "pattern");

    public JsonElement? Example { get; } = json.TryGetProperty("example", out var example) ? example : null;

    public decimal? Minimum { get; } = Number(json, "minimum");

    public decimal? Maximum { get; } = Number(json, "maximum");

    public int? MinLength { get; } = (int?)Number(json, "minLength");

    public int? MaxLength { get; } = (int?)Number(json, "maxLength");

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static decimal? Number(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetDecimal() : null;
}
