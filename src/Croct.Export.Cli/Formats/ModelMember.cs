using System.Collections;
using System.Reflection;
using System.Text.Json;
using Croct.Export.Models;

namespace Croct.Export.Cli.Formats;

/// <summary>A member that the contract gives to a model.</summary>
/// <param name="Property">The property that holds it.</param>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Model">The model that it is, or a list of which it is; null for anything else.</param>
/// <param name="KnownValues">The values that the contract names; null if it is no enum.</param>
internal sealed record ModelMember(PropertyInfo Property, string Name, Type? Model, IReadOnlySet<string>? KnownValues)
{
    /// <summary>The members of a model. Properties that show a time as a date are no members of their own.</summary>
    public static IReadOnlyList<ModelMember> Of(Type model) =>
    [
        .. from property in model.GetProperties()
           where property.Name != nameof(ExportModel.AdditionalProperties) && ValueTypeOf(property) != typeof(DateTimeOffset)
           let type = ValueTypeOf(property)
           select new ModelMember(property, NameOf(property), ModelOf(type), KnownValuesOf(type)),
    ];

    /// <summary>The type of a property, for which it does not matter whether it may be null.</summary>
    public static Type ValueTypeOf(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static string NameOf(PropertyInfo property) =>
        property.Name == nameof(EventPayload.Type) && property.PropertyType == typeof(EventType) ? "@type" : JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static Type? ModelOf(Type type) =>
        type.IsSubclassOf(typeof(ExportModel)) ? type
        : type.IsGenericType && type.GenericTypeArguments is [var part] && part.IsSubclassOf(typeof(ExportModel)) ? part
        : null;

    private static HashSet<string>? KnownValuesOf(Type type) =>
        type.GetProperty(nameof(EventType.KnownValues), BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is IEnumerable known
            ? known.Cast<object>().Select(value => value.ToString()!).ToHashSet(StringComparer.Ordinal)
            : null;
}
