using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Croct.Export.SpecTool;

/// <summary>
/// An OpenAPI document as what goes over the wire: paths, such as <c>GET /events 200 items[].payload(orderPlaced).order.total</c>, with their facts.
/// Names of schemas and descriptions do not matter, nor whether a schema is inline or referenced.
/// </summary>
internal sealed partial class Wire
{
    /// <summary>Headers that OpenAPI describes in other parts of the document.</summary>
    private static readonly string[] IgnoredHeaders = ["Accept", "Authorization", "Content-Type"];

    private readonly List<WireOperation> _operations = [];

    public IReadOnlyList<WireOperation> Operations => _operations;

    /// <exception cref="InvalidDataException">The file is not an OpenAPI document.</exception>
    public static async Task<Wire> ReadAsync(string path)
    {
        var settings = new OpenApiReaderSettings();
        settings.AddYamlReader();
        var format = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? OpenApiConstants.Json : OpenApiConstants.Yaml;
        using var memory = new MemoryStream(await File.ReadAllBytesAsync(path));
        var result = await LoadAsync();
        var errors = result.Diagnostic?.Errors ?? [];
        return result.Document is { } document && errors.Count == 0
            ? Of(document)
            : throw new InvalidDataException($"'{path}' is not an OpenAPI document: {string.Join("; ", errors.Select(error => error.Message))}");

        async Task<ReadResult> LoadAsync()
        {
            try
            {
                return await OpenApiDocument.LoadAsync(memory, format, settings);
            }
            catch (Exception exception) when (exception is NullReferenceException or InvalidCastException or ArgumentException)
            {
                // The reader fails with these on some errors, such as a schema that is not an object.
                throw new InvalidDataException($"'{path}' cannot be read as an OpenAPI document: {exception.Message}", exception);
            }
        }
    }

    private static Wire Of(OpenApiDocument document)
    {
        var wire = new Wire();
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                var server = (operation.Servers ?? item.Servers ?? document.Servers)?.FirstOrDefault()?.Url;
                var named = new WireOperation(method.ToString(), path, GetServerPath(server));
                wire._operations.Add(Of(named, item, operation, operation.Security ?? document.Security));
            }
        }

        return wire;
    }

    /// <summary>Returns the path of a server without a trailing slash: <c>/export</c> for <c>https://api.croct.io/export</c>.</summary>
    private static string GetServerPath(string? server) => ServerPath().Match(server ?? "").Groups["path"].Value.TrimEnd('/');

    private static WireOperation Of(WireOperation wire, IOpenApiPathItem item, OpenApiOperation operation, IEnumerable<OpenApiSecurityRequirement>? security)
    {
        wire.Facts[""] = new Fact(operation.OperationId ?? "no operationId");
        wire.Facts[" authentication"] = new Fact(Security.Describe(security));

        // A parameter of the operation replaces that of its path.
        var parameters = (operation.Parameters ?? []).Concat(item.Parameters ?? []).DistinctBy(parameter => (parameter.In, NameOf(parameter)));
        foreach (var parameter in parameters) AddParameter(wire, parameter);
        if (operation.RequestBody is { } body) wire.Body = CreateContent(body.Required ? "a body, required" : "a body", body.Content, headers: null);
        foreach (var (status, response) in operation.Responses ?? [])
        {
            var name = status.Equals("default", StringComparison.OrdinalIgnoreCase) ? "default" : status.ToUpperInvariant();
            wire.Responses[name] = CreateContent("a response", response.Content, response.Headers);
        }

        return wire;
    }

    private static void AddParameter(WireOperation wire, IOpenApiParameter parameter)
    {
        var name = NameOf(parameter);
        if (parameter.In == ParameterLocation.Header && IgnoredHeaders.Contains(name)) return;
        var at = parameter.In switch
        {
            ParameterLocation.Query => $" ?{name}",
            ParameterLocation.Path => wire.GetPathParameterLabel(name),
            _ => $" {parameter.In} {name}",
        };
        var content = parameter.Content?.FirstOrDefault() ?? default;
        Schemas.Add(wire.Facts, at, parameter.Schema ?? content.Value?.Schema ?? new OpenApiSchema(), parameter.Required);
        if (content.Key is not null)
        {
            wire.Facts[at] = wire.Facts[at].And($", as {content.Key}");
            return;
        }

        // Defaults of the location of the parameter are not mentioned.
        var usual = parameter.In is ParameterLocation.Query or ParameterLocation.Cookie ? ParameterStyle.Form : ParameterStyle.Simple;
        if (parameter.Style is { } style && style != usual) wire.Facts[at] = wire.Facts[at].And($", in the style {style}");
        if (parameter.Explode == (parameter.Style == ParameterStyle.Form)) return;
        wire.Facts[at] = wire.Facts[at].And(parameter.Explode ? ", exploded" : ", not exploded");
    }

    private static string NameOf(IOpenApiParameter parameter) => parameter.In == ParameterLocation.Header ? HeaderName(parameter.Name!) : parameter.Name!;

    /// <summary>Returns the name of a header in a standard capitalisation, as names are not case-sensitive.</summary>
    internal static string HeaderName(string name) =>
        string.Join('-', name.Split('-').Select(part => part.Length == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant()));

    private static WireContent CreateContent(string what, IDictionary<string, IOpenApiMediaType>? content, IDictionary<string, IOpenApiHeader>? headers)
    {
        var wire = new WireContent(what);
        foreach (var (name, header) in headers ?? new Dictionary<string, IOpenApiHeader>())
        {
            if (HeaderName(name) == "Content-Type") continue;
            Schemas.Add(wire.Facts, $" header {HeaderName(name)}", header.Schema ?? new OpenApiSchema(), header.Required);
        }

        foreach (var (mediaType, media) in content ?? new Dictionary<string, IOpenApiMediaType>())
        {
            var body = new SortedDictionary<string, Fact>(StringComparer.Ordinal);
            if (media.Schema is { } schema) Schemas.Add(body, "", schema, isRequired: false);
            wire.Media[CharacterSet().Replace(mediaType, "").Trim().ToLowerInvariant()] = body;
        }

        return wire;
    }

    [GeneratedRegex(@"^([a-z][a-z0-9+.-]*:)?(//[^/?#]*)?(?<path>/[^?#]*)?", RegexOptions.IgnoreCase)]
    private static partial Regex ServerPath();

    [GeneratedRegex(@"\s*;\s*charset\s*=\s*(""[^""]*""|[^;\s]*)", RegexOptions.IgnoreCase)]
    private static partial Regex CharacterSet();
}

