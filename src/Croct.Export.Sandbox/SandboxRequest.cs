namespace Croct.Export.Sandbox;

/// <summary>A request that a sandbox got, and what became of it.</summary>
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

    /// <summary>The how manieth request it was, from 1.</summary>
    public long Number { get; }

    /// <summary>Its method, such as <c>GET</c>.</summary>
    public string Method { get; }

    /// <summary>Its path, such as <c>/events</c>.</summary>
    public string Path { get; }

    /// <summary>Its query with the question mark, as it was sent; empty without one.</summary>
    public string Query { get; }

    /// <summary>Whether it had an X-Api-Key header, be its value right or wrong. The value is not kept.</summary>
    public bool HasKey { get; }

    /// <summary>The names of the faults that hit it, in the order in which they had their effects; more may come while there is no answer yet.</summary>
    public IReadOnlyList<string> Faults { get; internal set; } = [];

    /// <summary>The status of the answer, also where a fault keeps it from arriving whole; null while there is no answer yet.</summary>
    public int? Status { get; internal set; }
}
