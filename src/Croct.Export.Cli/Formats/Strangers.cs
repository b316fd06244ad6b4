using System.Collections;
using System.Collections.Concurrent;
using Croct.Export.Cli.Items;
using Croct.Export.Models;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Cli.Formats;

/// <summary>
/// What of an item is not as the contract of this version says, wherever in it: <c>type wishMade</c>, <c>field payload.product.color</c>,
/// <c>value client.device.category=FRIDGE</c>, and values of another type than that of their member. It is found by walking over the models, so that a field that
/// is added to them is looked at without being listed here.
/// </summary>
internal static class Strangers
{
    /// <summary>Enough to recognise a value; what stands where a name was expected may be long.</summary>
    private const int MaxTextLength = 100;

    private static readonly ConcurrentDictionary<Type, IReadOnlyList<ModelMember>> MembersByType = new();

    public static IReadOnlyList<Finding> In(object item)
    {
        var found = new List<Finding>();
        Visit((ExportModel)item, "", found);
        return found;
    }

    private static void Visit(ExportModel model, string path, List<Finding> found)
    {
        var members = MembersByType.GetOrAdd(model.GetType(), ModelMember.Of);
        var unknownKind = model switch
        {
            EventPayload { Type.Value: { Length: > 0 } type } when model.GetType() == typeof(EventPayload) => $"type {Shortened(type)}",
            EventContext { Type: { Length: > 0 } type } when model.GetType() == typeof(EventContext) => $"value {path}type={Shortened(type)}",
            _ => null,
        };
        if (unknownKind is not null)
        {
            // Of a kind that is not known, no field can be.
            found.Add(new Finding(IsValue: false, unknownKind));
            return;
        }

        foreach (var name in model.AdditionalProperties.Keys)
        {
            var isKnown = members.Any(member => member.Name == name);
            found.Add(new Finding(isKnown, isKnown ? path + name : $"field {path}{Shortened(name)}"));
        }

        foreach (var member in members)
        {
            if (member.KnownValues is null && member.Model is null) continue;
            switch (member.Property.GetValue(model))
            {
                case null:
                    break;
                case ExportModel part:
                    Visit(part, $"{path}{member.Name}.", found);
                    break;
                case IEnumerable parts:
                    foreach (ExportModel part in parts) Visit(part, $"{path}{member.Name}.", found);
                    break;
                case var value when value.ToString() is { Length: 0 } && model.AdditionalProperties.ContainsKey(member.Name):
                    // It was received with a value of another type, which is told already.
                    break;
                case var value when !member.KnownValues!.Contains(value.ToString()!):
                    found.Add(new Finding(IsValue: false, $"value {path}{member.Name}={Shortened(value.ToString()!)}"));
                    break;
            }
        }
    }

    private static string Shortened(string text) => text.Length <= MaxTextLength ? text : text[..MaxTextLength] + "...";
}