/// <summary>A fact about a path.</summary>
/// <param name="Text">The fact in words, for the report.</param>
/// <param name="Same">The value to compare, which may differ from the text.</param>
internal sealed record Fact(string Text, string Same)
{
    public Fact(string text)
        : this(text, text)
    {
    }

    public Fact And(string more) => new(Text + more, Same + more);

    public bool IsSameAs(Fact? other) => Same == other?.Same;

    public override string ToString() => Text;
}

/// <summary>An operation. The paths of its facts are suffixes of its own path, such as <c> ?start</c>.</summary>
internal sealed partial class WireOperation(string method, string path, string serverPath)
{
    public SortedDictionary<string, Fact> Facts { get; } = new(StringComparer.Ordinal);

    public WireContent? Body { get; set; }

    public Dictionary<string, WireContent> Responses { get; } = [];

    public string Path => path;

    public string Label => $"{method} {path}";

    /// <summary>Equal for two operations at the same address. Names of path parameters are not on the wire.</summary>
    public string Shape => $"{method} {Parameter().Replace(path.TrimEnd('/'), "{}")}";

    /// <summary>Equal for two operations at the same address, even if the documents split it differently into server and path.</summary>
    public string ShapeWithServer => $"{method} {Parameter().Replace(serverPath + path.TrimEnd('/'), "{}")}";

    public string GetPathParameterLabel(string name)
    {
        var index = Names().IndexOf(name);
        return index < 0 ? $" Path {name}" : $" Path {{{index}}}";
    }

    /// <summary>Returns a path with the name of the path parameter instead of its number.</summary>
    public string Named(string place) =>
        NumberedParameter().Replace(place, match => $" Path {Names()[int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)]}");

    private List<string> Names() => [.. Parameter().Matches(path).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"\{([^}]*)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^ Path \{(\d+)\}")]
    private static partial Regex NumberedParameter();
}

/// <summary>The body of a request, or a response: its headers, and its content by media type.</summary>
internal sealed class WireContent(string what)
{
    public Fact What { get; } = new(what);

    public SortedDictionary<string, Fact> Facts { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, SortedDictionary<string, Fact>> Media { get; } = [];
}
