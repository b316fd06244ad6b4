using System.Globalization;
using System.Text;

namespace Croct.Export.Http;

/// <summary>Builds the path and query of a request. Every value is escaped (RFC 3986).</summary>
internal sealed class RequestUrl(string pathTemplate)
{
    private readonly StringBuilder _url = new(pathTemplate);
    private bool _hasQuery;

    public RequestUrl Path(string name, string value)
    {
        _url.Replace("{" + name + "}", Uri.EscapeDataString(value));
        return this;
    }

    public RequestUrl Query(string name, long? value) => Query(name, value?.ToString(CultureInfo.InvariantCulture));

    public RequestUrl Query<T>(string name, IEnumerable<T>? values)
        where T : struct
    {
        foreach (var value in values ?? []) Query(name, value.ToString());
        return this;
    }

    public RequestUrl Query(string name, string? value)
    {
        if (value is null) return this;

        // The caller's values were validated earlier, so this is the cursor of a response.
        if (Validation.GetCursorOrIdFault(value) is { } fault) throw new ExportException($"The {name} of the API {fault}.");
        _url.Append(_hasQuery ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _hasQuery = true;
        return this;
    }

    public override string ToString() => _url.ToString();
}
