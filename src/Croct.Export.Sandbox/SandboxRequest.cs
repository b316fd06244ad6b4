namespace Croct.Export.Sandbox;

/// <summary>A request that a sandbox received, and its outcome.</summary>
public sealed class SandboxRequest
{
    internal SandboxRequest(long number, string method, string path, string query, bool hasKey)
    {
        Number = number;
        Method = method;
        Path = path;
        Query = query;
        HasKey = hasKey;
    }

    /// <summary>The request number, starting at 1.</summary>
    public long Number { get; }

    /// <summary>The HTTP method, such as <c>GET</c>.</summary>
    public string Method { get; }

    /// <summary>The path, such as <c>/events</c>.</summary>
    public string Path { get; }

    /// <summary>The query as sent, including the question mark; empty if there is none.</summary>
    public string Query { get; }

    /// <summary>Whether the request had an X-Api-Key header, valid or not. The value is not kept.</summary>
    public bool HasKey { get; }

    /// <summary>
    /// The names of the faults that hit the request, in the order in which they took effect. More may be added while the request is being processed.
    /// </summary>
    public IReadOnlyList<string> Faults { get; internal set; } = [];

    /// <summary>The status code of the response, even if a fault prevents its complete delivery; null until there is a response.</summary>
    public int? Status { get; internal set; }
}
