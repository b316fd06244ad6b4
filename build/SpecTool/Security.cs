using Microsoft.OpenApi;

namespace Croct.Export.SpecTool;

/// <summary>Describes in words how a request is authenticated.</summary>
internal static class Security
{
    public static string Describe(IEnumerable<OpenApiSecurityRequirement>? alternatives)
    {
        var reported = (alternatives ?? []).Select(schemes => schemes.Count == 0
            ? "none"
            : string.Join(" and ", schemes.Select(scheme => Describe(scheme.Key, scheme.Value)).Order(StringComparer.Ordinal)));
        return string.Join(" or ", reported.Order(StringComparer.Ordinal).DefaultIfEmpty("none"));
    }

    private static string Describe(OpenApiSecuritySchemeReference scheme, IEnumerable<string> scopes)
    {
        var name = scheme.In == ParameterLocation.Header && scheme.Name is not null ? Wire.HeaderName(scheme.Name) : scheme.Name;
        string?[] reported = [scheme.Type?.ToString(), scheme.In?.ToString(), name, scheme.Scheme, scheme.BearerFormat, scheme.OpenIdConnectUrl?.ToString()];
        var words = reported.Concat(scopes.Order(StringComparer.Ordinal));
        return string.Join(' ', words.Where(word => !string.IsNullOrEmpty(word)));
    }
}
