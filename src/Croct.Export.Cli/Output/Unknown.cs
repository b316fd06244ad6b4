using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Croct.Export.Models;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Cli.Output;

/// <summary>
/// What of an item this version does not know, wherever in it: <c>type wishMade</c>, <c>field payload.product.color</c>,
/// <c>value client.device.category=FRIDGE</c>. It is found by walking over the models, so that a field that is added to them is looked at without being listed here.
/// </summary>
internal static class Unknown
{
    /// <summary>Enough to recognise a value; what stands where a name was expected may be long.</summary>
    private const int LongestText = 100;

    private static readonly ConcurrentDictionary<Type, Member[]> MembersByType = new();

    public static IReadOnlyList<string> Of(object item)
    {
        var found = new List<string>();
        Visit(item, "", found);
        return found;
    }

    private static void Visit(object model, string path, List<string> found)
    {
        if (model.GetType() == typeof(EventPayload))
        {
            // Of a type that is not known, no field can be.
            found.Add($"type {Shortened(((EventPayload)model).Type.Value)}");
            return;
        }

        foreach (var member in MembersByType.GetOrAdd(model.GetType(), MembersOf))
        {
            if (member.Property.GetValue(model) is not { } value) continue;
            switch (value)
            {
                case IDictionary<string, JToken> fields:
                    foreach (var name in fields.Keys) found.Add($"field {path}{Shortened(name)}");
                    break;
                case IEnumerable models:
                    foreach (var part in models) Visit(part, $"{path}{member.Name}.", found);
                    break;
                case var _ when member.KnownValues is null:
                    Visit(value, $"{path}{member.Name}.", found);
                    break;
                case var _ when !member.KnownValues.Contains(value):
                    found.Add($"value {path}{member.Name}={Shortened(value.ToString()!)}");
                    break;
            }
        }
    }

    private static Member[] MembersOf(Type type) => [.. type.GetProperties().Select(MemberOf).OfType<Member>()];

    /// <summary>A member that can hold something unknown; null for all others, free-form maps among them.</summary>
    private static Member? MemberOf(PropertyInfo property)
    {
        var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (property.Name == nameof(Event.AdditionalProperties) || IsModel(type) || (type.IsGenericType && type.GenericTypeArguments is [var item] && IsModel(item)))
        {
            return new Member(property, name, KnownValues: null);
        }

        return type.GetProperty(nameof(EventType.KnownValues), BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is IEnumerable known
            ? new Member(property, name, known.Cast<object>().ToHashSet())
            : null;
    }

    private static bool IsModel(Type type) => type.IsClass && type.Namespace == typeof(Event).Namespace;

    private static string Shortened(string text) => text.Length <= LongestText ? text : text[..LongestText] + "...";

    private sealed record Member(PropertyInfo Property, string Name, HashSet<object>? KnownValues);
}
