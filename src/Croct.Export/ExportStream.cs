namespace Croct.Export;

/// <summary>The three streams of the Export API, each exported page by page.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "The common term for a sequence of items, not a System.IO.Stream.")]
public enum ExportStream
{
    /// <summary>What users did: <c>GET /events</c>.</summary>
    Events,

    /// <summary>Their visits: <c>GET /session</c>.</summary>
    Sessions,

    /// <summary>The users themselves: <c>GET /user</c>.</summary>
    Users,
}
