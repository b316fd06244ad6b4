using System.Text.Json;
using Croct.Export.Contract;

namespace Croct.Export.Sandbox.Data;

/// <summary>
/// The examples of the contract by schema. A schema also has the examples that are nested in those of other schemas, such as an order in its event.
/// </summary>
internal sealed class Examples
{
    private readonly IReadOnlyDictionary<string, ContractSchema> _schemas;
    private readonly Dictionary<string, List<JsonElement>> _found = new(StringComparer.Ordinal);

    public Examples(IReadOnlyDictionary<string, ContractSchema> schemas)
    {
        _schemas = schemas;
        foreach (var schema in schemas.Values.Where(schema => schema.Example is not null).OrderBy(schema => schema.Name, StringComparer.Ordinal))
        {
            Add(schema, schema.Example!.Value);
        }
    }

    /// <summary>Returns the example of a property: its own, the one in the example of the object, or the one in an example of the schema.</summary>
    public JsonElement? Of(ContractSchema schema, ContractProperty property, JsonElement? ofObject)
    {
        if ((Shown(property.Example) ?? Member(ofObject, property.Name)) is { } near) return near;
        return _found.TryGetValue(schema.Name, out var found)
            ? found.Select(example => Member(example, property.Name)).FirstOrDefault(member => member is not null)
            : null;
    }

    private static JsonElement? Member(JsonElement? example, string name) =>
        example is { ValueKind: JsonValueKind.Object } shown && shown.TryGetProperty(name, out var value) ? Shown(value) : null;

    /// <summary>Ignores an example that is null: it shows only that the value may be null.</summary>
    private static JsonElement? Shown(JsonElement? example) => example is { ValueKind: not JsonValueKind.Null } ? example : null;

    private void Add(ContractSchema schema, JsonElement example)
    {
        if (!_found.TryGetValue(schema.Name, out var found)) _found[schema.Name] = found = [];
        found.Add(example);
        foreach (var property in schema.Properties.Where(property => property.Schema is not null))
        {
            if (Member(example, property.Name) is not { } member) continue;
            IEnumerable<JsonElement> inside = member.ValueKind == JsonValueKind.Array ? member.EnumerateArray() : [member];
            foreach (var inner in inside) Add(_schemas[property.Schema!], inner);
        }
    }
}
